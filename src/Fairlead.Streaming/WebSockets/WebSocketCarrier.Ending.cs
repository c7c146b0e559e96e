using System.Net.WebSockets;
using System.Text;
using Fairlead.Wire.WebSockets;

namespace Fairlead.Streaming.WebSockets;

/// <summary>Liveness, closing and disposal.</summary>
sealed partial class WebSocketCarrier
{
    /// <summary>The most that fits a Close frame beside its code (RFC 6455 section 5.5).</summary>
    const int LongestCloseReason = 123;

    void OnTick()
    {
        if (_ended.Task.IsCompleted && !_closeSent) return;

        TimeSpan silent = _stream.SilentFor;
        if (_closeSent || _writeFailed || _frames.HasFailed)
        {
            if (silent >= _linger) _stream.StopReading();

            // A server that only pings and never closes has nothing more to say. A client that only pings may still be reading what we
            // sent.
            else if (!_isServer && _closeSent && _stream.NotReadingFor == TimeSpan.Zero
                && _time.GetElapsedTime(Volatile.Read(ref _lastMessage)) >= _linger)
                _stream.StopReading();

            // A command that reads no input blocks the read loop, so the loop never reaches the connection's end. Without this, the
            // client's loss would never be noticed. Not on the asking side, where what has arrived is delivered however slow its reader.
            else if (_isServer && !_closeSent && _stream.NotReadingFor >= _limits.BeatInterval)
                Abort(
                    new SessionLostException(SessionLoss.ConnectionBroken,
                    "The connection broke while input waited for the command to read it."));
            return;
        }

        TimeSpan deadline = _stream.WriteBlockedFor > TimeSpan.Zero ? _limits.StallTimeout : _limits.PingTimeout;
        _log.Silent(silent, _limits, deadline);
        if (silent >= deadline)
        {
            Abort(new SessionLostException(
                SessionLoss.KeepAliveTimeout, $"Nothing came from the peer for {deadline.TotalSeconds:0.#} s, although it was pinged."));
            return;
        }

        // While our own consumer is slow nobody reads, so no ping is answered: say that we live.
        if (_stream.NotReadingFor >= _limits.BeatInterval && _time.GetElapsedTime(_lastBeat) >= _limits.BeatInterval)
        {
            _lastBeat = _time.GetTimestamp();
            _frames.Beat(_isServer ? WebSocketFrames.ServerPong : WebSocketFrames.ClientPong);
        }
    }

    /// <summary>However slow the peer reads: what was flushed goes out first.</summary>
    async Task SendCloseAfterDataAsync()
    {
        await _writing;
        await SendCloseAsync(WebSocketCloseStatus.NormalClosure, null);
    }

    async ValueTask SendCloseAsync(WebSocketCloseStatus code, string? reason)
    {
        if (_closeSent || _writeFailed) return;
        try
        {
            await _socket.CloseOutputAsync(code, reason, CancellationToken.None);
            await _frames.CloseSent.WaitAsync(_limits.Linger, _time);
        }
        catch (Exception e)
        {
            if (!LoopFault.IsBroken(e) && e is not TimeoutException) _log.Failed(e);
            _writeFailed = true; // nobody there to be told, or nobody who reads
        }

        _closeSent = true;
    }

    /// <summary>Tells the peer what it did wrong, then reads on so that the Close is not lost to a reset.</summary>
    async ValueTask RefuseAsync(SessionLostException reason)
    {
        WebSocketCloseStatus code = reason.Data[nameof(WebSocketCloseStatus)] is WebSocketCloseStatus status
            ? status
            : WebSocketCloseStatus.ProtocolError;
        string text = reason.Message;
        while (Encoding.UTF8.GetByteCount(text) > LongestCloseReason) text = text[..^1];
        await _writing.WaitAsync(_limits.Linger, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await SendCloseAsync(code, text);
        await using ITimer limit = LimitReading();
        byte[] scratch = new byte[4096];
        try
        {
            while ((await _socket.ReceiveAsync(scratch.AsMemory(), CancellationToken.None)).MessageType != WebSocketMessageType.Close)
            {
                // dropped: the session is over
            }
        }
        catch (Exception e)
        {
            if (!LoopFault.IsBroken(e)) _log.Failed(e); // else the peer went without a Close of its own: it was told what there was to tell
        }
    }

    /// <summary>
    /// After the library itself refused a frame (it has sent the Close and given up): reads the rest, so that no reset overtakes it.
    /// </summary>
    async ValueTask DrainAsync()
    {
        _closeSent = true;
        await using ITimer limit = LimitReading();
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

    /// <summary>A peer that broke the protocol and goes on sending is not read for ever, although it is not silent.</summary>
    ITimer LimitReading() => _time.CreateTimer(
        static state => ((LivenessStream)state!).StopReading(), _stream, _limits.Linger, Timeout.InfiniteTimeSpan);

    /// <summary>The peer has ended and takes no more: a write that is blocked on it would never end by itself.</summary>
    void CutBlockedWrite()
    {
        if (_writing.IsCompleted && _frames.IsIdle) return;
        _cut?.Invoke();
        _socket.Abort();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        if (!_ended.Task.IsCompleted)
            Abort(new SessionLostException(SessionLoss.LocalAbort, "The session was disposed before it had ended."));
        await _reading;
        CutBlockedWrite();
        await _writing;
        await _frames.StopAsync();
        await _peerGone.DisposeAsync();
        await _timer.DisposeAsync();
        _socket.Dispose();
        await _stream.CloseAsync();
    }
}
