using System.Globalization;
using System.Net;
using Fairlead.Cli.CommandLine;
using Fairlead.Wire;

namespace Fairlead.Cli.Forwards;

/// <summary>
/// What a forward says: on standard output kubectl's lines, which scripts parse; on standard error a line for each thing that goes wrong
/// and for its end.
/// </summary>
sealed class ForwardConsole(Invocation invocation, bool isVerbose)
{
    /// <summary>More than a path of a socket may have.</summary>
    const int LongestLine = 8 * 1024;

    readonly Lock _lock = new();
    string? _lastFailure;

    public void Began(PortForward forward)
    {
        foreach (ForwardedPort port in forward.Ports)
            Print(string.Create(CultureInfo.InvariantCulture, $"Forwarding from {Text(port.Local)} -> {port.Remote}"));
    }

    public void Tell(ForwardEvent what)
    {
        switch (what.Kind)
        {
            case ForwardEventKind.ConnectionOpened:
                Print($"Handling connection for {Short(what.Local)}");
                break;
            case ForwardEventKind.ConnectionRefused when what.Error is not OperationCanceledException:
                Say(
                    string.Create(CultureInfo.InvariantCulture,
                    $"connection for {Short(what.Local)} to port {what.Remote} of {what.Pod.Name} failed: {Reason(what.Error)}"));
                break;
            case ForwardEventKind.ConnectionEnded
                when what.Error is ForwardResetException { InnerException: null } || (isVerbose && IsTold(what.Error)):
                Say($"connection for {Short(what.Local)} was reset: {Reason(what.Error)}");
                break;
            case ForwardEventKind.ConnectionsWait:
                Say($"new connections for {Short(what.Local)} have to wait: {OneLine(what.Error!.Message)}");
                break;
            case ForwardEventKind.CarrierLost:
                _lastFailure = null;
                Say($"lost connection to pod {what.Pod.Name}: {Reason(what.Error)}; still listening, connecting again");
                break;
            case ForwardEventKind.RedialFailed when Reason(what.Error) is var reason && reason != _lastFailure:
                _lastFailure = reason;
                Say($"not connected yet: {reason}");
                break;
            case ForwardEventKind.Redialled:
                Say($"connected again, to pod {what.Pod.Name}");
                break;
        }
    }

    static bool IsTold(Exception? error) => error is not null and not OperationCanceledException;

    static string Text(EndPoint local) => local.ToString()!;

    static string Short(EndPoint? local) =>
        local is IPEndPoint ip ? ip.Port.ToString(CultureInfo.InvariantCulture) : local?.ToString() ?? "";

    static string Reason(Exception? error) => error switch
    {
        null => "no reason was given",
        SessionLostException => OneLine(error.Message), // what Failure says of it is about commands
        _ => OneLine(Failure.Of(error).Message ?? error.Message),
    };

    static string OneLine(string text) => new PeerText(text).Trim().ToString().TrimEnd('.');

    void Say(string line)
    {
        lock (_lock) invocation.Error.WriteLine("fairlead: " + line);
    }

    void Print(string line)
    {
        lock (_lock)
        {
            invocation.Output.WriteLine(VisibleText.Line(line, LongestLine));
            invocation.Output.Flush(); // a script waits for it
        }
    }
}
