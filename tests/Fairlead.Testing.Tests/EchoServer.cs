using System.Net;
using System.Net.Sockets;

namespace Fairlead.Testing.Tests;

/// <summary>Sends back what it gets, then its end.</summary>
sealed class EchoServer : IAsyncDisposable
{
    readonly LoopbackListener _listener = new();
    readonly CancellationTokenSource _stop = new();
    readonly Task _serving;

    internal EchoServer() => _serving = ServeAsync();

    internal IPEndPoint EndPoint => _listener.EndPoint;

    /// <summary>How the last connection ended: null for an orderly end.</summary>
    internal Task<Exception?> Ended => _ended.Task;

    readonly TaskCompletionSource<Exception?> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    async Task ServeAsync()
    {
        try
        {
            using Socket client = await _listener.AcceptAsync(_stop.Token);
            byte[] buffer = new byte[16 * 1024];
            int read;
            while ((read = await client.ReceiveAsync(buffer, _stop.Token)) > 0) await client.SendAsync(buffer.AsMemory(0, read), _stop.Token);
            client.Shutdown(SocketShutdown.Send);
            _ended.SetResult(null);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            _ended.SetResult(e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _serving;
        _listener.Dispose();
        _stop.Dispose();
    }
}
