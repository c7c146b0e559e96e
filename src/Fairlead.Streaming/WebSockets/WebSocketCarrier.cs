using System.Buffers;
using System.Net.WebSockets;
using System.Threading.Channels;
using System.Runtime.CompilerServices;
using Fairlead.Streaming.WebSockets.Conversations;
using Fairlead.Wire;
using Fairlead.Wire.WebSockets;

namespace Fairlead.Streaming.WebSockets;

/// <summary>
/// One upgraded connection that speaks WebSocket: a read loop, a write loop, liveness and an orderly end. What the messages mean is
/// the receiver's business.
/// </summary>
/// <remarks>
/// No token ever reaches the socket: cancelling a receive or send aborts a WebSocket. A session is ended by
/// <see cref="CloseAsync"/> or <see cref="Abort"/>, nothing else.
/// </remarks>
sealed partial class WebSocketCarrier : IAsyncDisposable
{
    /// <summary>After so many messages in a row the writer whose thread sends them gets it back.</summary>
    const int MostForOthers = 8;

    readonly LivenessStream _stream;
    readonly CarrierLog _log;
    readonly CarrierLog? _messages; // null where they are not told
    readonly FrameStream _frames;
    readonly WebSocket _socket;
    readonly IWebSocketReceiver _receiver;
    readonly IPackedMessages? _packed; // the receiver, where messages hold several records
    readonly CarrierLimits _limits;
    readonly Action? _cut;
    readonly TimeProvider _time;
    readonly bool _isServer;
    readonly Channel<OutgoingMessage> _queue = Channel.CreateUnbounded<OutgoingMessage>(
        new UnboundedChannelOptions { SingleReader = true, AllowSynchronousContinuations = true }); // see WriteLoopAsync
    readonly TaskCompletionSource<SessionLostException?> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly TaskCompletionSource<bool> _endedUnheard = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly ITimer _timer;
    readonly Task _reading, _writing;
    readonly CancellationTokenRegistration _peerGone;
    SessionLostException? _reason;
    volatile bool _closeSent, _writeFailed;
    long _lastBeat, _lastMessage;
    int _disposed;
    TimeSpan _linger; // written before _closeSent

    /// <summary>Starts the loops.</summary>
    /// <param name="stream">The connection after the upgrade; owned from here on.</param>
    /// <param name="isServer">This side answered the upgrade: it does not mask.</param>
    /// <param name="receiver">What takes the messages.</param>
    /// <param name="limits">Bounds and deadlines.</param>
    /// <param name="cut">Cuts the connection at once, where disposing the stream would not.</param>
    /// <param name="time">The clock.</param>
    /// <param name="peerGone">Fires when the web server knows that the peer is gone: what it still writes is then silently dropped.</param>
    internal WebSocketCarrier(
        Stream stream, bool isServer, IWebSocketReceiver receiver, CarrierLimits limits, Action? cut, TimeProvider? time = null,
        CancellationToken peerGone = default)
    {
        _time = time ?? TimeProvider.System;
        _stream = new LivenessStream(stream, _time);
        _log = new CarrierLog("WebSocket", isServer, limits);
        _messages = _log.Messages;
        _receiver = receiver;
        _packed = receiver as IPackedMessages;
        _limits = limits;
        _linger = limits.Linger;
        _cut = cut;
        _isServer = isServer;
        _frames = new FrameStream(_stream) { Failed = fault => Abort(_log.Failed(fault)) };
        _socket = WebSocket.CreateFromStream(_frames, new WebSocketCreationOptions
        {
            IsServer = isServer,
            KeepAliveInterval = limits.PingAfter,
            // A timeout makes the library send pings rather than pongs; its own deadline would count time in which nobody reads here.
            KeepAliveTimeout = TimeSpan.FromMilliseconds(int.MaxValue),
        });
        if (!isServer) _frames.Client = _socket;
#pragma warning disable RS0030 // where the two loops begin, once for each connection
        _writing = Task.Run(WriteLoopAsync, CancellationToken.None);
        _reading = Task.Run(ReadLoopAsync, CancellationToken.None);
#pragma warning restore RS0030
        _timer = _time.CreateTimer(static state => ((WebSocketCarrier)state!).OnTick(), this, limits.TickInterval, limits.TickInterval);
        _peerGone = peerGone.UnsafeRegister(static state => ((WebSocketCarrier)state!)._writeFailed = true, this);
    }

    /// <summary>Completes, never faults, when nothing more will arrive: null after an orderly close by the peer.</summary>
    internal Task<SessionLostException?> Ended => _ended.Task;

    /// <summary>
    /// Completes with true when the peer ended in order, by a Close without a word or by the end of its stream, and had sent no message;
    /// otherwise with false, at its first message, at a Close that tells a failure, or at a break, which may have destroyed a message.
    /// </summary>
    internal Task<bool> EndedUnheard => _endedUnheard.Task;

    /// <summary>What the peer said in its Close; empty before, and where it said nothing.</summary>
    internal PeerText LastWords => _limits.Withheld.Blank(_socket.CloseStatusDescription);

    /// <summary>The peer's Close reports no failure: it has the code of an orderly end or no code, and no text.</summary>
    bool ClosedWithoutAWord => LastWords.IsEmpty
        && _socket.CloseStatus is null or WebSocketCloseStatus.NormalClosure or WebSocketCloseStatus.EndpointUnavailable
            or WebSocketCloseStatus.Empty;

    /// <summary>How long this side has waited for the peer's next byte; zero while it does not read.</summary>
    internal TimeSpan SilentFor => _stream.SilentFor;

    /// <summary>Asks the peer for a sign of life, ahead of what waits to be sent.</summary>
    internal void Ping() => _frames.Beat(_isServer ? WebSocketFrames.ServerPing : WebSocketFrames.ClientPing);

    /// <summary>Queues a message; the write loop sends in this order. Dropped, its buffer returned, once the carrier closes.</summary>
    internal void Send(in OutgoingMessage message)
    {
        if (!_queue.Writer.TryWrite(message)) Drop(message);
    }

    static void Drop(in OutgoingMessage message)
    {
        message.Buffer.Return();
        message.Owner?.OnDropped();
    }

    /// <summary>
    /// Completes when the frames that the write loop was done with are on the wire; fails where they cannot be.
    /// </summary>
    internal Task FramesSentAsync() => _frames.DataSentAsync();

    /// <summary>
    /// Sends what is queued, then Close 1000, and reads on until the peer closes or has been silent for this long, by default for the
    /// linger time.
    /// </summary>
    internal async ValueTask CloseAsync(TimeSpan? linger = null)
    {
        _linger = linger ?? _limits.Linger;
        _queue.Writer.TryComplete();
        Task closing = SendCloseAfterDataAsync();
        if (await Task.WhenAny(closing, _reading) != closing) CutBlockedWrite();
        await closing;
        await _reading;
    }

    /// <summary>Cuts the connection at once. The first reason stays.</summary>
    internal void Abort(SessionLostException reason)
    {
        Interlocked.CompareExchange(ref _reason, reason, null);
        _queue.Writer.TryComplete();
        _cut?.Invoke();
        _stream.StopReading();
        _socket.Abort();
        _receiver.OnCut();
    }

    async Task ReadLoopAsync()
    {
        SessionLostException? loss = null;
        try
        {
            await ReceiveMessagesAsync();
            if (_socket.CloseStatus is not WebSocketCloseStatus.NormalClosure and var code)
                loss = new SessionLostException(
                    SessionLoss.PeerClosed, $"The peer closed the session with code {(int?)code ?? 1005}{Describe(LastWords)}.");
            End(loss);
            await SendCloseAsync(WebSocketCloseStatus.NormalClosure, null); // the answer, unless the peer's was itself one
        }
        catch (SessionLostException e)
        {
            End(e);
            await RefuseAsync(e);
        }
        catch (Exception e) when (LoopFault.IsBroken(e))
        {
            bool malformed = e is WebSocketException { WebSocketErrorCode: not WebSocketError.ConnectionClosedPrematurely }
                && _reason is null;
            End(malformed
                ? new SessionLostException(SessionLoss.ProtocolError, "The peer's WebSocket frames are malformed: " + e.Message, e)
                : new SessionLostException(SessionLoss.ConnectionBroken, "The connection broke before the session had ended.", e));
            if (malformed) await DrainAsync();
        }
        catch (Exception e)
        {
            Abort(_log.Failed(e));
            End(null); // by the reason that the abort has set, which is the first or another's
        }
    }

    void End(SessionLostException? loss)
    {
        if (Volatile.Read(ref _reason) is { } reason) loss = reason;
        else if (_closeSent && loss?.Kind is SessionLoss.ConnectionBroken) loss = null; // after our own Close nothing was left to come
        _log.Ended(loss);
        _receiver.OnEnded(loss);
        _queue.Writer.TryComplete();
        _ended.TrySetResult(loss);
        _endedUnheard.TrySetResult((loss is null or { Kind: SessionLoss.PeerClosed } && ClosedWithoutAWord) || _stream.EndedUnheard);
    }

    async ValueTask ReceiveMessagesAsync()
    {
        byte[] first = new byte[1];
        while (true)
        {
            ValueWebSocketReceiveResult start = await _socket.ReceiveAsync(first.AsMemory(), CancellationToken.None);
            if (start.MessageType == WebSocketMessageType.Close) return;
            Volatile.Write(ref _lastMessage, _time.GetTimestamp());
            _endedUnheard.TrySetResult(false);
            if (start.Count == 0) continue; // an empty message, or an empty first fragment

            if (_packed is not null)
            {
                await ReceivePackedAsync(first[0], start.EndOfMessage);
                continue;
            }

            MessageTarget target = _receiver.Begin(first[0]);
            if (target.Limit > 0) await ReceiveWholeAsync(first[0], target.Limit, start.EndOfMessage);
            else await ReceiveIntoAsync(first[0], target.Channel, start.EndOfMessage);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    async ValueTask ReceiveIntoAsync(byte first, InboundChannel? channel, bool isEnd)
    {
        long length = 1;
        byte[]? dropped = null; // only while there is something to drop: an idle session holds no buffer
        try
        {
            while (!isEnd)
            {
                bool keep = channel is { IsDropping: false };
                Memory<byte> into = keep ? channel!.GetMemory() : dropped ??= ArrayPool<byte>.Shared.Rent(4096);
                ValueWebSocketReceiveResult part = await _socket.ReceiveAsync(into, CancellationToken.None);
                if (part.MessageType == WebSocketMessageType.Close) throw CutMessage();
                isEnd = part.EndOfMessage;
                length += part.Count;
                if (length > _limits.MessageBytes) throw TooBig(_limits.MessageBytes);
                if (!keep)
                {
                    channel?.Skip(part.Count);
                    continue;
                }

                channel!.Advance(part.Count);
                await channel.FlushAsync(isEnd);
            }

            _messages?.Received(first, _receiver.NameOf(first), length - 1);
        }
        finally
        {
            if (dropped is not null) ArrayPool<byte>.Shared.Return(dropped);
        }
    }

    async ValueTask ReceiveWholeAsync(byte first, int limit, bool isEnd)
    {
        byte[] whole = ArrayPool<byte>.Shared.Rent(Math.Min(limit, 4096));
        try
        {
            int length = 0;
            while (!isEnd)
            {
                if (length == whole.Length)
                {
                    byte[] larger = ArrayPool<byte>.Shared.Rent(whole.Length * 2);
                    whole.AsSpan(0, length).CopyTo(larger);
                    ArrayPool<byte>.Shared.Return(whole);
                    whole = larger;
                }

                ValueWebSocketReceiveResult part = await _socket.ReceiveAsync(whole.AsMemory(length), CancellationToken.None);
                if (part.MessageType == WebSocketMessageType.Close) throw CutMessage();
                isEnd = part.EndOfMessage;
                length += part.Count;
                if (length > limit) throw TooBig(limit);
            }

            _messages?.Received(first, _receiver.NameOf(first), length);
            await _receiver.ReceiveAsync(first, whole.AsMemory(0, length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(whole);
        }
    }

    /// <summary>
    /// Goes on inside <see cref="Send"/>, on the writer's thread, for as long as the connection takes what it is given: a thread that is
    /// woken for each message costs more than the sending. Once the connection makes it wait, or after a few messages of others, it
    /// goes on elsewhere.
    /// </summary>
    async Task WriteLoopAsync()
    {
        try
        {
            while (await _queue.Reader.WaitToReadAsync())
            {
                for (int sent = 1; _queue.Reader.TryRead(out OutgoingMessage message); sent++)
                {
                    if (sent % MostForOthers == 0) await Task.Yield();
                    if (_packed is not null)
                    {
                        await SendPackedAsync();
                        continue;
                    }

                    await _frames.RoomAsync();
                    ReadOnlyMemory<byte> memory = message.Memory;
                    if (message.Source is { } source && !source.TryTake(out memory)) continue;
                    bool isSent = false;
                    try
                    {
                        await _socket.SendAsync(memory, message.Type, endOfMessage: true, CancellationToken.None);
                        _messages?.Sent(memory.Span[0], _receiver.NameOf(memory.Span[0]), memory.Length - 1);
                        isSent = true;
                    }
                    finally
                    {
                        message.Source?.OnTaken();
                        message.Buffer.Return();
                        if (!isSent) message.Owner?.OnDropped();
                    }

                    message.Owner?.OnSent();
                    if (message.Source is not null) _queue.Writer.TryWrite(message); // at the end: others have their turn
                }
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

        await _frames.RoomAsync();
        while (_queue.Reader.TryRead(out OutgoingMessage unsent)) Drop(unsent);
    }

    static SessionLostException CutMessage() => new(SessionLoss.ProtocolError, "The peer closed in the middle of a message.");

    static SessionLostException TooBig(int limit) => new(SessionLoss.ProtocolError, $"A message is longer than {limit} bytes.")
    {
        Data = { [nameof(WebSocketCloseStatus)] = WebSocketCloseStatus.MessageTooBig },
    };

    static string Describe(PeerText description) => description.IsEmpty ? "" : $" ({description})";
}
