using System.Buffers;
using System.IO.Pipelines;
using System.Net.WebSockets;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Wire;
using Fairlead.Wire.WebSockets;

namespace Fairlead.Streaming.WebSockets;

/// <summary>A remote command over WebSocket, either role: channel byte, base64, and the v5 close signal.</summary>
public sealed class WebSocketRemoteCommand : RemoteCommandAdapter, IWebSocketReceiver
{
    readonly InboundChannel?[] _inbound = new InboundChannel?[5];
    readonly Writer?[] _outbound = new Writer?[5];
    readonly PipeReader[] _readers = new PipeReader[5];
    readonly PipeWriter[] _writers = new PipeWriter[5];
    readonly WebSocketCarrier _carrier;
    readonly CarrierLimits _limits;
    readonly bool _isServer;

    WebSocketRemoteCommand(Stream stream, bool isServer, RemoteCommandProtocol protocol, RemoteCommandRequest request, CarrierLimits limits,
        Action? cut, TimeProvider? time, CancellationToken peerGone = default)
    {
        Protocol = protocol;
        (_limits, _isServer, Withheld) = (limits, isServer, limits.Withheld);
        Open(RemoteChannel.StandardInput, request.Stdin, isInbound: isServer);
        Open(RemoteChannel.StandardOutput, request.Stdout, isInbound: !isServer);
        Open(RemoteChannel.StandardError, request.Stderr && !request.Tty, isInbound: !isServer);
        Open(RemoteChannel.Error, true, isInbound: !isServer);
        Open(RemoteChannel.Resize, request.Tty, isInbound: isServer);
        _carrier = new WebSocketCarrier(stream, isServer, this, limits, cut, time, peerGone);
    }

    /// <summary>The asking side of an upgraded connection.</summary>
    /// <param name="stream">The connection after the upgrade; owned by the adapter from here on.</param>
    /// <param name="protocol">The version that was negotiated.</param>
    /// <param name="request">What was asked for.</param>
    /// <param name="limits">Bounds and deadlines.</param>
    /// <param name="time">The clock; the system's for null.</param>
    public static WebSocketRemoteCommand Ask(
        Stream stream, RemoteCommandProtocol protocol, RemoteCommandRequest request, CarrierLimits limits, TimeProvider? time = null) =>
        new(stream, isServer: false, protocol, request, limits, cut: (stream ?? throw new ArgumentNullException(nameof(stream))).Dispose,
            time);

    /// <summary>
    /// The answering side. Tells the client at once that it is connected: an empty message on its lowest output channel, which is
    /// no end of it.
    /// </summary>
    /// <param name="stream">The connection after the upgrade; owned by the adapter from here on.</param>
    /// <param name="protocol">The version that was negotiated.</param>
    /// <param name="request">What was asked for.</param>
    /// <param name="limits">Bounds and deadlines.</param>
    /// <param name="cut">Cuts the connection at once; for a server whose stream does not do so when disposed.</param>
    /// <param name="time">The clock; the system's for null.</param>
    /// <param name="peerGone">Fires when the client is known to be gone; for a server whose stream drops writes then rather than
    /// fail.</param>
    public static WebSocketRemoteCommand Answer(Stream stream, RemoteCommandProtocol protocol, RemoteCommandRequest request,
        CarrierLimits limits, Action? cut = null, TimeProvider? time = null, CancellationToken peerGone = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        WebSocketRemoteCommand adapter = new(stream, isServer: true, protocol, request, limits, cut, time, peerGone);
        RemoteChannel lowest = request.Stdout ? RemoteChannel.StandardOutput
            : request.Stderr && !request.Tty ? RemoteChannel.StandardError
            : RemoteChannel.Error;
        adapter.SendControl([ChannelMessage.EncodeChannel(lowest, protocol)]);
        return adapter;
    }

    /// <inheritdoc/>
    public override RemoteCommandProtocol Protocol { get; }

    /// <inheritdoc/>
    public override string Description => Protocol.Description;

    /// <inheritdoc/>
    public override Task<SessionLostException?> Ended => _carrier.Ended;

    /// <summary>
    /// Completes with true when the peer ended the connection in order and had sent no message, so that nothing of it can have been lost;
    /// with false at its first message, whatever it says, and when the connection broke.
    /// </summary>
    public Task<bool> EndedUnheard => _carrier.EndedUnheard;

    internal override PeerText LastWords => _carrier.LastWords;

    /// <inheritdoc/>
    public override PipeReader GetReader(RemoteChannel channel) => _readers[(int)channel];

    /// <inheritdoc/>
    public override PipeWriter GetWriter(RemoteChannel channel) => _writers[(int)channel];

    /// <inheritdoc/>
    public override ValueTask CloseAsync() => _carrier.CloseAsync(_isServer ? _limits.Linger : _limits.LateOutput);

    /// <inheritdoc/>
    public override void Abort(SessionLostException reason) => _carrier.Abort(reason);

    /// <inheritdoc/>
    public override ValueTask DisposeAsync() => _carrier.DisposeAsync();

    MessageTarget IWebSocketReceiver.Begin(byte first)
    {
        if (!ChannelMessage.TryDecodeChannel(first, Protocol, out RemoteChannel channel)) return MessageTarget.Drop;
        if (channel is RemoteChannel.Close) return MessageTarget.Whole(CloseSignal.Length);
        if (_inbound[(int)channel] is not { IsDropping: false } inbound) return MessageTarget.Drop;
        return Protocol.IsBase64 ? MessageTarget.Whole(_limits.Base64MessageBytes) : MessageTarget.To(inbound);
    }

    async ValueTask IWebSocketReceiver.ReceiveAsync(byte first, Memory<byte> payload)
    {
        if (!ChannelMessage.TryDecodeChannel(first, Protocol, out RemoteChannel channel)) return;
        if (channel is RemoteChannel.Close)
        {
            if (!CloseSignal.TryDecode(payload.Span, out RemoteChannel ended))
                throw new SessionLostException(SessionLoss.ProtocolError, "A close signal names one channel, 0 to 4.");
            // the status is whole when the session ends, not before
            if (ended is not RemoteChannel.Error) _inbound[(int)ended]?.Complete(loss: null);
        }
        else if (ChannelMessage.TryDecodeBase64(payload.Span, out int length))
        {
            await _inbound[(int)channel]!.WriteAsync(payload[..length]);
        }
    }

    string IWebSocketReceiver.NameOf(byte first) => ChannelMessage.NameOf(first, Protocol);

    void IWebSocketReceiver.OnCut()
    {
        foreach (InboundChannel? inbound in _inbound) inbound?.StopWaiting();
    }

    void IWebSocketReceiver.OnEnded(SessionLostException? loss)
    {
        foreach (InboundChannel? inbound in _inbound) inbound?.Complete(loss);
        foreach (Writer? outbound in _outbound) outbound?.OnEnded(loss);
    }

    void Open(RemoteChannel channel, bool requested, bool isInbound)
    {
        int i = (int)channel;
        if (requested && isInbound)
            _inbound[i] = new InboundChannel(_limits.ChannelBytes, _limits.InlineReaders && channel <= RemoteChannel.StandardError);
        if (requested && !isInbound) _outbound[i] = new Writer(this, channel);
        _readers[i] = _inbound[i]?.Reader ?? PipeReader.Create(ReadOnlySequence<byte>.Empty);
        _writers[i] = _outbound[i] ?? PipeWriter.Create(Stream.Null);
    }

    void SendControl(byte[] message) =>
        _carrier.Send(
            new OutgoingMessage(message, Protocol.IsBase64 ? WebSocketMessageType.Text : WebSocketMessageType.Binary, default, null));

    sealed class Writer(WebSocketRemoteCommand adapter, RemoteChannel channel) : ChannelPipeWriter
    {
        protected override void Send(MessageBuffer buffer) => adapter._carrier.Send(OutgoingMessage.OfChannel(
            ChannelMessage.EncodeChannel(channel, adapter.Protocol), buffer, adapter.Protocol.IsBase64, this));

        protected override void SendEnd()
        {
            // outputs end with the status; a client never announces the end of resize
            if (channel is not RemoteChannel.StandardInput) return;
            if (!adapter.Protocol.CanEndInput)
                throw new NotSupportedException($"{adapter.Protocol} cannot say that the input has ended; v5.channel.k8s.io can.");
            adapter.SendControl([(byte)RemoteChannel.Close, (byte)channel]);
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
