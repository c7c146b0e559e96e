using System.Diagnostics;
using Fairlead.Server.Handshakes;
using Fairlead.Streaming.Relays;
using Microsoft.AspNetCore.Http;

namespace Fairlead.Server.Operations;

/// <summary>One session that was asked for. The first end that is told counts, and is told once.</summary>
/// <param name="metrics">Counts.</param>
/// <param name="clock">Measures.</param>
sealed class MeasuredSession(SessionMetrics metrics, TimeProvider clock)
{
    readonly long _asked = clock.GetTimestamp();
    TagList? _what;
    int _told;

    /// <summary>What it carries.</summary>
    public RelayTraffic Traffic { get; } = new(clock);

    /// <summary>The session goes on when its request has ended, and tells its end itself.</summary>
    public bool OutlivesRequest { get; set; }

    /// <summary>That of a request; null where sessions are not counted.</summary>
    public static MeasuredSession? Of(HttpContext context) => context.Features.Get<MeasuredSession>();

    /// <summary>The client and what it asked for are joined.</summary>
    /// <param name="kind"><c>exec</c>, <c>attach</c> or <c>portforward</c>.</param>
    /// <param name="client">What the client speaks.</param>
    public void Begin(string kind, string client)
    {
        TagList what = new() { { "client", client }, { "kind", kind } };
        _what = what;
        metrics.Begin(what);
    }

    /// <summary>The answer is over: where no end was told it never began.</summary>
    public void Answered(HttpContext context, bool isPassedOn)
    {
        int code = context.Response.StatusCode;
        if (_what is not null) return; // a session that ran and told no end has failed
        if (ExtendedConnect.HasSwitched(context)) Tell(isPassedOn ? SessionEnd.PassedOn : SessionEnd.Abandoned);
        else if (context.RequestAborted.IsCancellationRequested) Tell(SessionEnd.Abandoned);
        else if (Tell(SessionEnd.Refused)) metrics.Refused(code);
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

    /// <summary>The request was for a session that is counted elsewhere.</summary>
    public void Ignore() => Interlocked.Exchange(ref _told, 1);

    /// <returns>False where an end was told before.</returns>
    public bool Tell(SessionEnd end)
    {
        if (Interlocked.Exchange(ref _told, 1) != 0) return false;
        if (_what is { } what) metrics.End(what, end, Traffic, clock.GetElapsedTime(_asked));
        metrics.Over(end); // last: who sees this count sees the others too
        return true;
    }
}
