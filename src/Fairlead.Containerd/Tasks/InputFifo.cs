using System.IO.Pipes;
using Fairlead.Containerd.Native;
using Microsoft.Win32.SafeHandles;

namespace Fairlead.Containerd.Tasks;

/// <summary>
/// The end of a command's input that is written to. A reader of its own is kept until containerd is seen to read: without it a write
/// before that would be a broken pipe, and with it for good one that the command has closed would never be.
/// </summary>
sealed class InputFifo(SafePipeHandle writer, SafePipeHandle keeper) : IDisposable
{
    /// <summary>Less than a pipe holds, so that a second piece can only be waited for once the first was read.</summary>
    const int Piece = 32 * 1024;

    readonly AnonymousPipeClientStream _stream = new(PipeDirection.Out, writer);
    long _written;

    /// <summary>Writes all of it; waits while the command does not read.</summary>
    /// <exception cref="IOException">The command takes no more.</exception>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        for (; !data.IsEmpty; data = data[Math.Min(Piece, data.Length)..])
        {
            ReadOnlyMemory<byte> piece = data[..Math.Min(Piece, data.Length)];
            if (!keeper.IsClosed && Fifo.Unread(keeper) < _written) keeper.Dispose();
            await _stream.WriteAsync(piece, cancellationToken);
            _written += piece.Length;
        }
    }

    /// <summary>Ends this side's part of the input. What was written stays for the command to read.</summary>
    public void End() => _stream.Dispose();

    public void Dispose()
    {
        _stream.Dispose();
        keeper.Dispose();
    }
}
