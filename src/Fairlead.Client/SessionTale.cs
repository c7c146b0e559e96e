using System.Diagnostics;
using Fairlead.Client.Telemetry;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Wire;
using Microsoft.Extensions.Logging;

namespace Fairlead.Client;

/// <summary>
/// Tells the log how a session came about and how it ended. The peer's own words are left out: they may quote the command.
/// </summary>
static class SessionTale
{
    /// <param name="logger">The log.</param>
    /// <param name="kind">exec or attach.</param>
    /// <param name="session">The session that is open now.</param>
    /// <param name="asked">When it was asked for.</param>
    /// <returns>Completes when the end was told.</returns>
    internal static Task BeginAsync(ILogger logger, string kind, AskingSession session, long asked)
    {
        if (!logger.IsEnabled(LogLevel.Warning)) return Task.CompletedTask;
        Log.Opened(logger, kind, session.Description, Since(asked));
        return FollowAsync(logger, kind, session, Stopwatch.GetTimestamp());
    }

    /// <summary>Tells of losses of a session's connection and of resumptions too, besides the caller itself.</summary>
    internal static Action<ResumeEvent> Resumptions(
        ILogger logger, string kind, SessionTelemetry? telemetry, Action<ResumeEvent>? caller) => happened =>
    {
        if (happened.Kind is ResumeEventKind.Lost) Log.ConnectionLost(logger, kind, (long)happened.Left.TotalSeconds);
        else
        {
            Log.Resumed(logger, kind);
            telemetry?.Resumed();
        }

        caller?.Invoke(happened);
    };

    static async Task FollowAsync(ILogger logger, string kind, AskingSession session, long began)
    {
        try
        {
            Status status = await session.Status;
            if (!status.TryGetExitCode(out _)) status = status with { Reason = session.Withheld.Blank(status.Reason) };
            Log.StatusReceived(logger, kind, Since(began), status.Outcome);
        }
        catch (SessionLostException e) when (e.Kind is SessionLoss.LocalAbort)
        {
            Log.SessionAborted(logger, kind, Since(began), e.Message);
        }
        catch (SessionLostException e)
        {
            Log.SessionLost(logger, e, kind, Since(began), e.Kind.ToString());
        }
    }

    static long Since(long started) => (long)Stopwatch.GetElapsedTime(started).TotalMilliseconds;
}
