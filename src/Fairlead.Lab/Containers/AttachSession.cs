using System.Globalization;
using System.IO.Pipelines;
using Fairlead.Lab.Logs;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Wire;

namespace Fairlead.Lab.Containers;

/// <summary>One client joined to a main process.</summary>
sealed class AttachSession(AnsweringSession session, MainProcess main)
{
    /// <summary>Runs until the process ends, the client detaches or is lost, or it is cut off for being slow.</summary>
    internal async Task<Status> RunAsync()
    {
        using LogFollower follower = main.Log.Follow(fromStart: false);
        using CancellationTokenSource leave = CancellationTokenSource.CreateLinkedTokenSource(session.Lost, follower.CutOff);
        main.Attach(this);
        try
        {
            Task input = CopyInputAsync(leave), sizes = FollowSizesAsync(leave.Token);
            await CopyOutputAsync(follower, leave.Token);
            await leave.CancelAsync();
            await Task.WhenAll(input, sizes);
        }
        finally
        {
            main.Detach(this);
        }

        if (session.Lost.IsCancellationRequested) return Status.InternalError("the client was lost: " + session.LossReason?.Message);
        return follower.CutOff.IsCancellationRequested
            ? Status.InternalError(
                $"the client fell {follower.Behind.ToString(CultureInfo.InvariantCulture)} bytes behind the container's output and " +
                $"was detached")
            : Status.Success;
    }

    async Task CopyOutputAsync(LogFollower follower, CancellationToken leave)
    {
        try
        {
            while (await follower.NextAsync(leave) is { } chunk)
            {
                PipeWriter writer = chunk.IsError ? session.StandardError : session.StandardOutput;
                await writer.WriteAsync(chunk.Data, leave);
            }
        }
        catch (OperationCanceledException)
        {
            // detached, lost or cut off
        }
        catch (SessionLostException)
        {
            // the session's own token tells the rest
        }
    }

    async Task CopyInputAsync(CancellationTokenSource leave)
    {
        PipeReader reader = session.StandardInput;
        try
        {
            while (session.Request.Stdin && main.TakesInput)
            {
                ReadResult result = await reader.ReadAsync(leave.Token);
                bool taken = await main.WriteInputAsync(result.Buffer, leave.Token);
                reader.AdvanceTo(result.Buffer.End);
                if (!taken) return;
                if (!result.IsCompleted) continue;

                if (main.ClosesWithFirstClient) await main.CloseInputAsync(leave.Token);
                else await leave.CancelAsync();
                return;
            }
        }
        catch (OperationCanceledException)
        {
            // it left
        }
        catch (SessionLostException)
        {
            // just detached: others may be attached, and the process goes on
        }
        finally
        {
            await reader.CompleteAsync();
        }
    }

    async Task FollowSizesAsync(CancellationToken leave)
    {
        try
        {
            while (main.HasTerminal && await session.TerminalSizes.NextAsync(leave) is { } size) main.SetSize(this, size);
        }
        catch (OperationCanceledException)
        {
            // it left
        }
    }
}
