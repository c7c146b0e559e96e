using System.Diagnostics;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Wire;

namespace Fairlead.Client.Telemetry;

/// <summary>
/// What a session tells OpenTelemetry: an activity from its asking to its end, with the upgrade below it, and the counters. Never a
/// command, and nothing that a peer says but names and codes.
/// </summary>
sealed class SessionTelemetry
{
    readonly Activity? _activity;
    readonly KeyValuePair<string, object?> _kind;
    readonly long _began = Stopwatch.GetTimestamp();

    SessionTelemetry(string kind, Activity? activity) => (_kind, _activity) = (new("fairlead.kind", kind), activity);

    /// <summary>Begins it. The activity is the current one from here on, so that what HTTP tells is below it.</summary>
    /// <param name="kind">exec or attach.</param>
    /// <param name="server">The server.</param>
    /// <param name="pod">Where.</param>
    /// <returns>Null where nobody listens: then nothing of this costs anything.</returns>
    internal static SessionTelemetry? Begin(string kind, Uri server, PodReference pod)
    {
        Activity? activity = Instruments.Traces.StartActivity(kind, ActivityKind.Client);
        if (activity is null && !Instruments.AreHeard) return null;
        activity?.Describe(server, pod);
        return new SessionTelemetry(kind, activity);
    }

    /// <summary>The upgrade: an activity below the session's. To be disposed when it is over.</summary>
    internal static Activity? Upgrade() => Instruments.Traces.StartActivity("upgrade");

    /// <summary>No session came about.</summary>
    internal void Failed(Exception failure)
    {
        CountLoss(failure);
        End(Instruments.OutcomeOf(failure), failure, null);
    }

    void CountLoss(Exception failure)
    {
        if (failure is SessionLostException { Kind: not SessionLoss.LocalAbort } lost)
            Instruments.Losses.Add(1, _kind, new("error.type", lost.Kind.ToString()));
    }

    /// <summary>It is open: its bytes are counted, and its end is awaited.</summary>
    /// <returns>Completes when the end was told.</returns>
    internal Task OpenedAsync(AskingSession session, string? fellBack)
    {
        _activity?.SetTag("network.protocol.name", session.Description);
        if (fellBack is not null) Instruments.Fallbacks.Add(1, _kind);
        if (Instruments.Bytes.Enabled)
        {
            session.Count(
                sent => Instruments.Bytes.Add(sent, _kind, Instruments.Transmit),
                received => Instruments.Bytes.Add(received, _kind, Instruments.Receive));
        }

        Instruments.Active.Add(1, _kind);
        return FollowAsync(session);
    }

    /// <summary>It goes on by another connection.</summary>
    internal void Resumed() => Instruments.Resumptions.Add(1, _kind);

    async Task FollowAsync(AskingSession session)
    {
        // Whoever opened it goes on in a context of its own: the activity is not theirs.
        try
        {
            Status status = await session.Status;
            bool hasEnded = status.TryGetExitCode(out int code);
            End(hasEnded ? "exited" : "failed", hasEnded ? null : new RemoteCommandException(status), hasEnded ? code : null);
        }
        catch (SessionLostException lost)
        {
            CountLoss(lost);
            End(Instruments.OutcomeOf(lost), lost, null);
        }
        finally
        {
            Instruments.Active.Add(-1, _kind);
        }
    }

    void End(string outcome, Exception? failure, int? exitCode)
    {
        TagList tags = new() { _kind, new("fairlead.outcome", outcome) };
        Instruments.Sessions.Add(1, tags);
        Instruments.Duration.Record(Stopwatch.GetElapsedTime(_began).TotalSeconds, tags);
        if (_activity is null) return;
        _activity.SetTag("fairlead.outcome", outcome);
        if (exitCode is { } code) _activity.SetTag("process.exit.code", code);
        _activity.Fail(outcome is "aborted" or "cancelled" ? null : failure);
        _activity.Stop();
    }
}
