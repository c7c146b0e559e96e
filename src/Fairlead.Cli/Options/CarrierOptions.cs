using System.CommandLine;
using System.CommandLine.Parsing;
using Fairlead.Cli.CommandLine;

namespace Fairlead.Cli.Options;

/// <summary>The options of every verb that opens sessions: how a pod is waited for, what carries the session, and how it is kept.</summary>
sealed class CarrierOptions
{
    public Option<bool> Verbose { get; } = new("--verbose", "-v") { Description = "Say on standard error how the connection was made" };

    public Option<TimeSpan> PodRunningTimeout { get; } =
        Duration("--pod-running-timeout", TimeSpan.FromMinutes(1),
            "How long to wait for a first pod of a deployment, service, … (default 1m)");

    public Option<TimeSpan> PingInterval { get; } =
        Duration("--ping-interval", TimeSpan.FromSeconds(3),
            "Ping when the server was silent this long; keeps proxies from cutting idle sessions (default 3s)");

    public Option<TimeSpan> PingTimeout { get; } =
        Duration("--ping-timeout", TimeSpan.FromSeconds(60),
            "Count the session as lost when nothing came for this long, pings unanswered (default 60s)");

    public Option<Transport> Transport { get; } = new("--transport")
    {
        HelpName = "TRANSPORT",
        Description = "auto, websocket or spdy (default auto: WebSocket, and SPDY where a server or a proxy does not take it)",
        DefaultValueFactory = _ => Fairlead.Transport.Auto,
        CustomParser = ParseTransport,
    };

    public void AddTo(Command command)
    {
        Transport.CompletionSources.Clear(); // the names of the enumeration's members are no values
        Transport.CompletionSources.Add("auto", "websocket", "spdy");
        foreach (Option option in (Option[])[Verbose, PodRunningTimeout, PingInterval, PingTimeout, Transport]) command.Add(option);
    }

    public static Option<TimeSpan> Duration(string name, TimeSpan byDefault, string description) => new(name)
    {
        HelpName = "DURATION",
        Description = description,
        DefaultValueFactory = _ => byDefault,
        CustomParser = DurationText.ParsePositive,
    };

    internal static Transport ParseTransport(ArgumentResult result)
    {
        switch (result.Last)
        {
            case "auto": return Fairlead.Transport.Auto;
            case "websocket": return Fairlead.Transport.WebSocket;
            case "spdy": return Fairlead.Transport.Spdy;
            case var other:
                result.AddError($"\"{other}\" is not a transport: auto, websocket and spdy are known");
                return Fairlead.Transport.Auto;
        }
    }
}
