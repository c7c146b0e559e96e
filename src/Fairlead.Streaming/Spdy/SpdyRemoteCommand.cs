using System.Buffers;
using System.IO.Pipelines;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Wire;
using Fairlead.Wire.Spdy;

namespace Fairlead.Streaming.Spdy;

/// <summary>A remote command over SPDY/3.1, either role, v4 to v1: one stream a channel, all opened by the asking side.</summary>
/// <remarks>
/// The quirks of v1, which Go peers keep for the sake of 2015: the input has no end, a server resets the error stream before it
/// writes to it, and a client leaves as soon as both outputs have ended, so that its error text must go out before those ends.
/// </remarks>
public sealed class SpdyRemoteCommand : RemoteCommandAdapter
{
    readonly SpdyStream?[] _streams;
    readonly PipeReader[] _readers = new PipeReader[SpdyStreamSet.Channels];
    readonly PipeWriter[] _writers = new PipeWriter[SpdyStreamSet.Channels];
    readonly SpdyConnection _connection;
    readonly CarrierLimits _limits;
    readonly TimeProvider _time;
    readonly bool _isServer;

    SpdyRemoteCommand(SpdyConnection connection, bool isServer, RemoteCommandProtocol protocol, SpdyStream?[] streams, CarrierLimits limits,
        TimeProvider time)
    {
        (_connection, _isServer, Protocol, _streams, _limits, _time, Withheld) =
            (connection, isServer, protocol, streams, limits, time, limits.Withheld);
        for (int i = 0; i < streams.Length; i++)
        {
            bool fromClient = (RemoteChannel)i is RemoteChannel.StandardInput or RemoteChannel.Resize;
            SpdyStream? stream = streams[i];
            _readers[i] = stream is not null && fromClient == isServer ? stream.Reader : PipeReader.Create(ReadOnlySequence<byte>.Empty);
            _writers[i] = stream is not null && fromClient != isServer ? Attach(stream, (RemoteChannel)i) : PipeWriter.Create(Stream.Null);
        }
    }

    /// <summary>
    /// The asking side of an upgraded connection: opens the streams one after the other, as Go clients do, and is then ready.
    /// </summary>
    /// <param name="stream">The connection after the upgrade; owned from here on, also when this throws.</param>
    /// <param name="protocol">The version that was negotiated, one of <see cref="RemoteCommandProtocol.OverSpdy"/>.</param>
    /// <param name="request">What was asked for.</param>
    /// <param name="limits">Bounds and deadlines.</param>
    /// <param name="time">The clock; the system's for null.</param>
    /// <param name="cancellationToken">Gives up: the connection is cut.</param>
    /// <exception cref="SessionLostException">The server did not accept a stream in time, refused it, or was lost.</exception>
    public static async Task<SpdyRemoteCommand> AskAsync(
        Stream stream, RemoteCommandProtocol protocol, RemoteCommandRequest request, CarrierLimits limits, TimeProvider? time = null,
        CancellationToken cancellationToken = default)
    {
        time ??= TimeProvider.System;
        SpdyConnection connection = new(stream, isServer: false, acceptor: null, limits, cut: null, time);
        try
        {
            SpdyStream?[] streams = new SpdyStream?[SpdyStreamSet.Channels];
            foreach (RemoteChannel channel in SpdyStreamSet.Expected(request, protocol))
            {
                SpdyStream opened = connection.Open(
                    [new SpdyHeader(SpdyStreamSet.TypeHeader, SpdyStreamSet.TypeOf(channel))],
                    outlivesCancel: channel is RemoteChannel.Error && !protocol.CanEndInput);
                streams[(int)channel] = opened;
                if (channel is RemoteChannel.StandardInput or RemoteChannel.Resize) opened.Discard();
                await opened.WaitForReplyAsync(limits.StreamTimeout, time, cancellationToken);
            }

            return new SpdyRemoteCommand(connection, isServer: false, protocol, streams, limits, time);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// The answering side: waits until the client has opened every stream that the request asks for. The connection is closed with a
    /// GOAWAY when it does not.
    /// </summary>
    /// <param name="stream">The connection after the upgrade; owned from here on, also when this throws.</param>
    /// <param name="protocol">The version that was negotiated, one of <see cref="RemoteCommandProtocol.OverSpdy"/>.</param>
    /// <param name="request">What was asked for.</param>
    /// <param name="limits">Bounds and deadlines.</param>
    /// <param name="cut">Cuts the connection at once; for a server whose stream does not do so when disposed.</param>
    /// <param name="time">The clock; the system's for null.</param>
    /// <param name="peerGone">Fires when the client is known to be gone; for a server whose stream drops writes then rather than
    /// fail.</param>
    /// <param name="cancellationToken">Gives up: the connection is cut.</param>
    /// <exception cref="SessionLostException">The client did not open its streams in time, or was lost.</exception>
    public static async Task<SpdyRemoteCommand> AnswerAsync(
        Stream stream, RemoteCommandProtocol protocol, RemoteCommandRequest request, CarrierLimits limits, Action? cut = null,
        TimeProvider? time = null, CancellationToken peerGone = default, CancellationToken cancellationToken = default)
    {
        time ??= TimeProvider.System;
        SpdyStreamSet set = new(SpdyStreamSet.Expected(request, protocol));
        SpdyConnection connection = new(stream, isServer: true, set, limits, cut, time, peerGone);
        try
        {
            Task first = await Task.WhenAny(set.Complete, connection.Ended).WaitAsync(limits.StreamTimeout, time, cancellationToken);
            if (first == set.Complete) return new SpdyRemoteCommand(connection, isServer: true, protocol, set.Streams, limits, time);
            throw await connection.Ended
                ?? new SessionLostException(SessionLoss.PeerClosed, $"The client left when {set.Progress} streams were open.");
        }
        catch (TimeoutException e)
        {
            await connection.CloseAsync().AsTask().WaitAsync(limits.Linger, time, CancellationToken.None)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await connection.DisposeAsync();
            throw new SessionLostException(
                SessionLoss.ProtocolError,
                $"The client opened {set.Progress} streams within {limits.StreamTimeout.TotalSeconds:0.#} s.", e);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public override RemoteCommandProtocol Protocol { get; }

    /// <inheritdoc/>
    public override string Description => Protocol.Description;

    /// <inheritdoc/>
    public override Task<SessionLostException?> Ended => _connection.Ended;

    /// <inheritdoc/>
    public override PipeReader GetReader(RemoteChannel channel) => _readers[(int)channel];

    /// <inheritdoc/>
    public override PipeWriter GetWriter(RemoteChannel channel) => _writers[(int)channel];

    /// <inheritdoc/>
    public override async ValueTask CloseAsync()
    {
        if (!_isServer) await EndStreamsAsync();
        await _connection.CloseAsync();
    }

    /// <inheritdoc/>
    public override void Abort(SessionLostException reason) => _connection.Abort(reason);

    /// <inheritdoc/>
    public override ValueTask DisposeAsync() => _connection.DisposeAsync();

    /// <summary>
    /// Does as Go clients do: waits for output that comes after the status, then resets every stream that is still open. A Go server that
    /// gets a GOAWAY keeps the connection for as long as it has a stream.
    /// </summary>
    async ValueTask EndStreamsAsync()
    {
        Task outputs = Task.WhenAll(
            from channel in new[] { RemoteChannel.StandardOutput, RemoteChannel.StandardError, RemoteChannel.Error }
            let stream = _streams[(int)channel]
            where stream is not null
            select stream.InputEnded);
        Task done = Task.WhenAny(outputs, _connection.Ended);
        do
        {
            await done.WaitAsync(_limits.Linger, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        while (!done.IsCompleted && _connection.SilentFor < _limits.Linger); // output still comes, or its consumer is behind

        foreach (SpdyStream? stream in _streams)
        {
            if (stream is { IsLocalEnded: false }) stream.Reset(SpdyResetStatus.Cancel);
        }
    }

    Writer Attach(SpdyStream stream, RemoteChannel channel)
    {
        stream.Discard(); // nothing comes on a stream that this side writes
        Writer writer = new(this, stream, channel);
        stream.Attach(writer);

        // Its end there means that the command takes no more input; but v1 servers end it at once and read on.
        if (channel is RemoteChannel.StandardInput && Protocol.CanEndInput) _ = EndInputAsync();
        return writer;

        async Task EndInputAsync()
        {
            await stream.InputEnded;
            stream.EndWriter(_connection.Ended.IsCompleted ? await _connection.Ended : null);
        }
    }

    sealed class Writer(SpdyRemoteCommand adapter, SpdyStream stream, RemoteChannel channel) : ChannelPipeWriter
    {
        protected override void Send(MessageBuffer buffer) => stream.Send(buffer, this);

        protected override void SendEnd()
        {
            bool isFirst = !adapter.Protocol.CanEndInput;
            if (isFirst && channel is RemoteChannel.StandardInput)
                throw new NotSupportedException(
                    $"{adapter.Protocol} over SPDY cannot say that the input has ended; v2.channel.k8s.io and later can.");
            if (isFirst && channel is RemoteChannel.StandardOutput or RemoteChannel.StandardError) return; // not before the error text
            stream.SendEnd();
            if (!isFirst || channel is not RemoteChannel.Error) return;
            adapter._streams[(int)RemoteChannel.StandardOutput]?.SendEnd();
            adapter._streams[(int)RemoteChannel.StandardError]?.SendEnd();
        }

        protected override void AbortBy(Exception exception)
        {
            if (channel is RemoteChannel.StandardInput)
                adapter.Abort(
                    new SessionLostException(SessionLoss.LocalAbort, "The input could not be read to its end: " + exception.Message,
                    exception));
        }
    }
}
