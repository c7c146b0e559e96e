using System.Net.WebSockets;
using System.Runtime.CompilerServices;
using Fairlead.Streaming.WebSockets;
using Fairlead.Wire;

namespace Fairlead.Streaming.Spdy.PortForward;

/// <summary>
/// The bytes of another protocol in binary messages of a WebSocket: <c>SPDY/3.1+portforward.k8s.io</c>. Where a message begins or ends
/// means nothing. No pings of its own: the protocol inside has some.
/// </summary>
/// <remarks>One reader and one writer. Every failure is an <see cref="IOException"/>; an orderly Close is the end of the stream.</remarks>
sealed class TunnelStream : Stream
{
    /// <summary>How long a Close may take to be sent.</summary>
    static readonly TimeSpan s_closeTime = TimeSpan.FromSeconds(1);

    readonly LivenessStream _inner;
    readonly FrameStream _frames;
    readonly WebSocket _socket;
    readonly TimeProvider _time;
    int _disposed;

    internal TunnelStream(Stream inner, bool isServer, TimeProvider time)
    {
        _time = time;
        _inner = new LivenessStream(inner, time);
        _frames = new FrameStream(_inner);
        _socket = WebSocket.CreateFromStream(
            _frames, new WebSocketCreationOptions { IsServer = isServer, KeepAliveInterval = Timeout.InfiniteTimeSpan });
        if (!isServer) _frames.Client = _socket;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // When a token is cancelled, the library disposes the stream that it was given. That would not end the read that is pending on the
        // stream below.
        await using CancellationTokenRegistration stop = cancellationToken.UnsafeRegister(
            static state => ((TunnelStream)state!)._inner.StopReading(), this);
        try
        {
            while (true)
            {
                ValueWebSocketReceiveResult part = await _socket.ReceiveAsync(buffer, CancellationToken.None);
                switch (part.MessageType)
                {
                    case WebSocketMessageType.Close when _socket.CloseStatus is WebSocketCloseStatus.NormalClosure:
                        return 0;
                    case WebSocketMessageType.Close:
                        PeerText words = _socket.CloseStatusDescription;
                        throw new IOException(
                            $"The peer closed the tunnel with code " +
                            $"{(int?)_socket.CloseStatus ?? 1005}{(words.IsEmpty ? "" : $" ({words})")}.");
                    case WebSocketMessageType.Text:
                        await SendCloseAsync(WebSocketCloseStatus.InvalidMessageType);
                        throw new IOException("The peer sent text in a tunnel for bytes.");
                    default:
                        if (part.Count > 0 || buffer.IsEmpty) return part.Count; // an empty buffer waits for bytes and takes none
                        break; // Go peers send empty messages for empty frames
                }
            }
        }
        catch (WebSocketException e)
        {
            throw new IOException("The tunnel broke: " + e.Message, e);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            await _frames.RoomAsync();
            await _socket.SendAsync(buffer, WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None);
        }
        catch (WebSocketException e)
        {
            throw new IOException("The tunnel broke: " + e.Message, e);
        }
    }

    /// <summary>Does nothing: who writes next waits for the frame before, and nobody else has to.</summary>
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Completes when what was written is on the wire, or never will be.</summary>
    internal Task SentAsync() => _frames.DataSentAsync();

    /// <summary>Sends the Close if that is still possible, and gives everything back.</summary>
    public override async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0) await CloseAsync();
        await base.DisposeAsync();
    }

    async ValueTask CloseAsync()
    {
        await SendCloseAsync(WebSocketCloseStatus.NormalClosure);
        _inner.Cut(); // a frame that is still being written reaches nobody
        await _frames.StopAsync();
        _socket.Dispose();
        await _inner.CloseAsync();
    }

    async ValueTask SendCloseAsync(WebSocketCloseStatus code)
    {
        if (_socket.State is not (WebSocketState.Open or WebSocketState.CloseReceived)) return;
        try
        {
            await _socket.CloseOutputAsync(code, null, CancellationToken.None);
            await _frames.CloseSent.WaitAsync(s_closeTime, _time);
        }
        catch (Exception e) when (LoopFault.IsBroken(e) || e is TimeoutException)
        {
            // nobody there to be told, or nobody who reads
        }
    }

    /// <summary>Cuts the connection at once; <see cref="DisposeAsync"/> is still owed.</summary>
    protected override void Dispose(bool disposing)
    {
        if (disposing && _disposed == 0) _inner.Cut();
        base.Dispose(disposing);
    }

    public override bool CanRead => true;
    public override bool CanWrite => true;
    public override bool CanSeek => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
    public override void Flush() => throw new NotSupportedException();
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
}
