using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Fairlead.Wire.PortForward;

namespace Fairlead.Streaming.PortForward;

/// <summary>A connection of this machine's own, TCP or Unix: the far end of a forwarded one, or its near end behind a listener.</summary>
public sealed class SocketForwardedStream : ForwardedStream
{
    readonly Socket _socket;
    volatile bool _writesCompleted, _isCut; // a write goes on, or ended before all of its bytes were passed on
    int _disposed;

    /// <summary>Takes a connected socket over.</summary>
    /// <param name="socket">The socket; owned from here on.</param>
    public SocketForwardedStream(Socket socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        _socket = socket;
        if (socket.ProtocolType is ProtocolType.Tcp) socket.NoDelay = true;
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            return await _socket.ReceiveAsync(buffer, SocketFlags.None, cancellationToken);
        }
        catch (SocketException e)
        {
            throw Translate(e);
        }
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            _isCut = true;
            while (!buffer.IsEmpty) buffer = buffer[await _socket.SendAsync(buffer, SocketFlags.None, cancellationToken)..];
            _isCut = false;
        }
        catch (SocketException e)
        {
            throw Translate(e);
        }
    }

    /// <summary>Does nothing: the system has what was written.</summary>
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public override ValueTask CompleteWritesAsync(CancellationToken cancellationToken = default)
    {
        if (_writesCompleted) return default;
        _writesCompleted = true;
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
            return default;
        }
        catch (SocketException e)
        {
            throw Translate(e);
        }
    }

    /// <inheritdoc/>
    public override void Abort(ForwardFault fault = ForwardFault.Aborted, string reason = "The connection was given up.")
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        try
        {
            _socket.LingerState = new LingerOption(true, 0); // TCP RST instead of FIN
        }
        catch (SocketException)
        {
            // the connection is over already: there is nobody to be told
        }

        _socket.Dispose();
    }

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        Dispose();
        return default;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && _isCut) Abort();
        if (disposing && Interlocked.Exchange(ref _disposed, 1) == 0) _socket.Dispose();
        base.Dispose(disposing);
    }

    static ForwardResetException Translate(SocketException e) => e.SocketErrorCode is SocketError.OperationAborted
        ? new ForwardResetException(ForwardFault.Aborted, "The connection was reset here.", e)
        : new ForwardResetException(ForwardFault.ConnectionReset, e.Message, e);
}
