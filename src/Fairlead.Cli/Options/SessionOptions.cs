using System.CommandLine;
using Fairlead.Cli.CommandLine;
using Fairlead.Wire;

namespace Fairlead.Cli.Options;

/// <summary>The options that exec and attach share: container, streams and versions.</summary>
/// <param name="detachKeys">What leaves a session with a terminal unless told otherwise; empty for nothing.</param>
sealed class SessionOptions(string detachKeys)
{
    public OptionalText Container { get; } = new(
        "--container", "-c")
    { HelpName = "NAME", Description = "The container; by default the pod's default or first one" };

    public Option<bool> Stdin { get; } = new("--stdin", "-i") { Description = "Pass standard input on" };

    public Option<bool> Tty { get; } = new("--tty", "-t") { Description = "Standard input is a terminal" };

    public Option<bool> Quiet { get; } = new("--quiet", "-q") { Description = "Print only what the remote session prints" };

    public Option<bool> NoRetry { get; } = new(
        "--no-retry")
    {
        Description =
        "Never ask a second time after the server has accepted, even when it dropped the connection unheard"
    };

    public Option<TimeSpan> Resume { get; } = new("--resume")
    {
        HelpName = "auto|never|DURATION",
        Description = "When the connection is lost, go on by another one, where the server keeps sessions: for as long as it does, never, "
            + "or for this long (default never)",
        DefaultValueFactory = _ => TimeSpan.Zero,
        CustomParser = DurationText.ParseResume,
    };

    public Option<byte[]?> DetachKeys { get; } = new("--detach-keys")
    {
        HelpName = "KEYS",
        Description = "Keys that leave a session with a terminal, as ctrl-p,ctrl-q; none for none (default "
            + (detachKeys.Length > 0 ? detachKeys : "none") + ")",
        DefaultValueFactory = _ => Terminals.DetachKeys.Read(detachKeys),
        CustomParser = Terminals.DetachKeys.Parse,
    };

    public CarrierOptions Carrier { get; } = new();

    public Option<IReadOnlyList<RemoteCommandProtocol>?> Protocols { get; } = new("--protocol")
    {
        HelpName = "LIST",
        Description = "Advanced: the subprotocols to offer over WebSocket, by comma (none: no subprotocol)",
        CustomParser = result =>
            ProtocolList.Parse(result, [.. RemoteCommandProtocol.OverWebSocket.Select(protocol => (protocol.Name, protocol))],
            "subprotocol"),
    };

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[Container, Stdin, Tty, Quiet, DetachKeys]) command.Add(option);
        Carrier.AddTo(command);
        command.Add(NoRetry);
        command.Add(Resume);
        command.Add(Protocols);
    }
}
