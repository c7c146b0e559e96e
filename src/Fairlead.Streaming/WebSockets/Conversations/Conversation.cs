using Fairlead.Streaming.PortForward;
using Fairlead.Wire.PortForward;

namespace Fairlead.Streaming.WebSockets.Conversations;

/// <summary>
/// One conversation of <c>portforward.fairlead.v2</c>, either role. What is received comes by the read loop, what is sent is packed by the
/// write loop, and the stream is somebody's who knows neither.
/// </summary>
/// <remarks>
/// What both loops and the stream's holder change is under <c>_lock</c>, which is held over no call but those of the budget.
/// </remarks>
sealed partial class Conversation : IForwardLink
{
    readonly Lock _lock = new();
    readonly ConversationSet _set;
    readonly InboundChannel _input = InboundChannel.Credited();
    readonly ConversationWriter _writer;
    readonly TaskCompletionSource<ForwardResetException?> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly Queue<MessageBuffer> _unsent = [];
    readonly bool _isAsking;
    SendWindow _send;
    ReceiveWindow _receive;
    byte[]? _fault; // the REFUSED or RESET that is still to be said
    int _firstSent; // of the first of _unsent
    long _pacedAt, _pacedConsumed; // when the window was judged last, and what had been read by then
    bool _isOpenDue, _isConnectedDue, _isCreditDue;
    bool _isAnswered, _peerEnded, _localEnded, _endSent;
    bool _isOver; // takes and gives no more
    bool _isReceiving, _inputCompleted, _isReleased;

    /// <summary>A conversation that this side asks for.</summary>
    internal Conversation(ConversationSet set, uint id, int port)
        : this(set, id)
    {
        (_isAsking, _isOpenDue, Port) = (true, true, port);
        BeginWindow();
    }

    /// <summary>A conversation that the peer asks for.</summary>
    internal Conversation(ConversationSet set, uint id, in ForwardOpen open)
        : this(set, id)
    {
        Port = open.Port;
        _send.Raise(open.Credit);
    }

    Conversation(ConversationSet set, uint id)
    {
        (_set, Id) = (set, id);
        _writer = new ConversationWriter(this);
        Stream = new PipedForwardedStream(new CreditedReader(_input.Reader, this), _writer, this);
    }

    internal uint Id { get; }

    internal int Port { get; }

    internal PipedForwardedStream Stream { get; }

    /// <summary>At the asking side: null when the conversation is there, else why not.</summary>
    internal Task<ForwardResetException?> Answer => _answer.Task;

    /// <summary>It waits for its turn to be packed. The set's, under its lock.</summary>
    internal bool IsQueued { get; set; }

    public bool CanCompleteWrites => true;

    public TimeSpan DisposeTimeout => _set.DisposeTimeout;

    public TimeProvider Time => _set.Time;

    public async Task SentAsync()
    {
        await _writer.SentAsync();
        await _set.FramesSentAsync();
    }

    /// <summary>Says that the port was reached.</summary>
    internal void Accept()
    {
        lock (_lock)
        {
            if (_isOver) return;
            BeginWindow();
            _isAnswered = _isConnectedDue = true;
        }

        _set.Ready(this);
    }

    /// <summary>Says that it was not. The conversation is released by it.</summary>
    internal void Refuse(ForwardFault fault, string reason)
    {
        End(ForwardRecordType.Refused, fault, reason);
        Release();
    }

    public void Reset(ForwardFault fault, string reason) => End(ForwardRecordType.Reset, fault, reason);

    void End(ForwardRecordType type, ForwardFault fault, string reason)
    {
        bool wasSaid;
        lock (_lock)
        {
            // Where both directions have ended and only the END is still on its way, there is nothing left to be cut.
            if (_isOver || (_localEnded && _peerEnded && _unsent.Count == 0)) return;
            _isOver = true;
            wasSaid = !_isOpenDue;
            if (wasSaid) _fault = ForwardRecord.EncodeFault(type, Id, fault, reason);
            _isOpenDue = _isCreditDue = false;
        }

        if (wasSaid) _set.Ready(this);
        else _set.Forget(this);
        Finish(new ForwardResetException(fault, reason), byReadLoop: false);
    }

    public ValueTask ReleaseAsync()
    {
        Reset(ForwardFault.Aborted, "The connection was given up.");
        Release();
        return default;
    }

    /// <summary>Nobody holds the conversation any more: another may take its place.</summary>
    internal void Release()
    {
        int window;
        lock (_lock)
        {
            if (_isReleased) return;
            _isReleased = true;
            window = _receive.Size;
        }

        _set.Released(this, window);
    }

    /// <summary>Under the lock, or before anybody else knows of this.</summary>
    void BeginWindow()
    {
        _receive = new ReceiveWindow(_set.BeginWindow());
        _pacedAt = Time.GetTimestamp();
    }

    /// <summary>Ends both halves for those who hold the stream: what has come can still be read.</summary>
    void Finish(IOException reason, bool byReadLoop)
    {
        _writer.OnEnded(reason);
        _answer.TrySetResult(
            reason as ForwardResetException ?? new ForwardResetException(ForwardFault.CarrierLost, reason.Message, reason));
        lock (_lock)
        {
            // A record that is being received goes where the input is: whoever receives it completes the input behind it.
            if (_inputCompleted || (_isReceiving && !byReadLoop)) return;
            _inputCompleted = true;
        }

        _input.Complete(reason);
    }
}
