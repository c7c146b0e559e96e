using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Fairlead.Cli.Native;

/// <summary>
/// A standard descriptor by <c>read</c> and <c>write</c>: blocking, unbuffered, never closed. A FileStream would keep a position of
/// its own on files and so overwrite what the shell's next program writes.
/// </summary>
[UnsupportedOSPlatform("windows")]
sealed class DescriptorStream(int descriptor) : Stream
{
    bool _mayWait;

    /// <inheritdoc/>
    public override bool CanRead => descriptor == 0;

    /// <inheritdoc/>
    public override bool CanWrite => descriptor != 0;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <inheritdoc/>
    public override unsafe int Read(Span<byte> buffer)
    {
        fixed (byte* target = buffer)
        {
            while (true)
            {
                nint count = LibC.Read(descriptor, target, (nuint)buffer.Length);
                if (count >= 0) return (int)count;
                AfterError(LibC.PollIn);
            }
        }
    }

    /// <inheritdoc/>
    public override unsafe void Write(ReadOnlySpan<byte> buffer)
    {
        fixed (byte* source = buffer)
        {
            for (int written = 0; written < buffer.Length;)
            {
                nint count = LibC.Write(descriptor, source + written, (nuint)(buffer.Length - written));
                if (count >= 0) written += (int)count;
                else AfterError(LibC.PollOut);
            }
        }
    }

    /// <summary>Writes what can be written at once.</summary>
    /// <returns>How many bytes; 0 also where the descriptor cannot say whether it would wait, as a terminal cannot.</returns>
    [SupportedOSPlatform("linux")]
    public unsafe int WriteWithoutWaiting(ReadOnlySpan<byte> buffer)
    {
        if (_mayWait) return 0;
        fixed (byte* source = buffer)
        {
            int total = 0;
            while (total < buffer.Length)
            {
                LibC.Vector vector = new() { Base = source + total, Length = (nuint)(buffer.Length - total) };
                nint count = LibC.WriteVectors(descriptor, &vector, 1, -1, LibC.WithoutWaiting);
                if (count > 0) total += (int)count;
                else if (count < 0 && Marshal.GetLastPInvokeError() == LibC.Interrupted) continue;
                else
                {
                    // Full; or not supported, for good: the write that waits says whatever else there is to say.
                    _mayWait = count < 0 && Marshal.GetLastPInvokeError() is not LibC.TryAgainLinux;
                    break;
                }
            }

            return total;
        }
    }

    /// <summary>Goes on after an interruption, waits where somebody made the descriptor non-blocking, and throws otherwise.</summary>
    unsafe void AfterError(short wanted)
    {
        int error = Marshal.GetLastPInvokeError();
        if (error == LibC.Interrupted) return;
        if (error != LibC.TryAgain) throw new IOException(Marshal.GetPInvokeErrorMessage(error), error);

        LibC.PollDescriptor poll = new() { Descriptor = descriptor, Events = wanted };
        _ = LibC.Poll(&poll, 1, -1); // what it finds, the next attempt finds too
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();
}
