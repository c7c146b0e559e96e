using System.Net.WebSockets;
using Fairlead.Streaming.PortForward;
using Fairlead.Wire;
using Fairlead.Wire.PortForward;

namespace Fairlead.Streaming.WebSockets;

/// <summary>
/// <c>portforward.fairlead.v1</c>, either role: one WebSocket that carries one connection. A client may keep it open without asking
/// for one until it needs one.
/// </summary>
/// <remarks>State that only the read loop changes needs no lock; what ends the connection is under <c>_lock</c>.</remarks>
sealed class DirectConnection : IWebSocketReceiver, IForwardLink, IAsyncDisposable
{
    /// <summary>How long a reset may take to be said in order before the carrier is cut, which says it too.</summary>
    static readonly TimeSpan s_resetTime = TimeSpan.FromSeconds(2);

    readonly Lock _lock = new();
    readonly TaskCompletionSource<int> _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly TaskCompletionSource<ForwardResetException?> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly InboundChannel _input;
    readonly Writer _writer;
    readonly WebSocketCarrier _carrier;
    readonly TimeProvider _time;
    readonly WithheldWords _withheld;
    readonly TimeSpan _disposeTimeout;
    readonly bool _isServer;
    Task? _closing;
    bool _isOpen, _peerEnded, _localEnded, _over;

    internal DirectConnection(Stream stream, bool isServer, CarrierLimits limits, Action? cut = null, TimeProvider? time = null,
        CancellationToken peerGone = default)
    {
        (_isServer, _time, _withheld) = (isServer, time ?? TimeProvider.System, limits.Withheld);
        _disposeTimeout = limits.DisposeTimeout;
        _input = new InboundChannel(limits.ChannelBytes);
        _writer = new Writer(this);
        Stream = new PipedForwardedStream(_input.Reader, _writer, this);
        _carrier = new WebSocketCarrier(stream, isServer, this, limits, cut, time, peerGone);
    }

    /// <summary>The connection, once it is there.</summary>
    internal PipedForwardedStream Stream { get; }

    /// <summary>At a server: the port that the client asks for; cancelled where it leaves without.</summary>
    internal Task<int> Asked => _asked.Task;

    /// <summary>At a client: null when the connection is there, else why not.</summary>
    internal Task<ForwardResetException?> Answer => _answer.Task;

    internal Task<SessionLostException?> Ended => _carrier.Ended;

    bool IForwardLink.CanCompleteWrites => true;

    TimeSpan IForwardLink.DisposeTimeout => _disposeTimeout;

    TimeProvider IForwardLink.Time => _time;

    async Task IForwardLink.SentAsync()
    {
        await _writer.SentAsync();
        await _carrier.FramesSentAsync();
    }

    internal void Open(int port)
    {
        lock (_lock) _isOpen = true;
        SendControl(DirectMessage.EncodeOpen(port));
    }

    internal void Accept() => SendControl(DirectMessage.Bare(DirectMessageType.Connected));

    internal void Refuse(ForwardFault fault, string reason)
    {
        lock (_lock)
        {
            if (_over) return;
            _over = true;
        }

        SendControl(DirectMessage.EncodeFault(DirectMessageType.Refused, fault, reason));
        _input.StopWaiting();
        _ = CloseAsync();
    }

    public void Reset(ForwardFault fault, string reason)
    {
        lock (_lock)
        {
            if (_over || !_isOpen) return;
            _over = true;
        }

        SendControl(DirectMessage.EncodeFault(DirectMessageType.Reset, fault, reason));
        _input.StopWaiting();
        _ = CloseAsync();
    }

    internal void Abort(SessionLostException reason) => _carrier.Abort(reason);

    /// <summary>Ends the carrier in order, once; a reset that the peer does not take in time is made one of TCP.</summary>
    internal Task CloseAsync()
    {
        lock (_lock) return _closing ??= EndAsync();

        async Task EndAsync()
        {
            await Task.Yield(); // not under the lock, and not on the read loop
            Task closing = _carrier.CloseAsync().AsTask();
            if (_localEnded && _peerEnded)
            {
                await closing;
                return;
            }

            await closing.WaitAsync(s_resetTime, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!closing.IsCompleted)
                _carrier.Abort(new SessionLostException(SessionLoss.LocalAbort, "The peer did not take the connection's end in time."));
            await closing;
        }
    }

    ValueTask IForwardLink.ReleaseAsync()
    {
        Reset(ForwardFault.Aborted, "The connection was given up.");
        return DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        await _carrier.DisposeAsync();
    }

    MessageTarget IWebSocketReceiver.Begin(byte first)
    {
        if (first > (byte)DirectMessageType.Reset) return MessageTarget.Drop; // reserved: for what may come
        if ((DirectMessageType)first is not DirectMessageType.Data) return MessageTarget.Whole(DirectMessage.LongestControl);
        if (_isServer ? !_asked.Task.IsCompleted : !_answer.Task.IsCompleted) throw Broken("DATA came before there was a connection");
        if (_peerEnded) throw Broken("DATA came behind END");
        return _input.IsDropping ? MessageTarget.Drop : MessageTarget.To(_input);
    }

    ValueTask IWebSocketReceiver.ReceiveAsync(byte first, Memory<byte> payload)
    {
        DirectMessageType type = (DirectMessageType)first;
        bool isFirst = _isServer ? !_asked.Task.IsCompleted : !_answer.Task.IsCompleted;
        switch (type)
        {
            case DirectMessageType.Open when _isServer && isFirst:
                if (!DirectMessage.TryDecodeOpen(payload.Span, out int port)) throw Broken("OPEN names no port");
                lock (_lock) _isOpen = true;
                _asked.TrySetResult(port);
                break;
            case DirectMessageType.Connected when !_isServer && isFirst && _isOpen:
                _answer.TrySetResult(null);
                break;
            case DirectMessageType.Refused when !_isServer && isFirst && _isOpen:
                _answer.TrySetResult(EndBy(payload.Span));
                break;
            case DirectMessageType.End when !isFirst && !_peerEnded:
                lock (_lock) _peerEnded = true;
                CloseWhenDone(); // first: whoever reads the end may dispose, which would be a reset still
                _input.Complete(null);
                break;
            case DirectMessageType.Reset when _isServer ? !isFirst : _isOpen:
                _answer.TrySetResult(EndBy(payload.Span));
                break;
            default:
                throw Broken($"{type.ToString().ToUpperInvariant()} came where it has no meaning");
        }

        return default;
    }

    string IWebSocketReceiver.NameOf(byte first) => ((DirectMessageType)first).ToString();

    void IWebSocketReceiver.OnCut() => _input.StopWaiting();

    void IWebSocketReceiver.OnEnded(SessionLostException? loss)
    {
        loss ??= new SessionLostException(SessionLoss.PeerClosed, "The peer closed the WebSocket before the connection's end.");
        lock (_lock) _over = true;
        _asked.TrySetCanceled();
        _answer.TrySetResult(new ForwardResetException(ForwardFault.CarrierLost, loss.Message, loss));
        _input.Complete(loss);
        _writer.OnEnded(loss);
    }

    ForwardResetException EndBy(ReadOnlySpan<byte> body)
    {
        ForwardResetException reset = ForwardResetException.Read(body, _withheld) ?? throw Broken("A refusal or reset has no code");
        lock (_lock) _over = true;
        _input.Complete(reset);
        _writer.OnEnded(reset);
        _ = CloseAsync();
        return reset;
    }

    void EndWrites()
    {
        lock (_lock)
        {
            if (_over) return;
            _localEnded = true;
        }

        SendControl(DirectMessage.Bare(DirectMessageType.End));
        CloseWhenDone();
    }

    void CloseWhenDone()
    {
        lock (_lock)
        {
            if (!_localEnded || !_peerEnded) return;
            _over = true;
        }

        _ = CloseAsync();
    }

    void SendControl(ReadOnlyMemory<byte> message) =>
        _carrier.Send(new OutgoingMessage(message, WebSocketMessageType.Binary, default, null));

    static SessionLostException Broken(string what) => new(SessionLoss.ProtocolError, what + ".");

    sealed class Writer(DirectConnection connection) : ChannelPipeWriter
    {
        protected override void Send(MessageBuffer buffer) => connection._carrier.Send(
            new OutgoingMessage(buffer.WithHeader((byte)DirectMessageType.Data), WebSocketMessageType.Binary, buffer, this));

        protected override void SendEnd() => connection.EndWrites();

        protected override void AbortBy(Exception exception) => connection.Reset(ForwardFault.Aborted, exception.Message);
    }
}
