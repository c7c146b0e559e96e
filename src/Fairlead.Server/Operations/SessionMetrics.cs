using System.Diagnostics;
using System.Diagnostics.Metrics;
using Fairlead.Streaming.Relays;
using Fairlead.Streaming.Resumption.Answering;
using Microsoft.AspNetCore.Http;

namespace Fairlead.Server.Operations;

/// <summary>
/// What is counted of sessions, by the same names whoever serves them: <c>fairlead.gateway.sessions.active</c>,
/// <c>fairlead.node.sessions.active</c>. Tags never hold what a caller sent.
/// </summary>
public sealed class SessionMetrics : IDisposable
{
    readonly TimeProvider _clock;
    readonly string _prefix;
    readonly List<ResumableCommands> _kept = [];
    readonly UpDownCounter<long> _active;
    readonly Counter<long> _over, _bytes, _lost, _refused;
    readonly Histogram<double> _duration;

    /// <summary>Makes the instruments.</summary>
    /// <param name="name">The meter's name, for instance <c>Fairlead.Gateway</c>; those of instruments begin with it in small
    /// letters.</param>
    /// <param name="clock">By which <see cref="CountAsync"/> measures.</param>
    public SessionMetrics(string name, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(name);
#pragma warning disable CA1308 // instruments are named in small letters
        (Meter, _clock, _prefix) = (new Meter(name), clock, name.ToLowerInvariant());
#pragma warning restore CA1308
        _active = Meter.CreateUpDownCounter<long>(_prefix + ".sessions.active", description: "Sessions that run now.");
        _over = Meter.CreateCounter<long>(
            _prefix + ".sessions.ended", description: "Sessions that were asked for and are over, by how they ended.");
        _bytes = Meter.CreateCounter<long>(
            _prefix + ".session.bytes", "By", "Payload bytes of sessions that have ended, by direction.");
        _lost = Meter.CreateCounter<long>(
            _prefix + ".sessions.lost", description: "Sessions that ended without a status, by the side that was lost.");
        _refused = Meter.CreateCounter<long>(
            _prefix + ".sessions.refused", description: "Sessions that were refused before they began, by the answer's code.");
        _duration = Meter.CreateHistogram<double>(_prefix + ".session.duration", "s", "How long sessions lasted, by how they ended.");
    }

    /// <summary>The instruments' meter, for more of them.</summary>
    public Meter Meter { get; }

    /// <summary>Tells for how long nobody could be asked what callers may do.</summary>
    /// <param name="absences">By whose credentials each kind of question is asked.</param>
    public void WatchReviewers(params (string Credentials, ReviewerAbsence Absence)[] absences) => Meter.CreateObservableGauge(
        _prefix + ".reviewer.away",
        () => absences.Select(static each => new Measurement<double>(
            each.Absence.Length.TotalSeconds, new KeyValuePair<string, object?>("credentials", each.Credentials))),
        "s", "How long nobody could be asked what callers may do, by whose credentials the question carries; 0 while there are answers.");

    /// <summary>Tells what becomes of sessions that outlive their connections, of several registries together.</summary>
    internal void Watch(ResumableCommands sessions)
    {
        lock (_kept)
        {
            _kept.Add(sessions);
            if (_kept.Count > 1) return;
        }

        Meter.CreateObservableGauge(
            _prefix + ".sessions.kept", () => Sum(static each => each.Detached),
            description: "Sessions that have no connection now and are kept for their clients.");
        Meter.CreateObservableGauge(
            _prefix + ".session.kept", () => Sum(static each => each.KeptBytes), "By",
            "Bytes of sessions that their clients have not confirmed yet, and that are kept to be sent again.");
        Meter.CreateObservableCounter(
            _prefix + ".session.resumptions", () => Sum(static each => each.Resumed),
            description: "How often a session went on by another connection.");
        Meter.CreateObservableCounter(
            _prefix + ".sessions.expired", () => Sum(static each => each.Expired),
            description: "Sessions whose client did not come back in time, or that could not be kept for it.");
        Meter.CreateObservableCounter(
            _prefix + ".session.openings.refused",
            () => Registries().SelectMany(static each => each.Refused).GroupBy(static refused => refused.Key).Select(
                static refused => new Measurement<long>(
                    refused.Sum(static each => each.Value), new KeyValuePair<string, object?>("reason", refused.Key.ToString()))),
            description: "Connections that asked for a session of their client's and did not get it, by why.");
    }

    ResumableCommands[] Registries()
    {
        lock (_kept) return [.. _kept];
    }

    long Sum(Func<ResumableCommands, long> of) => Registries().Sum(of);

    /// <summary>Counts a session that was refused before it began.</summary>
    /// <param name="code">The answer's code.</param>
    public void Refused(int code) => _refused.Add(1, new KeyValuePair<string, object?>("code", code));

    /// <summary>Counts each session once, whatever ended it.</summary>
    public void Over(SessionEnd end) => _over.Add(1, new KeyValuePair<string, object?>("end", end.ToString()));

    /// <summary>A session runs from now on.</summary>
    /// <param name="what">What is told of it, of a few values each; the same for <see cref="End"/>.</param>
    public void Begin(TagList what) => _active.Add(1, what);

    /// <summary>A session that ran has ended.</summary>
    /// <param name="what">As for <see cref="Begin"/>.</param>
    /// <param name="end">How.</param>
    /// <param name="traffic">What it carried.</param>
    /// <param name="duration">How long it lasted.</param>
    /// <param name="form">How it was joined; null where there is one way alone.</param>
    public void End(TagList what, SessionEnd end, RelayTraffic traffic, TimeSpan duration, string? form = null)
    {
        ArgumentNullException.ThrowIfNull(traffic);
        _active.Add(-1, what);
        _bytes.Add(traffic.BytesToServer, [.. what, new("direction", "to_server")]);
        _bytes.Add(traffic.BytesToClient, [.. what, new("direction", "to_client")]);
        if (end is SessionEnd.ServerLost or SessionEnd.ClientLost)
            _lost.Add(1, [.. what, new("side", end is SessionEnd.ServerLost ? "server" : "client")]);
        what.Add("end", end.ToString());
        if (form is not null) what.Add("form", form);
        _duration.Record(duration.TotalSeconds, what);
    }

    /// <summary>Counts and traces the session that a request asks for, which this library answers, whatever becomes of it.</summary>
    /// <param name="context">The request.</param>
    /// <param name="answer">Answers it.</param>
    /// <param name="isPassedOn">Another server answers the upgrade, and nothing is known of what it carries.</param>
    public Task CountAsync(HttpContext context, Func<HttpContext, Task> answer, bool isPassedOn = false)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(answer);
        return MeasuredSession.FollowAsync(context, this, _clock, answer, isPassedOn);
    }

    /// <inheritdoc/>
    public void Dispose() => Meter.Dispose();
}
