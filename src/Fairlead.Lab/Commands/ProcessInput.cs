using Fairlead.HostProcesses.Native;
using Fairlead.Server.Commands;

namespace Fairlead.Lab.Commands;

/// <summary>The input of a process: a pipe, or what is typed on its terminal.</summary>
sealed class ProcessInput(Stream input, Pseudoterminal? terminal) : ICommandInput
{
    public async ValueTask<int> WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        try
        {
            await input.WriteAsync(data, cancellationToken);
            return data.Length;
        }
        catch (ObjectDisposedException hungUp)
        {
            throw new IOException("the terminal was hung up", hungUp);
        }
    }

    public async ValueTask CompleteAsync(bool lineBegun, CancellationToken cancellationToken)
    {
        if (terminal is not null) await WriteAsync(terminal.GetEndOfInput(lineBegun), cancellationToken);
        else await input.DisposeAsync();
    }
}
