using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Fairlead.Wire.Spdy;

namespace Fairlead.Streaming.Spdy;

/// <summary>Receiving.</summary>
sealed partial class SpdyConnection
{
    readonly SpdyFrameReader _frames;
    readonly SpdyHeaderInflater _inflater;

    async Task ReadLoopAsync()
    {
        // waits for the first byte without a buffer: an idle connection holds none
        PipeReader input = PipeReader.Create(
            _stream, new StreamPipeReaderOptions(bufferSize: 64 * 1024, minimumReadSize: 4096, leaveOpen: true, useZeroByteReads: true));
        try
        {
            await ReceiveAsync(input);
            End(
                _goAwayReceived ? null : new SessionLostException(
                SessionLoss.ConnectionBroken, "The connection ended before the session had."));
        }
        catch (SpdyProtocolException e)
        {
            Enqueue(new SpdyOutgoing(SpdyFrame.GoAway(_lastPeerId, SpdyGoAwayStatus.ProtocolError)));
            End(new SessionLostException(SessionLoss.ProtocolError, "The peer broke the SPDY protocol or a limit: " + e.Message, e));
            await DrainAsync();
        }
        catch (Exception e) when (LoopFault.IsBroken(e))
        {
            End(new SessionLostException(SessionLoss.ConnectionBroken, "The connection broke before the session had ended.", e));
        }
        catch (Exception e)
        {
            Abort(_log.Failed(e));
            End(null); // by the reason that the abort has set
        }
        finally
        {
            await input.CompleteAsync();
        }
    }

    void End(SessionLostException? loss)
    {
        if (Volatile.Read(ref _reason) is { } reason) loss = reason;
        else if (_closeSent && loss?.Kind is SessionLoss.ConnectionBroken) loss = null; // after our own GOAWAY nothing was left to come
        _log.Ended(loss);
        SpdyStream[] streams;
        lock (StateLock)
        {
            _ended.TrySetResult(loss);
            streams = [.. _streams.Values];
            _streams.Clear();
        }

        CompleteResetStreams();
        foreach (SpdyStream stream in streams)
        {
            // Go servers end the connection instead of each stream, so for a client that is an orderly end. A client's input, however, is
            // whole only where its own stream has ended.
            stream.EndInput(
                stream.IsOwn ? loss : loss ?? new SessionLostException(SessionLoss.PeerClosed, "The peer closed the connection."));
            stream.EndWriter(loss);
            stream.SetReplied(
                loss ?? new SessionLostException(SessionLoss.PeerClosed, "The peer closed the connection before it answered."));
        }

        _queue.Writer.TryComplete();
    }

    /// <summary>Reads and drops, so that the GOAWAY that says why is not overtaken by a reset; for the linger time at most.</summary>
    async ValueTask DrainAsync()
    {
        _drainingSince = _time.GetTimestamp();
        byte[] scratch = new byte[4096];
        try
        {
            while (await _stream.ReadAsync(scratch) > 0)
            {
                // dropped: the session is over
            }
        }
        catch (Exception e)
        {
            if (!LoopFault.IsBroken(e)) _log.Failed(e); // else that is the end that was waited for
        }
    }

    async ValueTask ReceiveAsync(PipeReader input)
    {
        while (true)
        {
            ReadResult result = await input.ReadAsync();
            ReadOnlySequence<byte> buffer = result.Buffer;
            while (_frames.TryRead(ref buffer, out SpdyFrame frame))
            {
                if (frame.Type is SpdyFrameType.Data) await ReceiveDataAsync(frame);
                else ReceiveControl(frame);
            }

            CompleteResetStreams();
            input.AdvanceTo(buffer.Start, buffer.End);
            if (result.IsCompleted || (_goAwayReceived && _closeSent)) return;
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    async ValueTask ReceiveDataAsync(SpdyFrame frame)
    {
        SpdyStream? stream = Find(frame.Id);
        if (stream is null || stream.IsPeerEnded)
        {
            // Data that crossed our reset is no fault of the peer's.
            bool wasOpened = frame.Id <= _lastPeerId || ((frame.Id & 1) == (_nextId & 1) && frame.Id < _nextId);
            if (stream is not null || !wasOpened) CountIdle();
            return;
        }

        if (!stream.HasReply)
        {
            CountIdle();
            Refuse(stream, SpdyResetStatus.ProtocolError, "The peer sent data on a stream before it accepted it.");
            return;
        }

        if (frame.Payload.IsEmpty && !frame.IsFin) CountIdle();
        Volatile.Write(ref _lastData, _time.GetTimestamp());
        _messages?.Received(frame.Id, $"stream {frame.Id}", frame.Payload.Length);
        foreach (ReadOnlyMemory<byte> part in frame.Payload) await stream.ReceiveAsync(part);
        if (frame.IsFin) EndPeer(stream);
    }

    void ReceiveControl(in SpdyFrame frame)
    {
        switch (frame.Type)
        {
            case SpdyFrameType.SynStream:
                ReceiveSynStream(frame, ReadHeaders(frame));
                break;
            case SpdyFrameType.SynReply:
                ReadHeaders(frame);
                SpdyStream? opened = Find(frame.Id);
                if (opened is null || !opened.SetReplied(null)) CountIdle();
                else if (frame.IsFin) EndPeer(opened);
                break;
            case SpdyFrameType.Headers:
                ReadHeaders(frame);
                CountIdle();
                if (frame.IsFin && Find(frame.Id) is { } closing) EndPeer(closing);
                break;
            case SpdyFrameType.ResetStream:
                ReceiveReset(frame);
                break;
            case SpdyFrameType.Ping:
                CountIdle();
                if ((frame.Id & 1) != (_nextId & 1)) Answer(new SpdyOutgoing(SpdyFrame.Ping(frame.Id)));
                else if (frame.Id == Volatile.Read(ref _pingId)) Volatile.Write(ref _dataProven, Volatile.Read(ref _dataAtPing));
                break;
            case SpdyFrameType.GoAway:
                lock (StateLock) _goAwayReceived = true;
                _acceptor?.OnGoAway();
                CountIdle();
                break;
            default: // SETTINGS and WINDOW_UPDATE: nobody's business here, but not for ever
                CountIdle();
                break;
        }
    }

    void ReceiveSynStream(in SpdyFrame frame, IReadOnlyList<SpdyHeader> headers)
    {
        if (frame.Id > int.MaxValue || frame.Id <= _lastPeerId || (frame.Id & 1) == (_nextId & 1))
        {
            CountIdle();
            Answer(new SpdyOutgoing(SpdyFrame.Reset(frame.Id, SpdyResetStatus.ProtocolError)));
            return;
        }

        SpdyStream? stream = null;
        lock (StateLock)
        {
            _lastPeerId = frame.Id;
            if (_acceptor is not null && !_goAwayReceived && _peerStreams < _limits.Spdy.Streams)
            {
                stream = new SpdyStream(this, frame.Id, isOwn: false, headers, _limits.ChannelBytes)
                {
                    IsLocalEnded = (frame.Flags & SpdyFlags.Unidirectional) != 0,
                };
                _streams.Add(frame.Id, stream);
                _peerStreams++;
            }
        }

        if (stream is null)
        {
            CountIdle();
            Answer(new SpdyOutgoing(SpdyFrame.Reset(frame.Id, SpdyResetStatus.RefusedStream)));
            return;
        }

        Answer(new SpdyOutgoing(new SpdyFrame(SpdyFrameType.SynReply, 0, frame.Id), []));
        if (stream.IsLocalEnded) stream.EndWriter(null);
        if (!_acceptor!.Accept(stream))
        {
            CountIdle();
            Refuse(stream, SpdyResetStatus.ProtocolError, "The peer opened a stream that it may not open.");
        }
        else if (frame.IsFin)
        {
            EndPeer(stream);
        }
    }

    void ReceiveReset(in SpdyFrame frame)
    {
        CountIdle(); // single resets are normal; a thousand in a row show a peer that opens streams only to reset them
        SpdyResetStatus status = (SpdyResetStatus)frame.Value;
        _log.StreamReset(frame.Id, status.ToString());
        SpdyStream? stream = Find(frame.Id);
        if (stream is null || (stream.OutlivesCancel && stream.HasReply && status is SpdyResetStatus.Cancel)) return;

        lock (StateLock)
        {
            stream.IsReset = true;
            Remove(stream);
        }

        if (stream.Observer is { } observer)
        {
            IOException reset = observer.OnReset(stream, status);
            stream.SetReplied(reset as SessionLostException ?? new SessionLostException(SessionLoss.ProtocolError, reset.Message, reset));
            stream.EndInput(reset);
            stream.EndWriter(reset);
            return;
        }

        // A Go server sends CANCEL to end a stream that its client has opened: that is an orderly end. A CANCEL from the side that opened
        // the stream means that it gives up.
        string what = $"The peer reset stream {frame.Id} with status {frame.Value} ({status}).";
        SessionLostException loss = new(status is SpdyResetStatus.Cancel ? SessionLoss.PeerClosed : SessionLoss.ProtocolError, what);
        bool isEnd = status is SpdyResetStatus.Cancel && stream.IsOwn && !stream.SetReplied(loss);
        stream.SetReplied(loss);
        stream.EndInput(isEnd ? null : loss);
        stream.EndWriter(status is SpdyResetStatus.Cancel ? null : loss);
    }

    void EndPeer(SpdyStream stream)
    {
        lock (StateLock)
        {
            if (stream.IsPeerEnded) return;
            stream.IsPeerEnded = true;
            if (stream.IsLocalEnded) Remove(stream);
        }

        stream.EndInput(null);
    }

    void Refuse(SpdyStream stream, SpdyResetStatus status, string why)
    {
        SessionLostException loss = new(SessionLoss.ProtocolError, why);
        stream.EndInput(loss);
        stream.SetReplied(loss);
        Reset(stream, status);
    }

    void CompleteResetStreams()
    {
        while (_resetHere.TryDequeue(out SpdyStream? stream))
            stream.EndInput(new SessionLostException(SessionLoss.LocalAbort, "The stream was reset here."));
    }

    IReadOnlyList<SpdyHeader> ReadHeaders(in SpdyFrame frame) => SpdyHeaderBlock.Decode(_inflater.Inflate(frame.Payload), _limits.Spdy);

    void Answer(in SpdyOutgoing answer)
    {
        Enqueue(answer);
        if (Volatile.Read(ref _waitingControls) > _limits.Spdy.WaitingReplies)
            throw new SpdyProtocolException(
                $"More than {_limits.Spdy.WaitingReplies} answers wait that the peer does not read.", _frames.Offset);
    }

    void CountIdle()
    {
        int count = Volatile.Read(ref _idleFrames) + 1;
        Volatile.Write(ref _idleFrames, count);
        if (count > _limits.Spdy.IdleFrames)
            throw new SpdyProtocolException($"More than {_limits.Spdy.IdleFrames} frames came that move nothing.", _frames.Offset);
    }
}
