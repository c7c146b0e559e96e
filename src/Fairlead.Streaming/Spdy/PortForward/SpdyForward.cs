using System.Text;
using Fairlead.Streaming.PortForward;
using Fairlead.Wire.PortForward;
using Fairlead.Wire.Spdy;

namespace Fairlead.Streaming.Spdy.PortForward;

/// <summary>One forwarded connection over SPDY, either role: a data stream, and an error stream for what the server has to say.</summary>
/// <remarks>FIN is the end of a direction, RST_STREAM of the data stream a reset. What is told by the read loop comes in the order of the
/// wire.</remarks>
sealed class SpdyForward : IForwardLink, ISpdyStreamObserver
{
    readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly bool _isServer, _takesText;
    readonly TunnelStream? _tunnel;
    SpdyStream? _data, _error;
    Writer? _writer;

    SpdyForward(bool isServer, bool takesText, TunnelStream? tunnel) =>
        (_isServer, _takesText, _tunnel) = (isServer, takesText, tunnel);

    internal PipedForwardedStream Stream { get; private set; } = null!;

    /// <summary>Completes when the connection needs the carrier no more.</summary>
    internal Task Released => _released.Task;

    public bool CanCompleteWrites => true;

    public TimeSpan DisposeTimeout => _data!.DisposeTimeout;

    public TimeProvider Time => _data!.Time;

    public async Task SentAsync()
    {
        await _writer!.SentAsync();
        if (_tunnel is not null) await _tunnel.SentAsync();
    }

    /// <summary>
    /// The asking side. Both streams are opened at once; wait for <see cref="WaitForRepliesAsync"/> before anything is sent.
    /// </summary>
    internal static SpdyForward Ask(SpdyConnection connection, int port, string requestId, TunnelStream? tunnel)
    {
        SpdyForward forward = new(isServer: false, takesText: true, tunnel);
        forward._error = connection.Open(
            new SpdyForwardHeaders(true, port, requestId, TakesText: true).Encode(), observer: forward, isText: true);
        forward.Attach(connection.Open(new SpdyForwardHeaders(false, port, requestId, TakesText: false).Encode(), observer: forward));
        return forward;
    }

    /// <summary>The answering side: the client has opened both streams. On the read loop.</summary>
    internal static SpdyForward Answer(SpdyStream data, SpdyStream error, bool takesText, TunnelStream? tunnel)
    {
        SpdyForward forward = new(isServer: true, takesText, tunnel) { _error = error };
        error.Discard(); // a client has nothing to say there
        data.Observer = forward;
        forward.Attach(data);
        return forward;
    }

    void Attach(SpdyStream data)
    {
        _data = data;
        _writer = new Writer(data, this);
        Stream = new PipedForwardedStream(data.Reader, _writer, this);
        data.Attach(_writer);
    }

    internal async Task WaitForRepliesAsync(TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        await _error!.WaitForReplyAsync(timeout, time, cancellationToken);
        _error.SendEnd();
        await _data!.WaitForReplyAsync(timeout, time, cancellationToken);
    }

    public void Reset(ForwardFault fault, string reason)
    {
        if (_isServer) EndError(reason);
        _data!.Reset(SpdyResetStatus.Cancel);
        if (!_isServer) _error!.Reset(SpdyResetStatus.Cancel);
    }

    /// <summary>
    /// Sends the error text, if there is one, and ends the error stream, before the data stream ends. Does so once. A client that would
    /// give up all of its connections for an error text gets none.
    /// </summary>
    void EndError(string reason)
    {
        if (_takesText && !_error!.IsLocalEnded && reason.Length > 0)
        {
            MessageBuffer text = MessageBuffer.Rent(DirectMessage.LongestText);
            Encoding.UTF8.GetEncoder().Convert(
                reason, text.Unused.Span[..DirectMessage.LongestText], flush: true, out _, out int length, out _);
            text.Advance(length);
            _error.Send(text, new Writer(_error, this));
        }

        _error!.SendEnd();
    }

    public ValueTask ReleaseAsync()
    {
        if (_isServer) EndError("");
        _data!.Reset(SpdyResetStatus.Cancel); // without effect where both directions have ended
        if (!_isServer) _error!.Reset(SpdyResetStatus.Cancel);
        _released.TrySetResult();
        return default;
    }

    IOException ISpdyStreamObserver.OnReset(SpdyStream stream, SpdyResetStatus status)
    {
        string said = _error?.Said ?? "";
        string peer = _isServer ? "client" : "server";
        return new ForwardResetException(ForwardFault.ConnectionReset, said.Length > 0 ? said : $"The {peer} reset the connection.");
    }

    void ISpdyStreamObserver.OnInputEnded(SpdyStream stream)
    {
        if (stream.Said is not { Length: > 0 } said) return; // the data stream, or nothing was said
        ForwardResetException reset = new(ForwardFault.Unspecified, said);
        _data?.EndInput(reset);
        _data?.EndWriter(reset);
        _data?.Reset(SpdyResetStatus.Cancel);
    }

    sealed class Writer(SpdyStream stream, SpdyForward forward) : ChannelPipeWriter
    {
        protected override void Send(MessageBuffer buffer) => stream.Send(buffer, this);

        protected override void SendEnd() => stream.SendEnd();

        protected override void AbortBy(Exception exception) => forward.Reset(ForwardFault.Aborted, exception.Message);
    }
}
