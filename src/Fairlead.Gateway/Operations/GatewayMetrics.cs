using System.Diagnostics;
using System.Diagnostics.Metrics;
using Fairlead.Streaming.Relays;

namespace Fairlead.Gateway.Operations;

/// <summary>The gateway's instruments and its source of traces, both named <c>Fairlead.Gateway</c>. Tags never hold what a caller sent.</summary>
sealed class GatewayMetrics : IDisposable
{
    internal const string Name = "Fairlead.Gateway";

    readonly UpDownCounter<long> _active;
    readonly Counter<long> _bytes, _fallbacks, _lost, _refused;
    readonly Histogram<double> _duration;

    internal GatewayMetrics()
    {
        Meter = new Meter(Name);
        _active = Meter.CreateUpDownCounter<long>("fairlead.gateway.sessions.active", description: "Sessions that run now.");
        _bytes = Meter.CreateCounter<long>("fairlead.gateway.session.bytes", "By", "Payload bytes of sessions that have ended, by direction.");
        _fallbacks = Meter.CreateCounter<long>("fairlead.gateway.session.fallbacks", description: "Sessions that did not go upstream the first way that was thought of.");
        _lost = Meter.CreateCounter<long>("fairlead.gateway.sessions.lost", description: "Sessions that ended without a status, by the side that was lost.");
        _refused = Meter.CreateCounter<long>("fairlead.gateway.sessions.refused", description: "Sessions that were refused before they began, by the answer's code.");
        _duration = Meter.CreateHistogram<double>("fairlead.gateway.session.duration", "s", "How long sessions lasted, by how they ended.");
    }

    /// <summary>One activity a session.</summary>
    internal static ActivitySource Traces { get; } = new(Name);

    internal Meter Meter { get; }

    internal void Refused(int code) => _refused.Add(1, new KeyValuePair<string, object?>("code", code));

    internal void Begin(string client, string server, bool fellBack)
    {
        _active.Add(1, Pairing(client, server));
        if (fellBack) _fallbacks.Add(1, Pairing(client, server));
    }

    internal void End(string client, string server, bool isSpliced, RelayEnd end, RelayTraffic traffic, TimeSpan duration)
    {
        TagList pairing = Pairing(client, server);
        _active.Add(-1, pairing);
        _duration.Record(duration.TotalSeconds, [.. pairing, new("end", end.ToString()), new("form", isSpliced ? "spliced" : "translated")]);
        _bytes.Add(traffic.BytesToServer, [.. pairing, new("direction", "to_server")]);
        _bytes.Add(traffic.BytesToClient, [.. pairing, new("direction", "to_client")]);
        if (end is RelayEnd.ServerLost or RelayEnd.ClientLost) _lost.Add(1, [.. pairing, new("side", end is RelayEnd.ServerLost ? "server" : "client")]);
    }

    static TagList Pairing(string client, string server) => new() { { "client", client }, { "server", server } };

    public void Dispose() => Meter.Dispose();
}
