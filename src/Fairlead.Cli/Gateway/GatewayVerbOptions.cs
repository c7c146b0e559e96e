using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Net;
using Fairlead.Cli.CommandLine;
using Fairlead.Cli.Options;
using Fairlead.Cli.Usage;
using Fairlead.Gateway;

namespace Fairlead.Cli.Gateway;

/// <summary>The options of <c>fairlead gateway</c>.</summary>
sealed class GatewayVerbOptions
{
    public Option<string> Listen { get; } = new(
        "--listen")
    {
        HelpName = "ADDR:PORT",
        Description = "Where to listen; port 0 picks a free one",
        DefaultValueFactory = _ =>
        "127.0.0.1:0"
    };

    public Option<string?> Upstream { get; } = Text("--upstream", "URL", "The server to stand in front of");
    public Option<string?> UpstreamCa { get; } = Text(
        "--upstream-ca", "FILE", "Who vouches for --upstream; by default those that the machine trusts");
    public Option<string?> Kubeconfig { get; } = Text(
        "--upstream-kubeconfig", "FILE", "The same from a kubeconfig's current context; its user's credentials serve --client-ca alone");
    public Option<Transport> Transport { get; } = new("--upstream-transport")
    {
        HelpName = "TRANSPORT",
        Description = "auto, websocket or spdy (default auto: learned from the server, and anew when it changes)",
        DefaultValueFactory = _ => Fairlead.Transport.Auto,
        CustomParser = CarrierOptions.ParseTransport,
    };

    public Option<bool> UpstreamHttp1 { get; } = new("--upstream-http1")
    {
        Description = "Give each session a connection of its own to the server, of HTTP/1.1, also where it takes many over HTTP/2",
    };

    public Option<string?> TlsCert { get; } = Text(
        "--tls-cert", "FILE", "The gateway's certificate and intermediates, PEM (default: one made for this run)");
    public Option<string?> TlsKey { get; } = Text("--tls-key", "FILE", "Its key");
    public Option<string?> ClientCa { get; } = Text(
        "--client-ca", "FILE",
        "Take client certificates of this authority: user CN, groups O, by impersonation with the kubeconfig's credentials");
    public Option<string?> WriteKubeconfig { get; } = Text(
        "--write-kubeconfig", "PATH", "Where to write the upstream's kubeconfig with the gateway's address, mode 0600");
    public Option<string[]> AllowOrigin { get; } = new(
        "--allow-origin")
    {
        HelpName = "ORIGIN",
        Description = "An origin whose pages may open sessions, as in https://console.example; may be repeated"
    };
    public Option<bool> UpstreamChecksCreate { get; } = new(
        "--upstream-checks-create")
    {
        Description =
        "The server itself asks for create where a session is opened by GET (Kubernetes 1.35): do not ask it"
    };

    public Option<TimeSpan> HandshakeTimeout { get; } = Duration(
        "--handshake-timeout", "How long the server may take to answer an upgrade (default 1m)", TimeSpan.FromMinutes(1));
    public Option<TimeSpan> StreamTimeout { get; } = Duration(
        "--stream-timeout", "SPDY: how long the streams of a session may take to be opened (default 30s)", TimeSpan.FromSeconds(30));
    public Option<TimeSpan> PingInterval { get; } = Duration(
        "--ping-interval", "How long either side may be silent before it is pinged (default 15s)", TimeSpan.FromSeconds(15));
    public Option<TimeSpan> PingTimeout { get; } = Duration(
        "--ping-timeout", "How long nothing may come from a side before it is lost (default 1m)", TimeSpan.FromMinutes(1));
    public Option<TimeSpan?> IdleTimeout { get; } = Duration(
        "--idle-timeout", "End a session that carried nothing for so long (default: never)");
    public Option<TimeSpan?> MaxSessionAge { get; } = Duration("--max-session-age", "End a session that is so old (default: never)");
    public Option<TimeSpan?> ReauthorizeEvery { get; } = Duration(
        "--reauthorize-every", "Ask again whether a running session's caller may (default: never)");
    public Option<TimeSpan> ReviewerGrace { get; } = Duration(
        "--reviewer-grace", "How long running sessions go on while nobody can be asked about their callers (default 5m)",
        TimeSpan.FromMinutes(5));
    public Option<TimeSpan?> LameDuck { get; } = Duration(
        "--lame-duck", "After SIGTERM: how long /readyz fails while new sessions are taken yet, then --drain (default: not at all)");
    public Option<TimeSpan> Drain { get; } = Duration(
        "--drain", "After SIGTERM and --lame-duck: how long running sessions may go on (default 30s)", TimeSpan.FromSeconds(30));

    public Option<int> MaxSessions { get; } = Count("--max-sessions", "The most sessions at a time (default 10000)", 10_000);
    public Option<int> MaxSessionsPerCaller { get; } = Count(
        "--max-sessions-per-caller", "The most sessions of one caller at a time (default 1000)", 1_000);
    public Option<AuditCommand> AuditCommand { get; } = new("--audit-command")
    {
        HelpName = "FORM",
        Description = "What the audit shows of a command: name, full, hash or none (default name: without arguments)",
        DefaultValueFactory = _ => Fairlead.Gateway.AuditCommand.Name,
        CustomParser = ParseAuditCommand,
    };

    public Option<string?> Operations { get; } = Text(
        "--operations", "ADDR:PORT", "Where to serve /healthz, /readyz and /metrics in plain HTTP");

    public Option<IPNetwork[]> TrustProxy { get; } = new("--trust-proxy")
    {
        HelpName = "CIDR",
        Description = "A network of proxies that say by X-Forwarded-For where their clients are, for the audit; may be repeated",
        CustomParser = ParseNetworks,
    };

    public Option<bool> ProxyProtocol { get; } = new("--proxy-protocol")
    {
        Description = "Connections from --trust-proxy begin with the PROXY protocol, version 1 or 2, and are refused without",
    };

    public Option<bool> CheckConfig { get; } = new("--check-config")
    {
        Description = "Read all that a start would read, say what came of it, and end: exit code 0 or 1. Nothing is listened on",
    };

    public void AddTo(Command command)
    {
        Option[] all =
        [
            Listen, Upstream, UpstreamCa, Kubeconfig, Transport, UpstreamHttp1, TlsCert, TlsKey, ClientCa, WriteKubeconfig, AllowOrigin,
                UpstreamChecksCreate,
            HandshakeTimeout, StreamTimeout, PingInterval, PingTimeout, IdleTimeout, MaxSessionAge, ReauthorizeEvery, ReviewerGrace,
            LameDuck, Drain, MaxSessions, MaxSessionsPerCaller, AuditCommand, TrustProxy, ProxyProtocol,
            Operations, CheckConfig,
        ];
        foreach (Option option in all) command.Add(option);
    }

    /// <exception cref="UsageException">It is no address with a port.</exception>
    public static IPEndPoint Address(string option, string text) => IPEndPoint.TryParse(text, out IPEndPoint? address)
        ? address
        : throw new UsageException($"{option} takes ADDRESS:PORT, for example 127.0.0.1:8443, not \"{text}\"");

    static Option<string?> Text(string name, string value, string description) => new(name) { HelpName = value, Description = description };

    static Option<TimeSpan> Duration(string name, string description, TimeSpan byDefault) =>
        new(name)
        {
            HelpName = "DURATION",
            Description = description,
            DefaultValueFactory = _ => byDefault,
            CustomParser = DurationText.ParsePositive
        };

    static Option<TimeSpan?> Duration(string name, string description) =>
        new(name) { HelpName = "DURATION", Description = description, CustomParser = static result => DurationText.ParsePositive(result) };

    static Option<int> Count(string name, string description, int byDefault)
    {
        Option<int> option = new(name) { HelpName = "N", Description = description, DefaultValueFactory = _ => byDefault };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [.., var token] && int.TryParse(token.Value, CultureInfo.InvariantCulture, out int count) && count < 1)
                result.AddError($"{name} is at least 1");
        });
        return option;
    }

    static IPNetwork[] ParseNetworks(ArgumentResult result)
    {
        List<IPNetwork> networks = [];
        foreach (Token token in result.Tokens)
        {
            if (IPNetwork.TryParse(token.Value, out IPNetwork network)) networks.Add(network);
            else result.AddError($"--trust-proxy takes a network, as 192.0.2.0/24 or 2001:db8::1/128, not \"{token.Value}\"");
        }

        return [.. networks];
    }

    static AuditCommand ParseAuditCommand(ArgumentResult result)
    {
        string text = result.Last;
        switch (text)
        {
            case "name": return Fairlead.Gateway.AuditCommand.Name;
            case "full": return Fairlead.Gateway.AuditCommand.Full;
            case "hash": return Fairlead.Gateway.AuditCommand.Hash;
            case "none": return Fairlead.Gateway.AuditCommand.None;
            default:
                result.AddError($"\"{text}\" is not a form: name, full, hash and none are known");
                return default;
        }
    }
}
