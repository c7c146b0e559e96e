using System.Collections.Concurrent;
using System.Threading.Channels;
using Fairlead.Wire;
using Fairlead.Wire.Spdy;

namespace Fairlead.Streaming.Spdy;

/// <summary>
/// One upgraded connection that speaks SPDY/3.1, either role: a read loop, a write loop, streams, liveness and an orderly end.
/// </summary>
/// <remarks>
/// Go peers have no flow control, so neither has this side: a stream whose consumer is behind stops the read loop, and with it the
/// other streams, until TCP makes the peer wait. No token reaches the stream below; <see cref="CloseAsync"/> or <see cref="Abort"/>
/// end the connection, nothing else.
/// </remarks>
sealed partial class SpdyConnection : IAsyncDisposable
{
    /// <summary>The payload of one DATA frame: Go peers allocate a frame in one piece and copy in such chunks themselves.</summary>
    const int FramePayload = 32 * 1024 - SpdyFrame.HeaderLength;

    readonly LivenessStream _stream;
    readonly CarrierLog _log;
    readonly CarrierLog? _messages; // null where they are not told
    readonly CarrierLimits _limits;
    readonly ISpdyAcceptor? _acceptor;
    readonly Action? _cut;
    readonly TimeProvider _time;
    readonly bool _isServer;
    readonly Channel<SpdyOutgoing> _queue = Channel.CreateUnbounded<SpdyOutgoing>(
        new UnboundedChannelOptions { SingleReader = true, AllowSynchronousContinuations = false });
    readonly TaskCompletionSource<SessionLostException?> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly Dictionary<uint, SpdyStream> _streams = [];
    readonly ConcurrentQueue<SpdyStream> _resetHere = new();
    readonly ITimer _timer;
    readonly Task _reading, _writing;
    readonly CancellationTokenRegistration _peerGone;
    SessionLostException? _reason;
    uint _nextId, _lastPeerId;
    int _peerStreams, _disposed;
    volatile bool _closeSent, _goAwayReceived, _writeFailed;

    /// <summary>What the peer may quote and nobody is told.</summary>
    internal WithheldWords Withheld => _limits.Withheld;

    /// <summary>Starts the loops.</summary>
    /// <param name="stream">The connection after the upgrade; owned from here on.</param>
    /// <param name="isServer">This side answered the upgrade.</param>
    /// <param name="acceptor">What takes the peer's streams; null to refuse them all.</param>
    /// <param name="limits">Bounds and deadlines.</param>
    /// <param name="cut">Cuts the connection at once, where disposing the stream would not.</param>
    /// <param name="time">The clock.</param>
    /// <param name="peerGone">Fires when the web server knows that the peer is gone: what it still writes is then silently dropped.</param>
    internal SpdyConnection(
        Stream stream, bool isServer, ISpdyAcceptor? acceptor, CarrierLimits limits, Action? cut = null, TimeProvider? time = null,
        CancellationToken peerGone = default)
    {
        _time = time ?? TimeProvider.System;
        _stream = new LivenessStream(stream, _time);
        _log = new CarrierLog("SPDY", isServer, limits);
        _messages = _log.Messages;
        _isServer = isServer;
        _nextId = isServer ? 2u : 1u;
        _pingId = _nextId;
        _acceptor = acceptor;
        _limits = limits;
        _cut = cut;
        _frames = new SpdyFrameReader(limits.Spdy);
        _inflater = new SpdyHeaderInflater(limits.Spdy);
        _lastPing = _lastData = _time.GetTimestamp();
#pragma warning disable RS0030 // where the two loops begin, once for each connection
        _writing = Task.Run(WriteLoopAsync, CancellationToken.None);
        _reading = Task.Run(ReadLoopAsync, CancellationToken.None);
#pragma warning restore RS0030
        _timer = _time.CreateTimer(static state => ((SpdyConnection)state!).OnTick(), this, limits.TickInterval, limits.TickInterval);
        _peerGone = peerGone.UnsafeRegister(static state => ((SpdyConnection)state!)._writeFailed = true, this);
    }

    /// <summary>Guards the table of streams and the state of each.</summary>
    internal Lock StateLock { get; } = new();

    /// <summary>
    /// Completes, never faults, when nothing more will arrive: null after the peer's GOAWAY and its close, or after this side's.
    /// </summary>
    internal Task<SessionLostException?> Ended => _ended.Task;

#pragma warning disable VSTHRD002 // it has ended: nothing is waited for
    SessionLostException? Loss => _ended.Task.IsCompleted ? _ended.Task.Result : null;
#pragma warning restore VSTHRD002

    internal TimeSpan DisposeTimeout => _limits.DisposeTimeout;

    internal TimeProvider Time => _time;

    /// <summary>How long the peer's next byte has been waited for; zero while this side does not read.</summary>
    internal TimeSpan SilentFor => _stream.SilentFor;

    /// <summary>Opens a stream. Send nothing on it before <see cref="SpdyStream.WaitForReplyAsync"/>.</summary>
    /// <exception cref="SessionLostException">The connection has ended, or the peer has said GOAWAY.</exception>
    internal SpdyStream Open(IReadOnlyList<SpdyHeader> headers, bool outlivesCancel = false, ISpdyStreamObserver? observer = null,
        bool isText = false)
    {
        lock (StateLock)
        {
            if (_ended.Task.IsCompleted || _goAwayReceived)
                throw Loss ?? new SessionLostException(SessionLoss.PeerClosed, "The peer takes no more streams on this connection.");
            if (_nextId > int.MaxValue) throw new InvalidOperationException("The connection has no stream ids left.");
            SpdyStream stream = new(this, _nextId, isOwn: true, headers, _limits.ChannelBytes)
            {
                OutlivesCancel = outlivesCancel,
                Observer = observer,
                Text = isText ? new SpdyText() : null
            };
            _nextId += 2;
            _streams.Add(stream.Id, stream);
            Enqueue(new SpdyOutgoing(new SpdyFrame(SpdyFrameType.SynStream, 0, stream.Id), headers)); // ids go out in order: under the lock
            return stream;
        }
    }

    internal void SendData(SpdyStream stream, MessageBuffer buffer, ChannelPipeWriter owner) =>
        Enqueue(new SpdyOutgoing(new SpdyFrame(SpdyFrameType.Data, 0, stream.Id), null, stream, buffer, owner));

    internal void SendEnd(SpdyStream stream)
    {
        lock (StateLock)
        {
            if (stream.IsLocalEnded || stream.IsReset) return;
            stream.IsLocalEnded = true;
            if (stream.IsPeerEnded) Remove(stream);
        }

        Enqueue(new SpdyOutgoing(new SpdyFrame(SpdyFrameType.Data, SpdyFlags.Fin, stream.Id)));
    }

    internal void Reset(SpdyStream stream, SpdyResetStatus status)
    {
        lock (StateLock)
        {
            if (stream.IsReset || (stream.IsLocalEnded && stream.IsPeerEnded)) return;
            stream.IsReset = true;
            Remove(stream);
        }

        Enqueue(new SpdyOutgoing(SpdyFrame.Reset(stream.Id, status)));
        stream.EndWriter(null);
        _resetHere.Enqueue(stream); // its input is the read loop's to complete
        stream.StopWaiting();
    }

    /// <summary>
    /// Sends what is queued, then GOAWAY, and reads on until the peer closes, has said GOAWAY too, or has been silent for the linger time.
    /// </summary>
    internal async ValueTask CloseAsync()
    {
        Enqueue(new SpdyOutgoing(SpdyFrame.GoAway(_lastPeerId, SpdyGoAwayStatus.Ok)));
        _queue.Writer.TryComplete();
        await Task.WhenAny(_writing, _ended.Task);
        await FinishWritingAsync();
        bool isDone;
        lock (StateLock)
        {
            _closeSent = true;
            isDone = _goAwayReceived; // nothing is sent behind it
        }

        if (isDone) _stream.StopReading();
        await _reading;
    }

    /// <summary>Cuts the connection at once. The first reason stays.</summary>
    internal void Abort(SessionLostException reason)
    {
        Interlocked.CompareExchange(ref _reason, reason, null);
        _queue.Writer.TryComplete();
        Cut();
    }

    void Cut()
    {
        _cut?.Invoke();
        _stream.Cut();
        SpdyStream[] streams;
        lock (StateLock) streams = [.. _streams.Values];
        foreach (SpdyStream stream in streams) stream.StopWaiting();
    }

    /// <summary>Waits for the write loop, which has nothing new to send; not for ever, since nobody may be reading.</summary>
    async ValueTask FinishWritingAsync()
    {
        if (_writing.IsCompleted) return;
        await _writing.WaitAsync(_limits.Linger, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!_writing.IsCompleted) Cut();
    }

    void Enqueue(in SpdyOutgoing outgoing)
    {
        if (outgoing.Owner is null) Interlocked.Increment(ref _waitingControls);
        if (!_queue.Writer.TryWrite(outgoing)) Drop(outgoing);
    }

    static void Drop(in SpdyOutgoing outgoing)
    {
        outgoing.Buffer.Return();
        outgoing.Owner?.OnDropped();
    }

    /// <summary>Under the lock.</summary>
    void Remove(SpdyStream stream)
    {
        if (_streams.Remove(stream.Id) && !stream.IsOwn) _peerStreams--;
    }

    SpdyStream? Find(uint id)
    {
        lock (StateLock) return _streams.GetValueOrDefault(id);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        if (!_ended.Task.IsCompleted)
            Abort(new SessionLostException(SessionLoss.LocalAbort, "The session was disposed before it had ended."));
        await _reading;
        if (!_writing.IsCompleted) Cut(); // the peer has gone: what is still being written reaches nobody
        await _writing;
        await _peerGone.DisposeAsync();
        await _timer.DisposeAsync();
        _inflater.Dispose();
        await _stream.CloseAsync();
    }
}
