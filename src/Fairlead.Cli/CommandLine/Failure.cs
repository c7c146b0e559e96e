using System.Security.Authentication;
using Fairlead.Cli.Sessions;
using Fairlead.Client;
using Fairlead.KubeConfig;
using Fairlead.Streaming;
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
        UpgradeException { Status.Said: { IsEmpty: false } said } => new Failure(said.ToString(), ExitCodes.Failure),
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError } http =>
            new Failure("the server cannot be reached: " + Chain(http), ExitCodes.Failure),
        HttpRequestException http => new Failure(Chain(http), ExitCodes.Failure),
        KubeConfigException settings => new Failure(settings.Message, ExitCodes.Failure),
        ArgumentException { ParamName: { } name } wrong => // of a library, whose parameters nobody here has heard of
            new Failure(VisibleText.Line(wrong.Message.Replace($" (Parameter '{name}')", "", StringComparison.Ordinal)), ExitCodes.Failure),
        _ => new Failure(VisibleText.Line(exception.Message), ExitCodes.Failure),
    };

    /// <summary>The outermost message says what was tried, the innermost why it failed; those between repeat one or the other.</summary>
    static string Chain(HttpRequestException exception) => VisibleText.Line(Unchecked(exception));

    static string Unchecked(HttpRequestException exception)
    {
        Exception cause = exception;
        while (cause.InnerException is { } inner) cause = inner;
        if (ReferenceEquals(cause, exception) || exception.Message.Contains(cause.Message, StringComparison.Ordinal)) return exception.Message;

        string tried = cause is AuthenticationException ? "the server is not to be trusted" : exception.Message.TrimEnd('.');
        int hint = tried.IndexOf(", see inner exception", StringComparison.Ordinal);
        return $"{(hint < 0 ? tried : tried[..hint])}: {cause.Message}";
    }
}
