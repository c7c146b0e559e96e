using Fairlead.Wire;
using Fairlead.Wire.WebSockets;

namespace Fairlead.Streaming.Relays;

/// <summary>
/// Joins two WebSockets that speak the same version. Bytes pass unchanged and are only watched: an observer of that version says whether a
/// status came, and silence is noticed here. For different versions a <see cref="RemoteCommandRelay"/> or a forward's pump does this by
/// decoding; the promises are the same.
/// </summary>
public sealed class WebSocketSplice : IAsyncDisposable
{
    /// <summary>How long a client that does not read may keep a session open that this side has ended, and a server.</summary>
    static readonly TimeSpan s_lastWord = TimeSpan.FromSeconds(15), s_leave = TimeSpan.FromSeconds(2);

    readonly ISpliceObserver _observer;
    readonly TimeProvider _time;
    readonly SpliceSide _client, _server;
    readonly SplicePump _toServer, _toClient;
    readonly WebSocketFrameObserver _inputFrames = new(isMasked: true);
    readonly CarrierLog _log;
    readonly CarrierLog? _fromClient, _fromServer; // null where messages are not told
    readonly CancellationTokenRegistration _clientGone;
    Status? _ending;
    SessionLostException? _serverLoss;
    bool _clientLeft, _faultTold, _failureTold;

    /// <summary>Joins two upgraded connections, which the splice then owns.</summary>
    /// <param name="observer">Says what the messages mean, in the version that both sides speak. The splice disposes it.</param>
    /// <param name="client">The one that was accepted.</param>
    /// <param name="clientLimits">Its deadlines.</param>
    /// <param name="server">The one that was dialled.</param>
    /// <param name="serverLimits">Its deadlines.</param>
    /// <param name="cutClient">Cuts the client's connection at once.</param>
    /// <param name="clientGone">Fires when the client is known to be gone.</param>
    /// <param name="time">The clock; the system's for null.</param>
    public WebSocketSplice(
        ISpliceObserver observer, Stream client, CarrierLimits clientLimits, Stream server, CarrierLimits serverLimits,
        Action cutClient, CancellationToken clientGone, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(observer);
        (_observer, _time) = (observer, time ?? TimeProvider.System);
        _client = new SpliceSide(client, clientLimits, _time, cutClient);
        _server = new SpliceSide(server, serverLimits, _time, server.Dispose);
        _log = new CarrierLog("Spliced WebSocket", isServer: true, clientLimits);
        (_fromClient, _fromServer) = (_log.Messages, new CarrierLog("Spliced WebSocket", isServer: false, serverLimits).Messages);
        _toServer = new SplicePump(_client.Stream, _server.Stream, _inputFrames, SeeInput)
        {
            EndsWithClose = true,
            BeforeClose = InFrontOfClientClose,
        };
        _toClient = new SplicePump(_server.Stream, _client.Stream, new WebSocketFrameObserver(isMasked: false), SeeOutput)
        {
            BeforeClose = FailureInFrontOfClose,
            IsKept = observer.IsKept,
            Amend = observer.Amend,
        };
        _clientGone = clientGone.UnsafeRegister(static splice => ((WebSocketSplice)splice!)._client.Cut(), this);
    }

    /// <summary>Ends the session for a reason of this side's: the server's is cut, the client told it. The first reason stays.</summary>
    public void End(Status reason)
    {
        ArgumentNullException.ThrowIfNull(reason);
        if (Interlocked.CompareExchange(ref _ending, reason, null) is null) _ = TakeLeaveAsync(_observer.Farewell(reason));
    }

    async Task TakeLeaveAsync(ReadOnlyMemory<byte> words)
    {
        if (!words.IsEmpty) await EitherAsync(_toServer.InsertAsync(words, isMessage: true), s_leave);
        _server.Cut();
    }

    /// <summary>A fault of ours: in the log with its stack, and the client is told a failure, not a loss of somebody else's.</summary>
    void EndForFaults()
    {
        if (_faultTold || (_toServer.Fault ?? _toClient.Fault) is not { } fault) return;
        _faultTold = true;
        End(Status.InternalError(_log.Failed(fault).Message));
    }

    /// <summary>Runs until the session has ended on both sides. Once. Never throws for what a peer does.</summary>
    public async Task<RelayOutcome> RunAsync()
    {
        using CancellationTokenSource over = new();
        Task<SpliceEnd> up = _toServer.RunAsync(), down = _toClient.RunAsync();
        Task watching = WatchAsync(over.Token);

        // A client that does not read can hold back the last bytes. Where this side ends the session, it may do so for a limited time only.
        await Task.WhenAny(up, down);
        EndForFaults();
        if (up.IsCompleted && !down.IsCompleted) await AfterClientAsync(await up, down);
        await down;
        EndForFaults();
        RelayOutcome outcome = await ConcludeAsync(await down);
        await EitherAsync(up, _client.Limits.Linger);
        // otherwise both sides have closed in order, and the client's connection is ended without a reset
        if (!up.IsCompleted || !_toServer.ClosePassed || !_toClient.ClosePassed) _client.Cut();
        _server.Cut();
        await up;
        await over.CancelAsync();
        await watching;
        return outcome;
    }

    /// <summary>
    /// The client sends no more. Before the status this means that the client is lost, and the server must learn it. After the status it is
    /// the expected end.
    /// </summary>
    async Task AfterClientAsync(SpliceEnd end, Task down)
    {
        if (end is SpliceEnd.TargetBroken)
        {
            await EitherAsync(down, _server.Limits.Linger); // the server takes no more: what it has said still arrives
            _server.Cut();
            return;
        }

        _clientLeft |= !_observer.IsOver && !_toClient.ClosePassed; // an answer to the server's Close is no leaving
        // tells the server of the end, unless the client's own Close has done so
        if (_observer.IsOver)
            await EitherAsync(_toServer.InsertAsync(WebSocketFrames.ClientClose, isMessage: false), _server.Limits.Linger);
        if (_observer.IsOver || _toServer.ClosePassed) await EitherAsync(down, _server.Limits.Linger);
        _server.Cut();
    }

    /// <summary>The server sends no more: without a status, the client is told a failure.</summary>
    async Task<RelayOutcome> ConcludeAsync(SpliceEnd end)
    {
        if (_observer.IsOver)
        {
            if (!_toClient.ClosePassed) await _toClient.InsertAsync(WebSocketFrames.ServerClose, isMessage: false);
            return new RelayOutcome(RelayEnd.Completed, _observer.Final);
        }

        if (Volatile.Read(ref _ending) is null && !_failureTold && (_clientLeft || end is SpliceEnd.TargetBroken || _client.IsCut))
            return new RelayOutcome(RelayEnd.ClientLost, null);
        Status failure = Failure(end);
        if (!_toClient.ClosePassed)
        {
            byte[] last = [.. _observer.Tell(failure).Span, .. WebSocketFrames.ServerClose.Span];
            Task<bool> telling = _toClient.InsertAsync(last, isMessage: true);
            await EitherAsync(telling, s_lastWord);

            // In the middle of a message nothing can be said: the connection breaks, which no client takes for success.
            if (!telling.IsCompletedSuccessfully || !await telling) _client.Cut();
            await telling;
        }

        return new RelayOutcome(_ending is null ? RelayEnd.ServerLost : RelayEnd.Ended, failure);
    }

    Status Failure(SpliceEnd end) => _ending ?? SessionEndings.ServerLost(_serverLoss ?? new SessionLostException(
        SessionLoss.ConnectionBroken,
        end is SpliceEnd.Malformed ? "The server's WebSocket frames are malformed." : end is SpliceEnd.SourceEnded
            ? "The server closed the session without a status."
            : "The connection broke before the session had ended."));

    ReadOnlyMemory<byte>? InFrontOfClientClose()
    {
        _observer.SeeInputClose();
        return null;
    }

    ReadOnlyMemory<byte>? FailureInFrontOfClose()
    {
        _failureTold = !_observer.IsOver && !_toServer.ClosePassed; // a client that was told may go, and is not to blame
        return _failureTold ? _observer.Tell(Failure(SpliceEnd.SourceEnded)) : null;
    }

    void SeeInput(ReadOnlyMemory<byte> bytes, ObservedPart part)
    {
        if (part.First < 0) return;
        ReadOnlyMemory<byte> payload = bytes[part.Payload];
        _observer.SeeInput((byte)part.First, payload.Span, _inputFrames);
        if (part.EndsMessage) _observer.SeeInputEnd();
        _fromClient?.Received((uint)part.First, _observer.NameOf((byte)part.First), payload.Length);
    }

    void SeeOutput(ReadOnlyMemory<byte> bytes, ObservedPart part)
    {
        if (part.First < 0) return;
        ReadOnlyMemory<byte> payload = bytes[part.Payload];
        _observer.SeeOutput((byte)part.First, payload.Span);
        if (part.EndsMessage) _observer.SeeOutputEnd();
        _fromServer?.Received((uint)part.First, _observer.NameOf((byte)part.First), payload.Length);
    }

    async Task WatchAsync(CancellationToken over)
    {
        using PeriodicTimer timer = new(
            _client.Limits.TickInterval < _server.Limits.TickInterval ? _client.Limits.TickInterval : _server.Limits.TickInterval, _time);
        Task pinging = Task.CompletedTask;
        long endingSince = 0;
        try
        {
            while (await timer.WaitForNextTickAsync(over))
            {
                if (_server.IsSilent() is { } silent)
                {
                    _serverLoss ??= silent;
                    _server.Cut();
                }

                if (_client.IsSilent() is not null) _client.Cut();
                if (_ending is not null)
                {
                    if (endingSince == 0) endingSince = _time.GetTimestamp();
                    else if (_time.GetElapsedTime(endingSince) >= s_lastWord) _client.Cut();
                }

                if (pinging.IsCompleted) pinging = PingAsync();
            }
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            // the session is over
        }

        await pinging;
    }

    /// <summary>
    /// Pings a side that has been silent. A side that is not read, because the other one is slow, gets a Pong instead: it shows that this
    /// side is alive.
    /// </summary>
    async Task PingAsync()
    {
        if (_client.Due() is { } toClient)
            await _toClient.InsertAsync(toClient ? WebSocketFrames.ServerPing : WebSocketFrames.ServerPong, isMessage: false);
        if (_server.Due() is { } toServer)
            await _toServer.InsertAsync(toServer ? WebSocketFrames.ClientPing : WebSocketFrames.ClientPong, isMessage: false);
    }

    /// <summary>Waits for a task, at most so long; whether it has ended shows on the task.</summary>
    async Task EitherAsync(Task task, TimeSpan limit) =>
        await task.WaitAsync(limit, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _clientGone.DisposeAsync();
        await _client.Stream.CloseAsync();
        await _server.Stream.CloseAsync();
        _toServer.Dispose();
        _toClient.Dispose();
        _observer.Dispose();
    }
}
