using Fairlead.Streaming.PortForward;
using Fairlead.Wire;
using Fairlead.Wire.PortForward;

namespace Fairlead.Streaming.WebSockets;

/// <summary>One port of a WebSocket with channels, and its one connection.</summary>
sealed class ChannelPort : IForwardLink
{
    readonly ForwardChannels _channels;
    readonly Writer _writer;
    int _dataPrelude, _errorPrelude, _ended;

    internal ChannelPort(ForwardChannels channels, int index, int port, int capacity)
    {
        (_channels, Index, Port) = (channels, index, port);
        _writer = new Writer(this);
        Input = new InboundChannel(capacity);
        Stream = new PipedForwardedStream(Input.Reader, _writer, this);
    }

    /// <summary>Its place in the request.</summary>
    internal int Index { get; }

    internal int Port { get; }

    internal InboundChannel Input { get; }

    internal PipedForwardedStream Stream { get; }

    /// <summary>At a client: the server has yet to say the port on the data channel.</summary>
    internal bool AwaitsPrelude => !_channels.IsServer && _dataPrelude < PortChannels.PreludeLength;

    internal bool IsAnnounced => _dataPrelude == PortChannels.PreludeLength;

    /// <summary>A server says it by closing, once every port has ended. A client cannot.</summary>
    public bool CanCompleteWrites => _channels.IsServer;

    public TimeSpan DisposeTimeout => _channels.DisposeTimeout;

    public TimeProvider Time => _channels.Time;

    public async Task SentAsync()
    {
        await _writer.SentAsync();
        await _channels.FramesSentAsync();
    }

    /// <summary>A whole message. The read loop's.</summary>
    /// <exception cref="SessionLostException">The server begins with another port than was asked for.</exception>
    internal async ValueTask ReceiveAsync(bool isError, ReadOnlyMemory<byte> payload)
    {
        if (!_channels.IsServer) payload = isError ? SkipPrelude(payload, ref _errorPrelude) : SkipPrelude(payload, ref _dataPrelude);
        if (payload.IsEmpty) return;
        if (!isError)
        {
            if (!Input.IsDropping) await Input.WriteAsync(payload);
            return;
        }

        ForwardResetException reset = new(
            ForwardFault.Unspecified, new PeerText(_channels.Withheld.Blank(PeerText.FromUtf8(payload.Span).Raw)).Trim().ToString());
        Input.Complete(reset);
        _writer.OnEnded(reset);
    }

    ReadOnlyMemory<byte> SkipPrelude(ReadOnlyMemory<byte> payload, ref int seen)
    {
        for (; seen < PortChannels.PreludeLength && !payload.IsEmpty; seen++, payload = payload[1..])
        {
            if (payload.Span[0] != (byte)(Port >> (8 * seen)))
                throw new SessionLostException(
                    SessionLoss.ProtocolError, $"The server does not begin a channel of port {Port} with its number.");
        }

        return payload;
    }

    internal void End(SessionLostException? loss)
    {
        Input.Complete(loss);
        _writer.OnEnded(loss);
    }

    public void Reset(ForwardFault fault, string reason)
    {
        if (!_channels.IsServer)
        {
            _channels.Abort(new SessionLostException(SessionLoss.LocalAbort, reason)); // the form has no other reset than TCP's
            return;
        }

        if (Interlocked.Exchange(ref _ended, 1) != 0) return;
        _channels.SendError(this, reason);
        Input.StopWaiting();
        _channels.OnPortEnded();
    }

    public async ValueTask ReleaseAsync()
    {
        if (_channels.IsServer) EndPort();
        else await _channels.DisposeAsync();
    }

    void EndPort()
    {
        if (Interlocked.Exchange(ref _ended, 1) == 0) _channels.OnPortEnded();
    }

    sealed class Writer(ChannelPort port) : ChannelPipeWriter
    {
        protected override void Send(MessageBuffer buffer) => port._channels.Send(port, buffer, isError: false, this);

        protected override void SendEnd() => port.EndPort();

        protected override void AbortBy(Exception exception) => port.Reset(ForwardFault.Aborted, exception.Message);
    }
}
