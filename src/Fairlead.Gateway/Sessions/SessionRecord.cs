using System.Net;
using System.Net.Http.Headers;
using Fairlead.Gateway.Callers;
using Fairlead.Gateway.Operations;
using Fairlead.Server.Operations;
using Fairlead.Streaming.Relays;
using Fairlead.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Fairlead.Gateway.Sessions;

/// <summary>
/// What is told of one session that was asked for, whatever becomes of it: metrics, a trace, and a line of audit. The one place from which
/// they come; the first end counts and is told once.
/// </summary>
/// <remarks>
/// It is made before anything can go wrong and disposed behind everything, so that a way out which nobody thought of is told as well: as a
/// failure of ours.
/// </remarks>
sealed class SessionRecord : IDisposable
{
    readonly GatewayOptions _options;
    readonly GatewayMetrics _metrics;
    readonly ILogger _logger;
    readonly long _started;
    readonly SessionSpan? _span;
    readonly string? _callersTrace;
    AuditRecord _asked;
    int _told;

    /// <summary>Begins a record.</summary>
    /// <param name="options">Says where the audit goes.</param>
    /// <param name="metrics">Counts.</param>
    /// <param name="logger">Learns of an audit that fails.</param>
    /// <param name="target">What is asked for; null where that cannot be said: the path is ambiguous, or no session's.</param>
    /// <param name="command">The command that is asked for.</param>
    /// <param name="request">The request, of which the trace is taken.</param>
    /// <param name="path">The path as it was sent.</param>
    /// <param name="address">Where it was asked from; null where that is not known.</param>
    internal SessionRecord(GatewayOptions options, GatewayMetrics metrics, ILogger logger, StreamTarget? target,
        IReadOnlyList<string> command, HttpContext request, string path, IPAddress? address)
    {
        (_options, _metrics, _logger, _started) = (options, metrics, logger, options.Clock.GetTimestamp());
        Traffic = new RelayTraffic(options.Clock);
        _asked = new AuditRecord
        {
            Time = options.Clock.GetUtcNow(),
            Who = "unknown",
            Address = address?.ToString(),
            Kind = target?.Subresource ?? "upgrade",
            Path = target is null ? path : null,
            Namespace = target?.Namespace ?? "",
            Pod = target?.Pod ?? "",
            Container = target?.Container,
            Command = AuditRecord.Show(command, options.AuditCommand),
            End = "",
        };
        _span = SessionSpan.Start(GatewayMetrics.Traces, request, target?.Path);
        _span?.Tag("k8s.container.name", _asked.Container);
        _callersTrace = CallerTrace.Of(request.Request);
    }

    /// <summary>What the request said: peers that quote it are told of without it.</summary>
    internal required WithheldWords Withheld { get; init; }

    /// <summary>The version of HTTP by which it was asked for.</summary>
    internal required string ClientHttp { get; init; }

    /// <summary>What the session carries.</summary>
    internal RelayTraffic Traffic { get; }

    /// <summary>
    /// Given back only after the session was written to the audit. So whoever waits until no session is left finds every session in the
    /// audit.
    /// </summary>
    internal IDisposable? Slot { get; set; }

    /// <summary>The server behind has been dialled.</summary>
    internal bool HasBegun { get; private set; }

    bool IsSpliced { get; set; }

    internal void IsFrom(Caller caller) => _asked = _asked with { Who = caller.Name };

    internal void IsAskedBy(string clientProtocol) => _asked = _asked with { ClientProtocol = clientProtocol };

    /// <summary>The server behind has taken the session.</summary>
    /// <param name="serverProtocol">What it speaks.</param>
    /// <param name="isShared">It is one stream of an HTTP/2 connection.</param>
    /// <param name="fellBack">It did not go the first way that was thought of.</param>
    /// <param name="isSpliced">Both sides speak the same.</param>
    internal void Begin(string serverProtocol, bool isShared, bool fellBack, bool isSpliced)
    {
        _asked = _asked with { ServerProtocol = serverProtocol, ClientHttp = ClientHttp, ServerHttp = isShared ? "2" : "1.1" };
        _metrics.Carried(ClientHttp, _asked.ServerHttp);
        (HasBegun, IsSpliced) = (true, isSpliced);
        _metrics.Begin(_asked.ClientProtocol!, serverProtocol, fellBack);
    }

    internal void Refused(int code, string? reason)
    {
        if (TryTell(SessionEnd.Refused, _asked with { Reason = Told(reason) }, code)) _metrics.Refused(code);
    }

    /// <summary>It is no session that the gateway knows: it went upstream as an ordinary request.</summary>
    internal void PassedOn(int code, bool clientLeft)
    {
        if (code < 300) TryTell(SessionEnd.PassedOn, _asked);
        else if (clientLeft) Abandoned();
        else Refused(code, null);
    }

    internal void Abandoned() => TryTell(SessionEnd.Abandoned, _asked);

    internal void Failed() => TryTell(SessionEnd.Failed, _asked with { Reason = "InternalError" });

    internal void End(RelayOutcome outcome)
    {
        // These are this side's words; those of a command's end may quote the command.
        if (outcome.End is RelayEnd.ServerLost)
            Log.ServerLost(_logger, _asked.Kind, _asked.Who, _asked.Namespace, _asked.Pod, Withheld.Blank(outcome.Status?.Message));
        if (outcome.End is RelayEnd.Ended)
            Log.SessionStopped(_logger, _asked.Kind, _asked.Who, _asked.Namespace, _asked.Pod, Withheld.Blank(outcome.Status?.Message));
        int code = 0;
        bool hasCode = outcome.Status?.TryGetExitCode(out code) == true;
        SessionEnd end = outcome.End switch
        {
            RelayEnd.Completed => SessionEnd.Completed,
            RelayEnd.ServerLost => SessionEnd.ServerLost,
            RelayEnd.ClientLost => SessionEnd.ClientLost,
            _ => SessionEnd.Ended,
        };
        TryTell(end, _asked with { ExitCode = hasCode ? code : null, Reason = hasCode ? null : Told(outcome.Status?.Reason) });
    }

    /// <summary>
    /// Names the caller's trace to the server behind where this gateway has no span in it, so that it has no gap there. Otherwise what is
    /// sent names the gateway's own.
    /// </summary>
    internal void PassTrace(HttpRequestHeaders headers)
    {
        if (_span is null && _callersTrace is not null) headers.TryAddWithoutValidation(CallerTrace.Header, _callersTrace);
    }

    /// <summary>A reason is the server's word, and may be any.</summary>
    string? Told(string? reason) => reason is null ? null : Withheld.Blank(reason);

    /// <returns>False where it was told before.</returns>
    bool TryTell(SessionEnd end, AuditRecord record, int? answer = null)
    {
        if (Interlocked.Exchange(ref _told, 1) != 0) return false;
        TimeSpan duration = _options.Clock.GetElapsedTime(_started);
        string told = end + (string.IsNullOrEmpty(record.Reason) ? "" : $" ({record.Reason})")
            + (record.ExitCode is { } code ? $", exit code {code}" : "");
        Log.SessionEnded(
            _logger, record.Kind, record.Who, record.Namespace, record.Pod, (long)duration.TotalMilliseconds, told, Traffic.BytesToServer,
            Traffic.BytesToClient);
        if (HasBegun) _metrics.End(record.ClientProtocol!, record.ServerProtocol!, IsSpliced, end, Traffic, duration);
        _metrics.Over(end); // last: who sees this count sees the others too
        _span?.Tag("fairlead.client", record.ClientProtocol).Tag("fairlead.server", record.ServerProtocol)
            .End(end, answer ?? (HasBegun || end is SessionEnd.PassedOn ? StatusCodes.Status101SwitchingProtocols : null), record.ExitCode);
        try
        {
            _options.Audit?.Invoke(record with
            {
                BytesToServer = Traffic.BytesToServer,
                BytesToClient = Traffic.BytesToClient,
                End = end.ToString(),
                Duration = duration,
            });
        }
#pragma warning disable CA1031 // the sink is somebody else's: what it throws must not end a session otherwise than it ended
        catch (Exception e)
#pragma warning restore CA1031
        {
            _metrics.AuditFailed();
            Log.AuditFailed(_logger, e);
        }

        return true;
    }

    public void Dispose()
    {
        Failed();
        Slot?.Dispose();
    }
}
