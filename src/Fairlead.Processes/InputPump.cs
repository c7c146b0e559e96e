using System.IO.Pipelines;
using Fairlead.Processes.Native;
using Fairlead.Streaming;

namespace Fairlead.Processes;

/// <summary>Moves a client's input to a process, and its end too.</summary>
sealed class InputPump(Stream input, Pseudoterminal? terminal)
{
    /// <summary>
    /// Runs until the client has ended its input, the process takes no more, the client is lost, or <paramref name="stop"/>. Completes
    /// <paramref name="reader"/> in any case, so that what still comes is dropped and holds nothing up. Never throws for what either did.
    /// </summary>
    /// <remarks>
    /// A lost client is no end of input: the pipe stays open, for whoever reads from it must not take a part for the whole.
    /// </remarks>
    internal async Task RunAsync(PipeReader reader, CancellationToken stop)
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

                if (terminal is null) await input.DisposeAsync();
                else await input.WriteAsync(terminal.GetEndOfInput(lineBegun), stop);
                return;
            }
        }
        catch (SessionLostException)
        {
            // see the remarks
        }
        catch (IOException)
        {
            // a broken pipe or a terminal that is gone: the process takes no more input, which is its right
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // the process ended first: its unread input is dropped
        }
        catch (ObjectDisposedException)
        {
            // the terminal was hung up
        }
        finally
        {
            await reader.CompleteAsync();
        }
    }
}
