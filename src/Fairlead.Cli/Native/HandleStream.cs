using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Fairlead.Cli.Native;

/// <summary>
/// A standard handle of Windows: blocking, unbuffered, never closed. System.Console's own streams take a pipe whose reader has gone for one
/// that everything can be written to, and a command would run on for nobody.
/// </summary>
[SupportedOSPlatform("windows")]
sealed class HandleStream(nint handle, bool isInput) : Stream
{
    /// <inheritdoc/>
    public override bool CanRead => isInput;

    /// <inheritdoc/>
    public override bool CanWrite => !isInput;

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
                if (WindowsConsole.Read(handle, target, (uint)buffer.Length, out uint count, 0) == 0)
                    return Marshal.GetLastPInvokeError() == WindowsConsole.BrokenPipe ? 0 : throw Failed(); // its writer has gone: the end

                // Somebody may write nothing into a pipe, which its reader is told of and which is not the end: whether it is, a look says.
                if (count > 0 || buffer.IsEmpty || WindowsConsole.KindOf(handle) != WindowsConsole.Pipe) return (int)count;
                if (WindowsConsole.Peek(handle, null, 0, null, null, null) == 0) return 0;
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
                if (WindowsConsole.Write(handle, source + written, (uint)(buffer.Length - written), out uint count, 0) == 0) throw Failed();
                written += (int)count;
            }
        }
    }

    static IOException Failed()
    {
        int error = Marshal.GetLastPInvokeError();
        return new IOException(Marshal.GetPInvokeErrorMessage(error), error);
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
