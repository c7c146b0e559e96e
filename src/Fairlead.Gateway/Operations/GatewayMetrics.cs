using System.Diagnostics;
using System.Diagnostics.Metrics;
using Fairlead.Gateway.Sessions;
using Fairlead.Streaming.Relays;

namespace Fairlead.Gateway.Operations;

/// <summary>
/// The gateway's instruments and its source of traces, both named <c>Fairlead.Gateway</c>. Tags never hold what a caller sent.
/// </summary>
sealed class GatewayMetrics : IDisposable
{
    internal const string Name = "Fairlead.Gateway";

    readonly UpDownCounter<long> _active;
    readonly Counter<long> _over, _bytes, _fallbacks, _lost, _refused, _auditFailures;
    readonly Histogram<double> _duration;

    internal GatewayMetrics(ReviewerAbsence absence)
    {
        Meter = new Meter(Name);
        Meter.CreateObservableGauge(
            "fairlead.gateway.reviewer.away", () =>
                (Measurement<double>[])[Away(absence, isImpersonated: false), Away(absence, isImpersonated: true)], "s",
            "How long nobody could be asked what callers may do, by whose credentials the question carries; 0 while there are answers.");
        _active = Meter.CreateUpDownCounter<long>("fairlead.gateway.sessions.active", description: "Sessions that run now.");
        _over = Meter.CreateCounter<long>(
            "fairlead.gateway.sessions.ended", description: "Sessions that were asked for and are over, by how they ended.");
        _bytes = Meter.CreateCounter<long>(
            "fairlead.gateway.session.bytes", "By", "Payload bytes of sessions that have ended, by direction.");
        _fallbacks = Meter.CreateCounter<long>(
            "fairlead.gateway.session.fallbacks", description: "Sessions that did not go upstream the first way that was thought of.");
        _lost = Meter.CreateCounter<long>(
            "fairlead.gateway.sessions.lost", description: "Sessions that ended without a status, by the side that was lost.");
        _refused = Meter.CreateCounter<long>(
            "fairlead.gateway.sessions.refused", description: "Sessions that were refused before they began, by the answer's code.");
        _auditFailures = Meter.CreateCounter<long>(
            "fairlead.gateway.audit.failures", description: "How often the audit did not take a line, or said that it had lost some.");
        _duration = Meter.CreateHistogram<double>("fairlead.gateway.session.duration", "s", "How long sessions lasted, by how they ended.");
    }

    /// <summary>One activity a session.</summary>
    internal static ActivitySource Traces { get; } = new(Name);

    internal Meter Meter { get; }

    internal void AuditFailed() => _auditFailures.Add(1);

    internal void Refused(int code) => _refused.Add(1, new KeyValuePair<string, object?>("code", code));

    /// <summary>Counts each session once, whatever ended it.</summary>
    internal void Over(SessionEnd end) => _over.Add(1, new KeyValuePair<string, object?>("end", end.ToString()));

    internal void Begin(string client, string server, bool fellBack)
    {
        _active.Add(1, Pairing(client, server));
        if (fellBack) _fallbacks.Add(1, Pairing(client, server));
    }

    internal void End(string client, string server, bool isSpliced, SessionEnd end, RelayTraffic traffic, TimeSpan duration)
    {
        TagList pairing = Pairing(client, server);
        _active.Add(-1, pairing);
        _duration.Record(duration.TotalSeconds,
            [.. pairing, new("end", end.ToString()), new("form", isSpliced ? "spliced" : "translated")]);
        _bytes.Add(traffic.BytesToServer, [.. pairing, new("direction", "to_server")]);
        _bytes.Add(traffic.BytesToClient, [.. pairing, new("direction", "to_client")]);
        if (end is SessionEnd.ServerLost or SessionEnd.ClientLost)
            _lost.Add(1, [.. pairing, new("side", end is SessionEnd.ServerLost ? "server" : "client")]);
    }

    static Measurement<double> Away(ReviewerAbsence absence, bool isImpersonated) =>
        new(absence.For(isImpersonated).TotalSeconds,
            new KeyValuePair<string, object?>("credentials", isImpersonated ? "gateway" : "caller"));

    static TagList Pairing(string client, string server) => new() { { "client", client }, { "server", server } };

    public void Dispose() => Meter.Dispose();
}
