using System.IO.Pipes;
using Fairlead.Containerd.Native;
using Microsoft.Win32.SafeHandles;

namespace Fairlead.Containerd.Tasks;

/// <summary>
/// The end of a command's input that is written to. A reader of its own is kept until containerd is seen to read: without it a write
/// before that would be a broken pipe, and with it for good one that the command has closed would never be.
/// </summary>
/// <param name="writer">The end.</param>
/// <param name="keeper">The reader; null where containerd was seen to read.</param>
/// <param name="written">Bytes that lie in it.</param>
sealed class InputFifo(SafePipeHandle writer, SafePipeHandle? keeper, long written = 0) : IDisposable
{
    /// <summary>Less than a pipe holds, so that a second piece can only be waited for once the first was read.</summary>
    const int Piece = 32 * 1024;

    /// <summary>So much a pipe takes whole or not at all (PIPE_BUF): a wait for room that is given up has written nothing.</summary>
    const int Whole = 4096;

    readonly AnonymousPipeClientStream _stream = new(PipeDirection.Out, writer);
    long _written = written;

    /// <summary>The end, while it is open.</summary>
    public SafePipeHandle Writer => writer;

    /// <summary>containerd was seen to read.</summary>
    public bool IsRead => keeper is null or { IsClosed: true };

    /// <summary>Writes what there is room for; waits while the command does not read.</summary>
    /// <returns>How many bytes.</returns>
    /// <exception cref="IOException">The command takes no more.</exception>
    /// <exception cref="OperationCanceledException">The wait was given up: nothing was written.</exception>
    public async ValueTask<int> WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!IsRead && Fifo.Unread(keeper!) < _written) keeper!.Dispose();
        int count = Fifo.Write(writer, data.Span[..Math.Min(Piece, data.Length)]);
        if (count == 0 && !data.IsEmpty)
        {
            count = Math.Min(Whole, data.Length);
            await _stream.WriteAsync(data[..count], cancellationToken);
        }

        _written += count;
        return count;
    }

    /// <summary>Ends this side's part of the input. What was written stays for the command to read.</summary>
    public void End() => _stream.Dispose();

    public void Dispose()
    {
        _stream.Dispose();
        keeper?.Dispose();
    }
}
