using System.Buffers;
using System.Net.WebSockets;
using System.Runtime.CompilerServices;

namespace Fairlead.Streaming.WebSockets;

/// <summary>
/// What a WebSocket writes its frames to: takes each whole and at once, and sends it from a loop of its own. The library answers a Ping
/// while it receives, behind the lock under which it sends: were a write to wait here for a peer that does not read, receiving
/// would wait too, and two sides that both write would wait for each other for ever.
/// </summary>
/// <remarks>
/// Holds one data frame and one control frame of each kind; a newer Pong replaces one that has not gone out (RFC 6455 section
/// 5.5.3). Whoever sends data waits for <see cref="RoomAsync"/> first, outside of the library's lock.
/// </remarks>
sealed class FrameStream : Stream
{
    /// <summary>Opcodes of RFC 6455 section 5.2; control frames are those from 8 on.</summary>
    const int None = 0, Data = 2, CloseFrame = 8, PingFrame = 9, PongFrame = 10;

    readonly LivenessStream _inner;
    readonly Lock _lock = new();
    readonly InlineSignal _work = new(), _room = new();
    readonly TaskCompletionSource _closeSent = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly byte[]?[] _control = new byte[]?[3];
    readonly Task _sending;
    byte[]? _data;
    TaskCompletionSource? _dataSent;
    int _dataLength;
    bool _stopping, _busy;
    Exception? _fault;

    internal FrameStream(LivenessStream inner)
    {
        _inner = inner;
        _sending = SendAsync();
    }

    /// <summary>Completes when a Close frame has gone out, or never will.</summary>
    internal Task CloseSent => _closeSent.Task;

    /// <summary>
    /// The WebSocket that writes these frames, if it is a client's. Once it has read the peer's Close, it is given the end of the stream.
    /// Otherwise it would wait for the server to hang up, as RFC 6455 section 7.1.1 asks, which costs a round trip after everything was
    /// said.
    /// </summary>
    internal WebSocket? Client { private get; set; }

    /// <summary>A frame could not be sent: the connection is broken in this direction.</summary>
    internal bool HasFailed
    {
        get
        {
            lock (_lock) return _fault is not null;
        }
    }

    /// <summary>Nothing waits to be sent.</summary>
    internal bool IsIdle
    {
        get
        {
            lock (_lock) return !_busy && _data is null && _control is [null, null, null];
        }
    }

    /// <summary>Told of a fault of ours in the loop that sends.</summary>
    internal Action<Exception>? Failed { get; init; }

    /// <summary>Waits until a data frame can be taken, or never will: the next write then says why.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    internal async ValueTask RoomAsync()
    {
        while (true)
        {
            lock (_lock)
            {
                if (_data is null || _fault is not null) return;
            }

            await _room.WaitAsync();
        }
    }

    /// <summary>Completes when no data frame waits to be sent; fails where it cannot be.</summary>
    internal Task DataSentAsync()
    {
        lock (_lock)
        {
            if (_fault is not null) return Task.FromException(new IOException("The connection takes no more.", _fault));
            if (_data is null) return Task.CompletedTask;
            _dataSent ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _dataSent.Task;
        }
    }

    /// <summary>Shows that this side lives, or asks whether the peer does: an empty Pong or Ping, unless one is on its way.</summary>
    internal void Beat(ReadOnlyMemory<byte> frame)
    {
        lock (_lock) _control[(frame.Span[0] & 0x0f) - CloseFrame] ??= frame.ToArray();
        _work.Set();
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int opcode = buffer.Span[0] & 0x0f;
        lock (_lock)
        {
            if (_fault is not null) return ValueTask.FromException(new IOException("The connection takes no more.", _fault));
            if (opcode >= CloseFrame) _control[opcode - CloseFrame] = buffer.ToArray();
            else
            {
                if (_data is not null) throw new InvalidOperationException("A data frame is waiting to be sent.");
                _data = ArrayPool<byte>.Shared.Rent(buffer.Length);
                buffer.CopyTo(_data);
                _dataLength = buffer.Length;
            }
        }

        _work.Set();
        return default;
    }

    async Task SendAsync()
    {
        try
        {
            while (true)
            {
                switch (Next(out ReadOnlyMemory<byte> frame))
                {
                    case None when _stopping: return;
                    case None:
                        await _work.WaitAsync();
                        break;
                    case CloseFrame:
                        await _inner.WriteAsync(frame);
                        _closeSent.TrySetResult();
                        break;
                    case PingFrame or PongFrame:
                        await _inner.WriteAsync(frame);
                        break;
                    default:
                        await _inner.WriteAsync(frame);
                        ReleaseData(null);
                        break;
                }
            }
        }
        catch (Exception e)
        {
            ReleaseData(e); // whatever it is, a writer that waits for room must learn it
            if (!LoopFault.IsBroken(e)) Failed?.Invoke(e);
        }
        finally
        {
            _closeSent.TrySetResult();
        }
    }

    /// <summary>The next frame and its opcode, 0 where none waits: control frames first, but a Close behind the data before it.</summary>
    int Next(out ReadOnlyMemory<byte> frame)
    {
        lock (_lock)
        {
            int opcode = _control[PongFrame - CloseFrame] is not null ? PongFrame
                : _control[PingFrame - CloseFrame] is not null ? PingFrame
                : _data is not null ? Data
                : _control[0] is not null ? CloseFrame : None;
            frame = opcode switch
            {
                None => default,
                Data => _data.AsMemory(0, _dataLength),
                _ => _control[opcode - CloseFrame],
            };
            if (opcode >= CloseFrame) _control[opcode - CloseFrame] = null;
            _busy = opcode != None;
            return opcode;
        }
    }

    void ReleaseData(Exception? fault)
    {
        byte[]? sent;
        lock (_lock)
        {
            sent = _data;
            _data = null;
            _fault = fault;
            _busy = false;
            if (fault is null) _dataSent?.SetResult();
            else _dataSent?.SetException(new IOException("The connection takes no more.", fault));
            _dataSent = null;
        }

        if (sent is not null) ArrayPool<byte>.Shared.Return(sent);
        _room.Set();
    }

    /// <summary>Ends the loop once nothing waits or the connection has failed; cut that first where it may be blocked.</summary>
    internal async ValueTask StopAsync()
    {
        lock (_lock) _stopping = true;
        _work.Set();
        await _sending;
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        Client?.CloseStatus is null ? _inner.ReadAsync(buffer, cancellationToken) : new(0);

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override bool CanRead => true;
    public override bool CanWrite => true;
    public override bool CanSeek => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
    public override void Flush() => throw new NotSupportedException();
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
}
