using System.IO.Pipelines;
using Fairlead.Streaming;

namespace Fairlead.Server.Commands;

/// <summary>Moves a client's input to a command, and its end too.</summary>
static class CommandInputPump
{
    /// <summary>
    /// Runs until the client has ended its input, the command takes no more, the client is lost, or <paramref name="stop"/>. Completes
    /// <paramref name="reader"/> in any case, so that what still comes is dropped and holds nothing up.
    /// </summary>
    /// <remarks>
    /// Where the client is lost, this does not end the command's input: the command must not take a part for the whole. What follows is up
    /// to <see cref="LostClientPolicy"/>.
    /// </remarks>
    internal static async Task RunAsync(PipeReader reader, ICommandInput input, CancellationToken stop)
    {
        bool lineBegun = false;
        Turn turn = default;
        try
        {
            while (true)
            {
                ReadResult result = await reader.ReadAsync(stop);
                foreach (ReadOnlyMemory<byte> part in result.Buffer)
                {
                    if (part.IsEmpty) continue;
                    await input.WriteAsync(part, stop);
                    lineBegun = part.Span[^1] is not ((byte)'\n' or (byte)'\r');
                    if (turn.IsOver(part.Length)) await Task.Yield();
                }

                reader.AdvanceTo(result.Buffer.End);
                if (!result.IsCompleted) continue;
                await input.CompleteAsync(lineBegun, stop);
                return;
            }
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
        finally
        {
            await reader.CompleteAsync();
        }
    }
}
