using System.Threading.Channels;
using Fairlead.Wire.PortForward;

namespace Fairlead.Streaming.WebSockets.Conversations;

/// <summary>
/// <c>portforward.fairlead.v2</c>, either role: one WebSocket that carries many conversations, each with a window of its own, so that one
/// that nobody reads holds up no other. The asking side has the odd ids, the answering side the even ones, which nobody uses yet.
/// </summary>
/// <remarks>Ids are given in order and never twice: a record of one that is in no table any more was on its way, and is ignored.</remarks>
sealed partial class ConversationSet : IPackedMessages, IAsyncDisposable
{
    /// <summary>How long resets may take to be said before the carrier is cut, which says them too.</summary>
    static readonly TimeSpan s_resetTime = TimeSpan.FromSeconds(2);

    readonly Lock _lock = new();
    readonly Lock _windows = new(); // of the budget
    readonly WindowBudget _budget;
    readonly Dictionary<uint, Conversation> _conversations = [];
    readonly CarrierLimits _limits;
    readonly WebSocketCarrier _carrier;
    readonly bool _isServer;
    SessionLostException? _loss; // why there can be no further conversation
    Task? _closing;
    uint _lastOurs, _lastTheirs; // the last id that each side has opened
    int _held; // conversations of the peer's that somebody here still holds

    internal ConversationSet(Stream stream, bool isServer, CarrierLimits limits, Action? cut = null, TimeProvider? time = null,
        CancellationToken peerGone = default)
    {
        (_isServer, _limits, Time) = (isServer, limits, time ?? TimeProvider.System);
        _budget = new WindowBudget(limits.WindowBytes);
        RoundTrip = new RoundTrip(Time);
        _carrier = new WebSocketCarrier(stream, isServer, this, limits, cut, time, peerGone);
    }

    /// <summary>What the peer opens; completed when no more will come. Bounded by the conversations that may be open.</summary>
    internal Channel<Conversation> Incoming { get; } = Channel.CreateUnbounded<Conversation>(
        new UnboundedChannelOptions { SingleReader = true });

    /// <summary>What the windows of all conversations come to.</summary>
    internal long Windows
    {
        get
        {
            lock (_windows) return _budget.Given;
        }
    }

    internal RoundTrip RoundTrip { get; }

    internal TimeProvider Time { get; }

    internal TimeSpan DisposeTimeout => _limits.DisposeTimeout;

    internal Task<SessionLostException?> Ended => _carrier.Ended;

    /// <summary>Conversations that are not over on the wire.</summary>
    internal int Open
    {
        get
        {
            lock (_lock) return _conversations.Count;
        }
    }

    internal Task FramesSentAsync() => _carrier.FramesSentAsync();

    /// <summary>Asks for a conversation.</summary>
    /// <exception cref="SessionLostException">The carrier is over, or its ids are used up.</exception>
    internal Conversation Ask(int port)
    {
        Conversation conversation;
        lock (_lock)
        {
            if (_loss is { } loss) throw new SessionLostException(loss.Kind, loss.Message, loss);
            if (_lastOurs > uint.MaxValue - 2)
                throw new SessionLostException(SessionLoss.PeerClosed, "The carrier has had all the conversations that it can number.");
            _lastOurs += _lastOurs == 0 ? 1U : 2U;
            conversation = new Conversation(this, _lastOurs, port);
            _conversations.Add(_lastOurs, conversation);
            Queue(conversation); // under the lock: ids must go out in their order
        }

        Ring();
        return conversation;
    }

    /// <summary>A conversation is over on the wire: what still comes of it is ignored.</summary>
    internal void Forget(Conversation conversation)
    {
        lock (_lock) _conversations.Remove(conversation.Id);
    }

    /// <summary>Nobody holds a conversation any more.</summary>
    internal void Released(Conversation conversation, int window)
    {
        lock (_windows) _budget.Return(window);
        if (IsOurs(conversation.Id)) return;
        lock (_lock) _held--;
    }

    /// <summary>A window for a new conversation.</summary>
    internal int BeginWindow()
    {
        lock (_windows) return _budget.Begin();
    }

    /// <summary>What a conversation's window is from now on, after so much of it was read in this time.</summary>
    internal int GrowWindow(int size, long consumed, TimeSpan elapsed)
    {
        lock (_windows) return _budget.Grow(size, consumed, elapsed, RoundTrip.Last);
    }

    internal void Abort(SessionLostException reason) => _carrier.Abort(reason);

    /// <summary>Ends the carrier in order, once. Conversations that are still open are reset; a peer that does not hear it in time is
    /// cut.</summary>
    internal Task CloseAsync()
    {
        lock (_lock) return _closing ??= EndAsync();

        async Task EndAsync()
        {
            await Task.Yield(); // not under the lock, and not on a loop
            Conversation[] open;
            lock (_lock)
            {
                _loss ??= new SessionLostException(SessionLoss.LocalAbort, "The session was closed.");
                open = [.. _conversations.Values];
            }

            foreach (Conversation conversation in open) conversation.Reset(ForwardFault.Aborted, "The session was closed.");
            Task closing = _carrier.CloseAsync().AsTask();
            if (open.Length > 0)
            {
                await closing.WaitAsync(s_resetTime, Time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (!closing.IsCompleted)
                    _carrier.Abort(new SessionLostException(SessionLoss.LocalAbort, "The peer did not take the session's end in time."));
            }

            await closing;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        await _carrier.DisposeAsync();
    }

    MessageTarget IWebSocketReceiver.Begin(byte first) => MessageTarget.Drop; // messages are taken as they come, by Take

    ValueTask IWebSocketReceiver.ReceiveAsync(byte first, Memory<byte> payload) => default;

    string IWebSocketReceiver.NameOf(byte first) => "Records";

    void IWebSocketReceiver.OnCut()
    {
        // nothing of this side's makes the read loop wait
    }

    void IWebSocketReceiver.OnEnded(SessionLostException? loss)
    {
        loss = _farewell ?? loss ?? new SessionLostException(SessionLoss.PeerClosed, "The peer closed the session.");
        Conversation[] open;
        lock (_lock)
        {
            _loss = loss;
            open = [.. _conversations.Values];
            _conversations.Clear();
        }

        Incoming.Writer.TryComplete();
        foreach (Conversation conversation in open) conversation.OnLost(loss);
    }

    internal static SessionLostException Broken(string what) => new(SessionLoss.ProtocolError, what + ".");

    bool IsOurs(uint id) => (id & 1) == (_isServer ? 0U : 1U);
}
