using Fairlead.Cli.Sessions;
using Fairlead.Cli.Usage;
using Fairlead.Streaming.Relays;
using Fairlead.Wire;

namespace Fairlead.Cli.CommandLine;

/// <summary>How an exception is told: one line, without <c>error:</c>, and an exit code.</summary>
/// <param name="Message">
/// The line, fit to show, with more behind it where a kubeconfig says what to do; null where nothing is to be said.
/// </param>
/// <param name="ExitCode">The process's exit code.</param>
/// <param name="Hint">Another line: what to do; null for none.</param>
readonly record struct Failure(string? Message, int ExitCode, string? Hint = null)
{
    public static Failure Of(Exception exception) => exception switch
    {
        HintedException { InnerException: { } cause } hinted => Of(cause) with { Hint = hinted.Hint },
        OutputClosedException => new Failure(null, ExitCodes.OutputClosed),
        SessionLostException lost => new Failure(
            $"the session was lost: {lost.Message.TrimEnd('.')}; whether the command finished is not known", ExitCodes.SessionLost),
        RemoteCommandException { Status.Reason: SessionEndings.LostReason } beyond => new Failure(beyond.Message, ExitCodes.SessionLost),
        UpgradeException { StatusCode: System.Net.HttpStatusCode.Unauthorized } unknown => new Failure(unknown.Message, ExitCodes.Failure),
        UpgradeException { Status.Said: { IsEmpty: false } said } => new Failure(said.ToString(), ExitCodes.Failure),
        KubeConfigException settings => new Failure(settings.Message, ExitCodes.Failure),
        ArgumentException { ParamName: { } name } wrong => // of a library, whose parameters nobody here has heard of
            new Failure(VisibleText.Line(wrong.Message.Replace($" (Parameter '{name}')", "", StringComparison.Ordinal)), ExitCodes.Failure),
        _ => new Failure(VisibleText.Line(exception.Message), ExitCodes.Failure),
    };
}
