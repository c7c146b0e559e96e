using System.Buffers;
using System.Runtime.CompilerServices;
using Fairlead.Wire.Spdy;

namespace Fairlead.Streaming.Spdy;

/// <summary>Sending, and signs of life.</summary>
sealed partial class SpdyConnection
{
    /// <summary>
    /// How many frames a Go peer queues for a stream that nobody reads. When the queue is full, it stops reading the connection.
    /// </summary>
    const int GoQueue = 50;

    readonly SpdyHeaderDeflater _deflater = new();
    readonly ArrayBufferWriter<byte> _block = new(256), _compressed = new(256), _frame = new(512);
    long _dataSent, _dataProven, _dataAtPing, _lastPing, _lastData, _drainingSince;
    uint _pingId;
    int _waitingControls, _idleFrames;
    volatile bool _pingQueued;

    /// <summary>
    /// The peer may be unable to answer pings: it was sent as much as fills a queue of Go's, some of it after the last ping that it
    /// answered.
    /// </summary>
    bool MayBeStalled => Volatile.Read(ref _dataSent) is var sent && sent > GoQueue && sent > Volatile.Read(ref _dataProven);

    async Task WriteLoopAsync()
    {
        try
        {
            while (await _queue.Reader.WaitToReadAsync())
            {
                while (_queue.Reader.TryRead(out SpdyOutgoing outgoing))
                {
                    bool isSent = false;
                    try
                    {
                        if (outgoing.Buffer.IsRented) await WriteDataAsync(outgoing);
                        else await WriteControlAsync(outgoing);
                        isSent = true;
                    }
                    finally
                    {
                        outgoing.Buffer.Return();
                        if (!isSent) outgoing.Owner?.OnDropped();
                    }

                    outgoing.Owner?.OnSent();
                }

                await _stream.FlushAsync(CancellationToken.None);
            }
        }
        catch (Exception e) when (LoopFault.IsBroken(e))
        {
            // The read loop meets the same broken connection and says so; until then it may have bytes to deliver.
            _writeFailed = true;
            _queue.Writer.TryComplete();
        }
        catch (Exception e)
        {
            _writeFailed = true;
            Abort(_log.Failed(e));
        }

        while (_queue.Reader.TryRead(out SpdyOutgoing unsent)) Drop(unsent);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    async ValueTask WriteDataAsync(SpdyOutgoing outgoing)
    {
        for (int start = 0; start < outgoing.Buffer.Length && !outgoing.Stream!.IsReset;)
        {
            int length = Math.Min(outgoing.Buffer.Length - start, FramePayload);
            Memory<byte> frame = outgoing.Buffer.WithRoom(SpdyFrame.HeaderLength, start, length);
            SpdyFrame.WriteDataHeader(frame.Span, outgoing.Frame.Id, SpdyFlags.None, length);
            await _stream.WriteAsync(frame);
            _messages?.Sent(outgoing.Frame.Id, $"stream {outgoing.Frame.Id}", length);
            start += length;
            Volatile.Write(ref _dataSent, _dataSent + 1);
            Volatile.Write(ref _idleFrames, 0);
        }
    }

    async ValueTask WriteControlAsync(SpdyOutgoing outgoing)
    {
        SpdyFrame frame = outgoing.Frame;
        if (outgoing.Headers is { } headers)
        {
            _block.ResetWrittenCount();
            _compressed.ResetWrittenCount();
            SpdyHeaderBlock.Encode(headers, _block);
            _deflater.Deflate(_block.WrittenSpan, _compressed);
            frame = frame with { Payload = new ReadOnlySequence<byte>(_compressed.WrittenMemory) };
        }

        if (frame.Type is SpdyFrameType.Ping && frame.Id == Volatile.Read(ref _pingId))
        {
            Volatile.Write(ref _dataAtPing, _dataSent);
            _pingQueued = false;
        }

        _frame.ResetWrittenCount();
        frame.WriteTo(_frame);
        await _stream.WriteAsync(_frame.WrittenMemory);
        Interlocked.Decrement(ref _waitingControls);
    }

    void OnTick()
    {
        Volatile.Write(ref _idleFrames, 0);
        if (_drainingSince != 0 && _time.GetElapsedTime(_drainingSince) >= _limits.Linger) _stream.StopReading();
        if (_ended.Task.IsCompleted && !_closeSent) return;

        TimeSpan silent = _stream.SilentFor;
        if (_closeSent || _writeFailed)
        {
            if (silent >= _limits.Linger) _stream.StopReading();

            // A server that only pings and never closes has nothing more to say. A client that only pings may still be reading what we
            // sent.
            else if (!_isServer && _closeSent && _stream.NotReadingFor == TimeSpan.Zero
                && _time.GetElapsedTime(Volatile.Read(ref _lastData)) >= _limits.Linger)
                _stream.StopReading();

            // A command that reads no input blocks the read loop, so the loop never reaches the connection's end. Without this, the
            // client's loss would never be noticed.
            else if (_isServer && !_closeSent && _stream.NotReadingFor >= _limits.BeatInterval)
                Abort(
                    new SessionLostException(SessionLoss.ConnectionBroken,
                    "The connection broke while input waited for the command to read it."));
            return;
        }

        TimeSpan deadline = _stream.WriteBlockedFor > TimeSpan.Zero || MayBeStalled ? _limits.StallTimeout : _limits.PingTimeout;
        _log.Silent(silent, _limits, deadline);
        if (silent >= deadline)
        {
            Abort(new SessionLostException(
                SessionLoss.KeepAliveTimeout, $"Nothing came from the peer for {deadline.TotalSeconds:0.#} s, although it was pinged."));
            return;
        }

        // To hear whether the peer lives; to show that this side does, while its consumer is slow and nobody reads; and to learn
        // whether the peer has read what it was sent.
        bool isStuck = _stream.NotReadingFor >= _limits.BeatInterval;
        bool isDue = silent >= _limits.PingAfter || isStuck || _dataSent > _dataAtPing;
        if (!isDue || _pingQueued || _time.GetElapsedTime(_lastPing) < (isStuck ? _limits.BeatInterval : _limits.PingAfter)) return;
        _pingQueued = true;
        _lastPing = _time.GetTimestamp();
        uint id = _pingId >= int.MaxValue - 2 ? 2 - (_pingId & 1) : _pingId + 2;
        Volatile.Write(ref _pingId, id);
        Enqueue(new SpdyOutgoing(SpdyFrame.Ping(id)));
    }
}
