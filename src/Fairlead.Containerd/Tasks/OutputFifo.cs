using System.IO.Pipes;
using Fairlead.Containerd.Native;
using Fairlead.Server.Commands;
using Microsoft.Win32.SafeHandles;

namespace Fairlead.Containerd.Tasks;

/// <summary>One output of a native command.</summary>
/// <param name="reader">The end that is read.</param>
/// <param name="held">This side's own end to write to; null where it was let go.</param>
sealed class OutputFifo(SafePipeHandle reader, SafePipeHandle? held) : ICommandOutput, IDisposable
{
    /// <summary>The command's pipe or terminal, and the buffer by which the shim copies it.</summary>
    const int Between = 64 * 1024 + 32 * 1024;

    readonly AnonymousPipeClientStream _stream = new(PipeDirection.In, reader);

    /// <summary>The end that is read.</summary>
    public SafePipeHandle Reader => reader;

    public int Available => Fifo.Unread(reader);

    public int Behind => Between;

    public ValueTask<int> ReadAsync(Memory<byte> room, CancellationToken cancellationToken) => _stream.ReadAsync(room, cancellationToken);

    /// <summary>Closes this side's own end to write to, which kept the output from ending before it had begun.</summary>
    public void LetGo() => held?.Dispose();

    public void Dispose()
    {
        held?.Dispose();
        _stream.Dispose();
    }
}
