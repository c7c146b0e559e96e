using System.Diagnostics;
using System.Diagnostics.Metrics;
using Fairlead.Server.Operations;
using Fairlead.Streaming.Relays;

namespace Fairlead.Gateway.Operations;

/// <summary>
/// The gateway's instruments and its source of traces, both named <c>Fairlead.Gateway</c>: those of sessions, and its own. Tags never hold
/// what a caller sent.
/// </summary>
sealed class GatewayMetrics : IDisposable
{
    internal const string Name = "Fairlead.Gateway";

    readonly SessionMetrics _sessions;
    readonly Counter<long> _fallbacks, _auditFailures, _versions, _connectionsLost;

    internal GatewayMetrics(ReviewerAbsences absences, TimeProvider clock)
    {
        _sessions = new SessionMetrics(Name, clock);
        _sessions.WatchReviewers(("caller", absences.Of(isImpersonated: false)), ("gateway", absences.Of(isImpersonated: true)));
        _fallbacks = Meter.CreateCounter<long>(
            "fairlead.gateway.session.fallbacks", description: "Sessions that did not go upstream the first way that was thought of.");
        _auditFailures = Meter.CreateCounter<long>(
            "fairlead.gateway.audit.failures", description: "How often the audit did not take a line, or said that it had lost some.");
        _versions = Meter.CreateCounter<long>(
            "fairlead.gateway.session.http",
            description: "Sessions that have begun, on either side, by the version of HTTP that carries them.");
        _connectionsLost = Meter.CreateCounter<long>(
            "fairlead.gateway.upstream.lost", description: "HTTP/2 connections to the server behind that were lost with several sessions.");
    }

    /// <summary>A session begins between two versions of HTTP.</summary>
    internal void Carried(string clientHttp, string serverHttp)
    {
        _versions.Add(1, new("side", "client"), new("version", clientHttp));
        _versions.Add(1, new("side", "server"), new("version", serverHttp));
    }

    internal void ConnectionLost() => _connectionsLost.Add(1);

    /// <summary>One activity a session.</summary>
    internal static ActivitySource Traces { get; } = new(Name);

    internal Meter Meter => _sessions.Meter;

    internal void AuditFailed() => _auditFailures.Add(1);

    internal void Refused(int code) => _sessions.Refused(code);

    /// <summary>Counts each session once, whatever ended it.</summary>
    internal void Over(SessionEnd end) => _sessions.Over(end);

    internal void Begin(string client, string server, bool fellBack)
    {
        _sessions.Begin(Pairing(client, server));
        if (fellBack) _fallbacks.Add(1, Pairing(client, server));
    }

    internal void End(string client, string server, bool isSpliced, SessionEnd end, RelayTraffic traffic, TimeSpan duration) =>
        _sessions.End(Pairing(client, server), end, traffic, duration, isSpliced ? "spliced" : "translated");

    static TagList Pairing(string client, string server) => new() { { "client", client }, { "server", server } };

    public void Dispose() => _sessions.Dispose();
}
