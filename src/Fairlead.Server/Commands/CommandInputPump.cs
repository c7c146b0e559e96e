using System.IO.Pipelines;
using Fairlead.Streaming;

namespace Fairlead.Server.Commands;

/// <summary>Moves a client's input to a command, and its end too.</summary>
/// <param name="reader">The client's input.</param>
/// <param name="input">The command's.</param>
/// <param name="state">How far it came in an earlier process.</param>
sealed class CommandInputPump(PipeReader reader, ICommandInput input, CommandInputState state)
{
    /// <summary>How far it has come. Not while it runs.</summary>
    internal CommandInputState State { get; private set; } = state;

    /// <summary>
    /// Runs until the client has ended its input, the command takes no more, the client is lost, or a token fires. Completes the reader in
    /// any case but the last, so that what still comes is dropped and holds nothing up.
    /// </summary>
    /// <remarks>
    /// Where the client is lost, this does not end the command's input: the command must not take a part for the whole. What follows is up
    /// to <see cref="LostClientPolicy"/>.
    /// </remarks>
    /// <param name="stop">The command takes no more.</param>
    /// <param name="suspend">It is to stop where it is: what was not written stays in the reader.</param>
    internal async Task RunAsync(CancellationToken stop, CancellationToken suspend)
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(stop, suspend);
        try
        {
            if (!State.IsOver) await MoveAsync(either.Token);
        }
        catch (SessionLostException)
        {
            // see the remarks
        }
        catch (IOException)
        {
            // the command takes no more input, which is its right
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // the command ended first: its unread input is dropped
        }
        catch (OperationCanceledException) when (suspend.IsCancellationRequested)
        {
            return;
        }
        catch
        {
            await reader.CompleteAsync();
            throw;
        }

        State = State with { IsOver = true };
        await reader.CompleteAsync();
    }

    async Task MoveAsync(CancellationToken either)
    {
        Turn turn = default;
        while (true)
        {
            ReadResult result = await reader.ReadAsync(either);
            long written = 0;
            try
            {
                foreach (ReadOnlyMemory<byte> part in result.Buffer)
                {
                    for (ReadOnlyMemory<byte> rest = part; !rest.IsEmpty;)
                    {
                        int count = await input.WriteAsync(rest, either);
                        State = State with { LineBegun = rest.Span[count - 1] is not ((byte)'\n' or (byte)'\r') };
                        rest = rest[count..];
                        written += count;
                        if (turn.IsOver(count)) await Task.Yield();
                    }
                }
            }
            finally
            {
                reader.AdvanceTo(result.Buffer.GetPosition(written)); // what was written is written, whatever comes
            }

            if (!result.IsCompleted) continue;
            await input.CompleteAsync(State.LineBegun, either);
            return;
        }
    }
}
