using System.Net.WebSockets;
using System.Text;
using Fairlead.Wire;
using Fairlead.Wire.PortForward;
using Fairlead.Wire.WebSockets;

namespace Fairlead.Streaming.WebSockets;

/// <summary>
/// Port-forward's legacy form, either role: two channels for each port of the request, and one connection each. The WebSocket's end
/// is the only one there is: the server closes when all of its ports have ended, and a client ends all of them by closing.
/// </summary>
sealed class ForwardChannels : IWebSocketReceiver, IAsyncDisposable
{
    readonly Lock _lock = new();
    readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly PortForwardProtocol _protocol;
    readonly CarrierLimits _limits;
    readonly WebSocketCarrier _carrier;
    readonly bool _isServer;
    Task? _closing;
    int _open;

    internal ForwardChannels(
        Stream stream, bool isServer, PortForwardProtocol protocol, IReadOnlyList<int> ports, CarrierLimits limits, Action? cut = null,
        TimeProvider? time = null,
        CancellationToken peerGone = default)
    {
        (_isServer, _protocol, _limits, _open) = (isServer, protocol, limits, ports.Count);
        Time = time ?? TimeProvider.System;
        Ports = [.. ports.Select((port, index) => new ChannelPort(this, index, port, limits.ChannelBytes))];
        _carrier = new WebSocketCarrier(stream, isServer, this, limits, cut, time, peerGone);
        if (!isServer) return;
        foreach (ChannelPort port in Ports)
        {
            SendPrelude(port, isError: false);
            SendPrelude(port, isError: true);
        }
    }

    internal ChannelPort[] Ports { get; }

    internal bool IsServer => _isServer;

    /// <summary>What the peer may quote and nobody is told.</summary>
    internal WithheldWords Withheld => _limits.Withheld;

    internal TimeSpan DisposeTimeout => _limits.DisposeTimeout;

    internal TimeProvider Time { get; }

    internal Task FramesSentAsync() => _carrier.FramesSentAsync();

    internal Task<SessionLostException?> Ended => _carrier.Ended;

    /// <summary>At a client: completes when the server has announced every port, and fails where it did not.</summary>
    internal Task Started => _started.Task;

    internal void Abort(SessionLostException reason) => _carrier.Abort(reason);

    /// <summary>Ends the carrier in order, once.</summary>
    internal Task CloseAsync()
    {
        lock (_lock) return _closing ??= EndAsync();

        async Task EndAsync()
        {
            await Task.Yield(); // not under the lock
            await _carrier.CloseAsync();
        }
    }

    /// <summary>The server is done with a port; with the last one, with all.</summary>
    internal void OnPortEnded()
    {
        if (Interlocked.Decrement(ref _open) == 0) _ = CloseAsync();
    }

    internal void Send(ChannelPort port, MessageBuffer payload, bool isError, ChannelPipeWriter owner) => _carrier.Send(
        OutgoingMessage.OfChannel(PortChannels.EncodeChannel(port.Index, isError, _protocol.IsBase64), payload, _protocol.IsBase64, owner));

    internal void SendError(ChannelPort port, string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text.Length > DirectMessage.LongestText ? text[..DirectMessage.LongestText] : text);
        SendControl(port, isError: true, utf8);
    }

    void SendPrelude(ChannelPort port, bool isError)
    {
        byte[] number = new byte[PortChannels.PreludeLength];
        PortChannels.EncodePrelude(port.Port, number);
        SendControl(port, isError, number);
    }

    void SendControl(ChannelPort port, bool isError, byte[] payload)
    {
        byte[] message = new byte[1 + (_protocol.IsBase64 ? ChannelMessage.GetBase64Length(payload.Length) : payload.Length)];
        message[0] = PortChannels.EncodeChannel(port.Index, isError, _protocol.IsBase64);
        if (_protocol.IsBase64) ChannelMessage.EncodeBase64(payload, message.AsSpan(1));
        else payload.CopyTo(message, 1);
        _carrier.Send(
            new OutgoingMessage(message, _protocol.IsBase64 ? WebSocketMessageType.Text : WebSocketMessageType.Binary, default, null));
    }

    MessageTarget IWebSocketReceiver.Begin(byte first)
    {
        if (!PortChannels.TryDecodeChannel(first, Ports.Length, _protocol.IsBase64, out int index, out bool isError))
            return MessageTarget.Drop;
        if (_isServer && isError) return MessageTarget.Drop; // a client has nothing to say there
        ChannelPort port = Ports[index];
        if (_protocol.IsBase64 || isError || port.AwaitsPrelude) return MessageTarget.Whole(_limits.Base64MessageBytes);
        return port.Input.IsDropping ? MessageTarget.Drop : MessageTarget.To(port.Input);
    }

    async ValueTask IWebSocketReceiver.ReceiveAsync(byte first, Memory<byte> payload)
    {
        if (!PortChannels.TryDecodeChannel(first, Ports.Length, _protocol.IsBase64, out int index, out bool isError)) return;
        if (_protocol.IsBase64)
        {
            if (!ChannelMessage.TryDecodeBase64(payload.Span, out int length)) return;
            payload = payload[..length];
        }

        await Ports[index].ReceiveAsync(isError, payload);
        if (!_started.Task.IsCompleted && Ports.All(static port => port.IsAnnounced)) _started.TrySetResult();
    }

    string IWebSocketReceiver.NameOf(byte first) =>
        PortChannels.TryDecodeChannel(first, Ports.Length, _protocol.IsBase64, out int index, out bool isError)
        ? $"channel {(2 * index) + (isError ? 1 : 0)} ({(isError ? "error" : "data")} of port {Ports[index].Port})"
        : $"channel {first} (unknown)";

    void IWebSocketReceiver.OnCut()
    {
        foreach (ChannelPort port in Ports) port.Input.StopWaiting();
    }

    void IWebSocketReceiver.OnEnded(SessionLostException? loss)
    {
        _started.TrySetException(
            loss ?? new SessionLostException(SessionLoss.PeerClosed, "The server closed the WebSocket before it had announced the port."));
        _ = _started.Task.Exception; // a server has nobody who waits for this
        foreach (ChannelPort port in Ports) port.End(loss);
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        await _carrier.DisposeAsync();
    }
}
