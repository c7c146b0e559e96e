using System.CommandLine;
using System.CommandLine.Parsing;
using Fairlead.Wire;

namespace Fairlead.Cli.Verbs;

/// <summary>The options that exec and attach share: container, streams and versions.</summary>
sealed class SessionOptions
{
    public Option<string?> Container { get; } = new("--container", "-c") { HelpName = "NAME", Description = "The container; by default the pod's default or first one" };

    public Option<bool> Stdin { get; } = new("--stdin", "-i") { Description = "Pass standard input on" };

    public Option<bool> Tty { get; } = new("--tty", "-t") { Description = "Standard input is a terminal" };

    public Option<bool> Quiet { get; } = new("--quiet", "-q") { Description = "Print only what the remote session prints" };

    public CarrierOptions Carrier { get; } = new();

    public Option<IReadOnlyList<RemoteCommandProtocol>?> Protocols { get; } = new("--protocol")
    {
        HelpName = "LIST",
        Description = "Advanced: the subprotocols to offer over WebSocket, by comma (none: no subprotocol)",
        CustomParser = ParseProtocols,
    };

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[Container, Stdin, Tty, Quiet]) command.Add(option);
        Carrier.AddTo(command);
        command.Add(Protocols);
    }

    static List<RemoteCommandProtocol>? ParseProtocols(ArgumentResult result)
    {
        List<RemoteCommandProtocol> protocols = [];
        foreach (string name in (result.Tokens.Count > 0 ? result.Tokens[0].Value : "").Split(',', StringSplitOptions.TrimEntries))
        {
            RemoteCommandProtocol? protocol = name == "none" ? RemoteCommandProtocol.Unnamed : name.Length > 0 ? RemoteCommandProtocol.Find(name) : null;
            if (protocol is null)
            {
                IEnumerable<string> known = RemoteCommandProtocol.OverWebSocket.Select(known => known.Name.Length > 0 ? known.Name : "none");
                result.AddError($"\"{name}\" is not a subprotocol: {string.Join(", ", known)} are known");
                return null;
            }

            protocols.Add(protocol);
        }

        return protocols;
    }
}
