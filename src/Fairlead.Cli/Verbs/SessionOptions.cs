using System.CommandLine;
using System.CommandLine.Parsing;
using Fairlead.Cli.CommandLine;
using Fairlead.Client;
using Fairlead.Wire;

namespace Fairlead.Cli.Verbs;

/// <summary>The options that exec and attach share: container, streams and the connection's keeping.</summary>
sealed class SessionOptions
{
    public Option<string?> Container { get; } = new("--container", "-c") { HelpName = "NAME", Description = "The container; by default the pod's default or first one" };

    public Option<bool> Stdin { get; } = new("--stdin", "-i") { Description = "Pass standard input on" };

    public Option<bool> Tty { get; } = new("--tty", "-t") { Description = "Standard input is a terminal" };

    public Option<bool> Quiet { get; } = new("--quiet", "-q") { Description = "Print only what the remote session prints" };

    public Option<bool> Verbose { get; } = new("--verbose", "-v") { Description = "Say on standard error how the connection was made" };

    public Option<TimeSpan> PodRunningTimeout { get; } =
        Duration("--pod-running-timeout", TimeSpan.FromMinutes(1), "How long to wait for a first pod of a deployment, service, … (default 1m)");

    public Option<TimeSpan> PingInterval { get; } =
        Duration("--ping-interval", TimeSpan.FromSeconds(3), "Ping when the server was silent this long; keeps proxies from cutting idle sessions (default 3s)");

    public Option<TimeSpan> PingTimeout { get; } =
        Duration("--ping-timeout", TimeSpan.FromSeconds(60), "Count the session as lost when nothing came for this long, pings unanswered (default 60s)");

    public Option<IReadOnlyList<RemoteCommandProtocol>?> Protocols { get; } = new("--protocol")
    {
        HelpName = "LIST",
        Description = "Advanced: the subprotocols to offer over WebSocket, by comma (none: no subprotocol)",
        CustomParser = ParseProtocols,
    };

    public Option<Transport> Transport { get; } = new("--transport")
    {
        HelpName = "TRANSPORT",
        Description = "auto, websocket or spdy (default auto: WebSocket, and SPDY where a server or a proxy does not take it)",
        DefaultValueFactory = _ => Client.Transport.Auto,
        CustomParser = ParseTransport,
    };

    public Option<bool> NoRetry { get; } = new("--no-retry") { Description = "Never ask a second time after the server has accepted, even when it dropped the connection unheard" };

    public void AddTo(Command command)
    {
        Option[] all = [Container, Stdin, Tty, Quiet, Verbose, PodRunningTimeout, PingInterval, PingTimeout, Transport, NoRetry, Protocols];
        foreach (Option option in all) command.Add(option);
    }

    static Option<TimeSpan> Duration(string name, TimeSpan byDefault, string description) => new(name)
    {
        HelpName = "DURATION",
        Description = description,
        DefaultValueFactory = _ => byDefault,
        CustomParser = DurationText.ParsePositive,
    };

    static Transport ParseTransport(ArgumentResult result)
    {
        switch (result.Tokens.Count > 0 ? result.Tokens[0].Value : "")
        {
            case "auto": return Client.Transport.Auto;
            case "websocket": return Client.Transport.WebSocket;
            case "spdy": return Client.Transport.Spdy;
            case var other:
                result.AddError($"\"{other}\" is not a transport: auto, websocket and spdy are known");
                return Client.Transport.Auto;
        }
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
