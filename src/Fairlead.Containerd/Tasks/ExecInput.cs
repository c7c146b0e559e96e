using Fairlead.Server.Commands;
using Grpc.Core;

namespace Fairlead.Containerd.Tasks;

/// <summary>The input of a native command: its FIFO, which containerd holds open beside this side.</summary>
/// <param name="input">This side's end; null where an earlier process has closed it.</param>
/// <param name="tasks">containerd.</param>
/// <param name="exec">The command.</param>
/// <param name="hasTerminal">It runs on a terminal.</param>
sealed class ExecInput(InputFifo? input, ContainerdTasks tasks, ExecReference exec, bool hasTerminal) : ICommandInput
{
    /// <summary>Ctrl-D: what ends the input of whoever reads lines from a terminal, whose own settings cannot be seen from here.</summary>
    const byte EndOfTransmission = 4;

    public ValueTask<int> WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken) =>
        input is null ? throw new IOException("the input was ended") : input.WriteAsync(data, cancellationToken);

    public async ValueTask CompleteAsync(bool lineBegun, CancellationToken cancellationToken)
    {
        if (!hasTerminal) await CloseAsync(cancellationToken);
        else await WriteAsync( // so short that a pipe takes it whole
            lineBegun ? new[] { EndOfTransmission, EndOfTransmission } : new[] { EndOfTransmission }, cancellationToken);
    }

    /// <summary>An input ends when the last one who holds it open lets go: this side, and then containerd.</summary>
    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        input?.End();
        try
        {
            await tasks.CloseInputAsync(exec, cancellationToken);
        }
        catch (RpcException failure) when (!cancellationToken.IsCancellationRequested)
        {
            throw new IOException("containerd could not be told of the end of the input: " + UnreachableSocketException.Describe(failure),
                failure);
        }
        catch (RpcException failure)
        {
            throw new OperationCanceledException(failure.Message, failure, cancellationToken);
        }
    }
}
