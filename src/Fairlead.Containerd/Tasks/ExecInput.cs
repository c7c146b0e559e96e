using System.IO.Pipelines;
using Fairlead.Streaming;
using Grpc.Core;

namespace Fairlead.Containerd.Tasks;

/// <summary>Moves a client's input to a native command, and its end too.</summary>
sealed class ExecInput(InputFifo input, ContainerdTasks tasks, ExecReference exec, bool hasTerminal)
{
    /// <summary>Ctrl-D: what ends the input of whoever reads lines from a terminal, whose own settings cannot be seen from here.</summary>
    const byte EndOfTransmission = 4;

    /// <summary>
    /// Runs until the client has ended its input, the command takes no more, the client is lost, or <paramref name="stop"/>. Completes
    /// <paramref name="reader"/> in any case. Never throws for what either did.
    /// </summary>
    /// <remarks>A lost client is no end of input: whoever reads must not take a part for the whole.</remarks>
    public async Task RunAsync(PipeReader reader, CancellationToken stop)
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

                if (hasTerminal) await input.WriteAsync(lineBegun ? new[] { EndOfTransmission, EndOfTransmission } : new[] { EndOfTransmission }, stop);
                else await EndAsync(stop);
                return;
            }
        }
        catch (SessionLostException)
        {
            // see the remarks
        }
        catch (IOException)
        {
            // a broken pipe: the command takes no more input, which is its right
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // the command ended first: its unread input is dropped
        }
        catch (RpcException)
        {
            // containerd could not be told of the end: it goes, or the container does, and the wait for the command says which
        }
        finally
        {
            await reader.CompleteAsync();
        }
    }

    /// <summary>An input ends when the last one who holds it open lets go: this side, and then containerd.</summary>
    async Task EndAsync(CancellationToken stop)
    {
        input.End();
        await tasks.CloseInputAsync(exec, stop);
    }
}
