using System.Net.WebSockets;
using Fairlead.Streaming.WebSockets;
using Fairlead.Wire;
using Fairlead.Wire.Sessions;

namespace Fairlead.Streaming.Resumption;

/// <summary>One WebSocket that speaks <c>session.fairlead.v1</c>, either role: its opening, and then the messages of the session.</summary>
sealed class SessionCarrier : IWebSocketReceiver, IMessageSource, ISessionLink, IAsyncDisposable
{
    readonly TaskCompletionSource<SessionHello> _hello = Source<SessionHello>();
    readonly TaskCompletionSource<SessionOpening?> _asked = Source<SessionOpening?>();
    readonly TaskCompletionSource<SessionAnswer> _answer = Source<SessionAnswer>();
    readonly TaskCompletionSource _decided = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly WebSocketCarrier _carrier;
    readonly TimeProvider _time;
    readonly WithheldWords _withheld;
    readonly bool _isServer;
    ResumableSession? _session;
    long _opened;
    bool _hasOpened;

    internal SessionCarrier(Stream stream, bool isServer, CarrierLimits limits, Action? cut, TimeProvider? time = null,
        CancellationToken peerGone = default)
    {
        (_isServer, _time, _withheld) = (isServer, time ?? TimeProvider.System, limits.Withheld);
        _carrier = new WebSocketCarrier(stream, isServer, this, limits, cut, _time, peerGone);
    }

    /// <summary>At a client: who the server is. Faults where the carrier is lost before, as the two below.</summary>
    internal Task<SessionHello> Hello => _hello.Task;

    /// <summary>At a server: what the client asks for; null for what cannot be read.</summary>
    internal Task<SessionOpening?> Asked => _asked.Task;

    /// <summary>At a client: completes when the session has this carrier; faults with what the server refused.</summary>
    internal Task<SessionAnswer> Answer => _answer.Task;

    /// <summary>Why the server said that there is no session on this carrier, or no more.</summary>
    internal SessionRefusedException? Refusal { get; private set; }

    /// <summary>Completes, never faults, when nothing more will arrive.</summary>
    internal Task<SessionLostException?> Ended => _carrier.Ended;

    TimeSpan ISessionLink.SilentFor => _carrier.SilentFor;

    /// <summary>At a server: the first message.</summary>
    internal void Greet(SessionHello hello)
    {
        _opened = _time.GetTimestamp();
        Send(SessionMessage.EncodeHello(hello));
    }

    /// <summary>At a client: asks for a session, which has the carrier once the server has answered.</summary>
    internal void Open(ResumableSession session, SessionOpening opening)
    {
        (_session, _opened) = (session, _time.GetTimestamp());
        Send(SessionMessage.EncodeOpen(opening));
    }

    /// <summary>At a server: gives the carrier to a session.</summary>
    /// <returns>False where the session cannot take it; the client is told nothing yet.</returns>
    internal bool Accept(ResumableSession session, bool isResumed, IReadOnlyList<ChannelTotal> received)
    {
        if (session.Ended.IsCompleted || !session.Fits(received)) return false;
        _session = session;
        _hasOpened = true;
        Send(SessionMessage.EncodeOpened(new SessionAnswer(isResumed, session.Received()))); // ahead of all that the session sends
        bool isAttached = session.Attach(this, received, _time.GetElapsedTime(_opened));
        if (isAttached) _decided.TrySetResult();
        return isAttached;
    }

    /// <summary>At a server: there is no session on this carrier, or no more. <see cref="CloseAsync"/> is still owed.</summary>
    internal void Refuse(SessionRefusal code, string text)
    {
        Send(SessionMessage.EncodeRefused(code, text));
        _decided.TrySetResult();
    }

    /// <summary>At a client: gives the session up. <see cref="CloseAsync"/> is still owed.</summary>
    internal void Leave() => Send(SessionMessage.Leave);

    internal void Send(ReadOnlyMemory<byte> message) =>
        _carrier.Send(new OutgoingMessage(message, WebSocketMessageType.Binary, default, null));

    void ISessionLink.Queue() => _carrier.Send(OutgoingMessage.From(this));

    void ISessionLink.Ping() => _carrier.Ping();

    /// <inheritdoc/>
    public void Cut(SessionLostException reason) => _carrier.Abort(reason);

    /// <summary>Sends what is to be sent outside of the session, and closes; cuts where that takes too long.</summary>
    internal async Task CloseAsync(TimeSpan linger, TimeSpan limit)
    {
        Task closing = _carrier.CloseAsync(linger).AsTask();
        await closing.WaitAsync(limit, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (closing.IsCompleted) return;
        Cut(new SessionLostException(SessionLoss.LocalAbort, "The peer did not take the session's end in time."));
        await closing;
    }

    bool IMessageSource.TryTake(out ReadOnlyMemory<byte> message) => _session!.TryTake(this, out message);

    void IMessageSource.OnTaken() => _session!.GiveBack();

    MessageTarget IWebSocketReceiver.Begin(byte first)
    {
        if (first > (byte)SessionMessageType.Leave) return MessageTarget.Drop; // reserved: for what may come
        if (first > SessionMessage.LastChannel) return MessageTarget.Whole(SessionMessage.LongestControl);
        if (!_hasOpened) throw Broken("DATA came before the session was open");
        return _session!.Begin(first) is { } channel ? MessageTarget.To(channel) : MessageTarget.Drop;
    }

    async ValueTask IWebSocketReceiver.ReceiveAsync(byte first, Memory<byte> payload)
    {
        SessionMessageType type = (SessionMessageType)first;
        switch (type)
        {
            case SessionMessageType.Confirm or SessionMessageType.End when _hasOpened:
                _session!.Receive(type, payload.Span);
                break;
            case SessionMessageType.Hello when !_isServer && !_hello.Task.IsCompleted:
                _hello.TrySetResult(SessionMessage.DecodeHello(payload.Span) ?? throw Broken("The server's HELLO cannot be read"));
                break;
            case SessionMessageType.Opened when !_isServer && _session is not null && !_hasOpened:
                TakeAnswer(SessionMessage.DecodeOpened(payload.Span) ?? throw Broken("The server's OPENED cannot be read"));
                break;
            case SessionMessageType.Refused when !_isServer:
                Refusal ??= ReadRefusal(payload.Span);
                Fail(_hello, Refusal);
                Fail(_answer, Refusal);
                break;
            case SessionMessageType.Open when _isServer && !_asked.Task.IsCompleted:
                _asked.TrySetResult(SessionMessage.DecodeOpen(payload.Span));
                await _decided.Task; // what follows is the session's
                break;
            case SessionMessageType.Leave when _isServer && _hasOpened:
                _session!.End(new SessionLostException(SessionLoss.PeerClosed, "The client gave the session up."));
                break;
            default:
                throw Broken($"{type.ToString().ToUpperInvariant()} came where it has no meaning");
        }
    }

    void TakeAnswer(SessionAnswer answer)
    {
        _hasOpened = true;
        if (!_session!.Attach(this, answer.Received, _time.GetElapsedTime(_opened)) && !_session.Ended.IsCompleted)
            throw Broken("The server says that it has received what cannot be");
        _answer.TrySetResult(answer);
    }

    SessionRefusedException ReadRefusal(ReadOnlySpan<byte> body) =>
        SessionMessage.TryDecodeRefused(body, out SessionRefusal code, out PeerText text)
            ? new SessionRefusedException(code, _withheld.Blank(text.Raw))
            : throw Broken("The server's REFUSED cannot be read");

    string IWebSocketReceiver.NameOf(byte first) =>
        first <= SessionMessage.LastChannel ? $"Data{first}" : ((SessionMessageType)first).ToString();

    void IWebSocketReceiver.OnCut()
    {
        _decided.TrySetResult();
        _session?.StopWaiting();
    }

    void IWebSocketReceiver.OnEnded(SessionLostException? loss)
    {
        loss ??= new SessionLostException(SessionLoss.PeerClosed, "The peer closed the connection before the session had ended.");
        Fail(_hello, loss);
        Fail(_asked, loss);
        Fail(_answer, loss);
        _decided.TrySetResult();
    }

    static void Fail<T>(TaskCompletionSource<T> source, Exception failure)
    {
        source.TrySetException(failure);
        _ = source.Task.Exception; // seen: not everybody waits for each
    }

    static TaskCompletionSource<T> Source<T>() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    static SessionLostException Broken(string what) => new(SessionLoss.ProtocolError, what + ".");

    /// <summary>Cuts it where it has not ended. When this returns no loop of it touches the session any more.</summary>
    public ValueTask DisposeAsync() => _carrier.DisposeAsync();
}
