using System.Buffers;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Fairlead.Cli.Native;
using Microsoft.Win32.SafeHandles;

namespace Fairlead.Cli.Terminals;

/// <summary>
/// What is typed at a Windows console, as bytes. By its records, not by a read of text: only they tell of a window that changed, and a read
/// of UTF-8 gives zeros for what is not ASCII in many versions of Windows.
/// </summary>
/// <remarks>One reader. Disposing ends a read that waits, as if the input had ended; the console stays as it is.</remarks>
[SupportedOSPlatform("windows")]
sealed unsafe class ConsoleInput(Action windowChanged) : Stream
{
    const int Room = 64;

    readonly nint _console = WindowsConsole.StandardHandle(WindowsConsole.Input);
    readonly KeyBytes _keys = new();
    readonly ArrayBufferWriter<byte> _typed = new();
    readonly ManualResetEvent _over = new(false);
    int _taken;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        while (_taken == _typed.WrittenCount)
        {
            _taken = 0;
            _typed.ResetWrittenCount();
            if (!Wait()) return 0;
            ReadRecords();
        }

        ReadOnlySpan<byte> typed = _typed.WrittenSpan[_taken..];
        int count = Math.Min(typed.Length, buffer.Length);
        typed[..count].CopyTo(buffer);
        _taken += count;
        return count;
    }

    /// <summary>False when it is over.</summary>
    bool Wait()
    {
        using ManualResetEvent typed = new(false);
        typed.SafeWaitHandle.Dispose();
        typed.SafeWaitHandle = new SafeWaitHandle(_console, ownsHandle: false);
        return WaitHandle.WaitAny([_over, typed]) == 1;
    }

    void ReadRecords()
    {
        WindowsConsole.Record* records = stackalloc WindowsConsole.Record[Room];
        if (WindowsConsole.ReadRecords(_console, records, Room, out uint count) == 0)
            throw new IOException(Marshal.GetLastPInvokeErrorMessage());
        foreach (WindowsConsole.Record record in new ReadOnlySpan<WindowsConsole.Record>(records, (int)count))
        {
            if (record.Kind == WindowsConsole.Record.Window) windowChanged();
            if (record.Kind != WindowsConsole.Record.Key) continue;
            for (int i = 0; i < Math.Max((int)record.Repeated, 1); i++)
                _keys.Add(record.IsDown != 0, record.VirtualKey, (char)record.Character, record.Controls, _typed);
        }
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) _over.Set();
        base.Dispose(disposing);
    }
}
