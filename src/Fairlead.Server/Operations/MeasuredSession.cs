using System.Diagnostics;
using Fairlead.Server.Handshakes;
using Fairlead.Streaming.Relays;
using Microsoft.AspNetCore.Http;

namespace Fairlead.Server.Operations;

/// <summary>
/// One session that was asked for: what is counted and traced of it. The first end that is told counts, and is told once.
/// </summary>
sealed class MeasuredSession
{
    /// <summary>One span a session, by whatever server of this library it is answered.</summary>
    static readonly ActivitySource s_traces = new("Fairlead.Server");

    readonly SessionMetrics? _metrics;
    readonly SessionSpan? _span;
    readonly TimeProvider _clock;
    readonly long _asked;
    TagList? _what;
    int _told;
    int? _code;

    MeasuredSession(SessionMetrics? metrics, SessionSpan? span, TimeProvider clock)
    {
        (_metrics, _span, _clock, _asked) = (metrics, span, clock, clock.GetTimestamp());
        Traffic = new RelayTraffic(clock);
    }

    /// <summary>What it carries.</summary>
    public RelayTraffic Traffic { get; }

    /// <summary>False where its bytes are of interest to nobody.</summary>
    public bool IsCounted => _metrics is not null;

    /// <summary>The session goes on when its request has ended, and tells its end itself.</summary>
    public bool OutlivesRequest { get; set; }

    /// <summary>That of a request; null where nothing is told of sessions.</summary>
    public static MeasuredSession? Of(HttpContext context) => context.Features.Get<MeasuredSession>();

    /// <summary>That of a session that an earlier process began; null where nothing is counted.</summary>
    public static MeasuredSession? Restored(SessionMetrics? metrics, TimeProvider clock) =>
        metrics is null ? null : new MeasuredSession(metrics, span: null, clock) { OutlivesRequest = true };

    /// <summary>
    /// Tells of the session that a request asks for, whatever becomes of it. What is inside of another such call is told by that one.
    /// </summary>
    /// <param name="context">The request.</param>
    /// <param name="metrics">Counts; null for nobody.</param>
    /// <param name="clock">Measures.</param>
    /// <param name="answer">Answers it.</param>
    /// <param name="isPassedOn">Another server answers the upgrade, and nothing is known of what it carries.</param>
    public static async Task FollowAsync(
        HttpContext context, SessionMetrics? metrics, TimeProvider clock, Func<HttpContext, Task> answer, bool isPassedOn = false)
    {
        SessionSpan? span = Of(context) is null ? SessionSpan.Start(s_traces, context, context.Request.Path.Value) : null;
        if (metrics is null && span is null)
        {
            await answer(context);
            return;
        }

        MeasuredSession session = new(metrics, span, clock);
        context.Features.Set(session);
        try
        {
            await answer(context);
            session.Answered(context, isPassedOn);
        }
        finally
        {
            if (!session.OutlivesRequest) session.Tell(SessionEnd.Failed); // unless it was told
        }
    }

    /// <summary>The client and what it asked for are joined.</summary>
    /// <param name="kind"><c>exec</c>, <c>attach</c> or <c>portforward</c>.</param>
    /// <param name="client">What the client speaks.</param>
    public void Begin(string kind, string client)
    {
        TagList what = new() { { "client", client }, { "kind", kind } };
        (_what, _code) = (what, StatusCodes.Status101SwitchingProtocols);
        _metrics?.Begin(what);
        _span?.Tag("fairlead.client", client);
    }

    /// <summary>What it goes to, which a path with a ticket does not say.</summary>
    public void IsIn(string @namespace, string pod, string? container = null) =>
        _span?.Tag("k8s.namespace.name", @namespace).Tag("k8s.pod.name", pod).Tag("k8s.container.name", container);

    /// <summary>The answer is over: where no end was told it never began.</summary>
    void Answered(HttpContext context, bool isPassedOn)
    {
        int code = context.Response.StatusCode;
        if (_what is not null) return; // a session that ran and told no end has failed
        bool hasSwitched = ExtendedConnect.HasSwitched(context);
        if (!context.RequestAborted.IsCancellationRequested || hasSwitched) _code = code;
        if (hasSwitched) Tell(isPassedOn ? SessionEnd.PassedOn : SessionEnd.Abandoned);
        else if (context.RequestAborted.IsCancellationRequested) Tell(SessionEnd.Abandoned);
        else if (Tell(SessionEnd.Refused)) _metrics?.Refused(code);
    }

    /// <summary>How a session that ran has ended.</summary>
    /// <param name="loss">Why the client is gone; null where it was there to the end.</param>
    /// <param name="failure">Why what it asked for could not say how it ended; null where it did. A runtime that went away is a loss,
    /// anything else a fault of ours.</param>
    public static SessionEnd EndOf(SessionLostException? loss, Exception? failure) => loss?.Kind switch
    {
        null => failure switch
        {
            null => SessionEnd.Completed,
            IOException => SessionEnd.ServerLost,
            _ => SessionEnd.Failed,
        },
        SessionLoss.LocalAbort => SessionEnd.Ended,
        SessionLoss.LocalFault => SessionEnd.Failed,
        _ => SessionEnd.ClientLost,
    };

    /// <summary>The request was for a session that is told of elsewhere.</summary>
    public void Ignore()
    {
        if (Interlocked.Exchange(ref _told, 1) == 0) _span?.Stop();
    }

    /// <param name="end">How it ended.</param>
    /// <param name="exitCode">The command's; null where there was none, or it is not known.</param>
    /// <returns>False where an end was told before.</returns>
    public bool Tell(SessionEnd end, int? exitCode = null)
    {
        if (Interlocked.Exchange(ref _told, 1) != 0) return false;
        if (_what is { } what) _metrics?.End(what, end, Traffic, _clock.GetElapsedTime(_asked));
        _metrics?.Over(end); // last: who sees this count sees the others too
        _span?.End(end, _code, exitCode);
        return true;
    }
}
