using System.Buffers;
using System.Text;
using Fairlead.Wire;
using Fairlead.Wire.WebSockets;

namespace Fairlead.Streaming.Relays;

/// <summary>
/// Joins two WebSockets that speak the same version: bytes pass as they are, and are only watched, so that a status that never came, and
/// silence, are known. A final status that is not fit to show is written anew: clients print it as it is. The counterpart of
/// <see cref="RemoteCommandRelay"/> for equal versions; the same promises hold.
/// </summary>
public sealed class WebSocketSplice : IAsyncDisposable
{
    /// <summary>The most of a status that is read: as much as a client takes.</summary>
    const int LongestStatus = 1024 * 1024;

    /// <summary>How long a client that does not read may keep a session open that this side has ended.</summary>
    static readonly TimeSpan s_lastWord = TimeSpan.FromSeconds(15);

    readonly RemoteCommandProtocol _protocol;
    readonly RelayTraffic _traffic;
    readonly TimeProvider _time;
    readonly SpliceSide _client, _server;
    readonly SplicePump _toServer, _toClient;
    readonly ArrayBufferWriter<byte> _status = new();
    readonly CarrierLog _log;
    readonly CarrierLog? _fromClient, _fromServer; // null where messages are not told
    readonly CancellationTokenRegistration _clientGone;
    Status? _ending, _final;
    SessionLostException? _serverLoss;
    bool _clientLeft, _isInPieces, _faultTold;

    /// <summary>Joins two upgraded connections, which the splice then owns.</summary>
    /// <param name="client">The one that was accepted.</param>
    /// <param name="clientLimits">Its deadlines.</param>
    /// <param name="server">The one that was dialled.</param>
    /// <param name="serverLimits">Its deadlines.</param>
    /// <param name="protocol">What both speak: a version whose status is JSON.</param>
    /// <param name="traffic">Counts what passes.</param>
    /// <param name="cutClient">Cuts the client's connection at once.</param>
    /// <param name="clientGone">Fires when the client is known to be gone.</param>
    /// <param name="time">The clock; the system's for null.</param>
    public WebSocketSplice(
        Stream client, CarrierLimits clientLimits, Stream server, CarrierLimits serverLimits, RemoteCommandProtocol protocol,
        RelayTraffic traffic,
        Action cutClient, CancellationToken clientGone, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(protocol);
        if (!protocol.HasJsonStatus)
            throw new ArgumentException("Without a status in JSON a loss cannot be told from success.", nameof(protocol));
        (_protocol, _traffic, _time) = (protocol, traffic, time ?? TimeProvider.System);
        _client = new SpliceSide(client, clientLimits, _time, cutClient);
        _server = new SpliceSide(server, serverLimits, _time, server.Dispose);
        _log = new CarrierLog("Spliced WebSocket", isServer: true, clientLimits);
        (_fromClient, _fromServer) = (_log.Messages, new CarrierLog("Spliced WebSocket", isServer: false, serverLimits).Messages);
        _toServer = new SplicePump(_client.Stream, _server.Stream, new WebSocketFrameObserver(isMasked: true, protocol),
            SeeInput) { EndsWithClose = true };
        _toClient = new SplicePump(_server.Stream, _client.Stream, new WebSocketFrameObserver(isMasked: false, protocol),
            SeeOutput) { BeforeClose = FailureInFrontOfClose, AmendError = AmendStatus };
        _clientGone = clientGone.UnsafeRegister(static splice => ((WebSocketSplice)splice!)._client.Cut(), this);
    }

    /// <summary>The server's final status has come.</summary>
    bool StatusSeen => Volatile.Read(ref _final) is not null;

    /// <summary>
    /// Ends the session for a reason of this side's: the server's is cut, and the client told this failure. The first reason stays.
    /// </summary>
    public void End(Status reason)
    {
        ArgumentNullException.ThrowIfNull(reason);
        if (Interlocked.CompareExchange(ref _ending, reason, null) is null) _server.Cut();
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

        // An unwilling client may keep the last bytes from going out: when it is this side that ends, not for long.
        await Task.WhenAny(up, down);
        EndForFaults();
        if (up.IsCompleted && !down.IsCompleted) await AfterClientAsync(await up, down);
        await down;
        EndForFaults();
        RelayOutcome outcome = await ConcludeAsync(await down);
        await EitherAsync(up, _client.Limits.Linger);
        // in order otherwise: it is hung up on, not reset
        if (!up.IsCompleted || !_toServer.ClosePassed || !_toClient.ClosePassed) _client.Cut();
        _server.Cut();
        await up;
        await over.CancelAsync();
        await watching;
        return outcome;
    }

    /// <summary>
    /// The client sends no more. Before the status that is its loss, which the server must see; afterwards it is the end that was due.
    /// </summary>
    async Task AfterClientAsync(SpliceEnd end, Task down)
    {
        if (end is SpliceEnd.TargetBroken)
        {
            await EitherAsync(down, _server.Limits.Linger); // the server takes no more: what it has said still arrives
            _server.Cut();
            return;
        }

        _clientLeft |= !StatusSeen && !_toClient.ClosePassed; // an answer to the server's Close is no leaving
        // unless it has said so itself
        if (StatusSeen) await EitherAsync(_toServer.InsertAsync(WebSocketFrames.ClientClose, isMessage: false), _server.Limits.Linger);
        if (StatusSeen || _toServer.ClosePassed) await EitherAsync(down, _server.Limits.Linger);
        _server.Cut();
    }

    /// <summary>The server sends no more: without a status, the client is told a failure.</summary>
    async Task<RelayOutcome> ConcludeAsync(SpliceEnd end)
    {
        if (StatusSeen)
        {
            if (!_toClient.ClosePassed) await _toClient.InsertAsync(WebSocketFrames.ServerClose, isMessage: false);
            return new RelayOutcome(RelayEnd.Completed, _final);
        }

        if (Volatile.Read(ref _ending) is null && (_clientLeft || end is SpliceEnd.TargetBroken || _client.IsCut))
            return new RelayOutcome(RelayEnd.ClientLost, null);
        Status failure = Failure(end);
        if (!_toClient.ClosePassed)
        {
            byte[] last = [.. WebSocketFrames.ServerStatus(failure, _protocol), .. WebSocketFrames.ServerClose.Span];
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

    ReadOnlyMemory<byte>? FailureInFrontOfClose() =>
        StatusSeen || _toServer.ClosePassed ? null : WebSocketFrames.ServerStatus(Failure(SpliceEnd.SourceEnded), _protocol);

    ValueTask SeeInput(ReadOnlyMemory<byte> bytes, ObservedPart part)
    {
        if (part.Channel is not { } channel) return default;
        int length = Length(part, bytes);
        _traffic.Add(channel, length);
        _fromClient?.Received((uint)channel, $"channel {(int)channel} ({channel})", length);
        return default;
    }

    ValueTask SeeOutput(ReadOnlyMemory<byte> bytes, ObservedPart part)
    {
        if (part.Channel is not { } channel) return default;
        int length = Length(part, bytes);
        if (length > 0) _traffic.Add(channel, length);
        _fromServer?.Received((uint)channel, $"channel {(int)channel} ({channel})", length);
        if (channel is not RemoteChannel.Error || StatusSeen) return default;
        if (_status.WrittenCount + length > LongestStatus) throw new FormatException("A status is longer than 1 MiB.");
        _status.Write(bytes[part.Payload].Span);
        return default;
    }

    /// <summary>
    /// What the client is told in the place of a message on the error channel, now that it has come: as it is what is fit to show, written
    /// anew what is not. A status in several messages is told when it is whole, and nothing behind one.
    /// </summary>
    ReadOnlyMemory<byte>? AmendStatus()
    {
        if (StatusSeen) return ReadOnlyMemory<byte>.Empty;
        if (_status.WrittenCount == 0) return null; // some servers show by it that the channel is there
        byte[] text = _status.WrittenSpan.ToArray();
        if (_protocol.IsBase64) text = ChannelMessage.TryDecodeBase64(text, out int length) ? text[..length] : [];
        if (Status.TryParse(text) is not { } status)
        {
            _isInPieces = true;
            return ReadOnlyMemory<byte>.Empty;
        }

        WithheldWords withheld = _server.Limits.Withheld;
        string said = Encoding.UTF8.GetString(text);
        _final = withheld.BlankCredentials(status);
        bool isFit = !_isInPieces && IsFit(said) && withheld.BlankCredentials(said) == said;
        if (isFit) return null;
        return WebSocketFrames.ServerStatus(_final, _protocol);
    }

    /// <summary>
    /// Looks at the letters of the JSON and not at the value that was read: where a field stands twice, another reader may take the other
    /// one.
    /// </summary>
    static bool IsFit(string json)
    {
        for (int at = json.IndexOf('\\', StringComparison.Ordinal); at >= 0; at = json.IndexOf('\\', at + 2))
        {
            if (at + 1 == json.Length || json[at + 1] is not ('"' or '\\' or '/')) return false;
        }

        return VisibleText.Lines(json, Math.Max(json.Length, VisibleText.LongestLines)) == json;
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

    static int Length(ObservedPart part, ReadOnlyMemory<byte> bytes) => part.Payload.GetOffsetAndLength(bytes.Length).Length;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _clientGone.DisposeAsync();
        await _client.Stream.CloseAsync();
        await _server.Stream.CloseAsync();
        _toServer.Dispose();
        _toClient.Dispose();
    }
}
