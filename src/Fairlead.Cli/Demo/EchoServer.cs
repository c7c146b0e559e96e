using System.Net;
using System.Net.Sockets;
using Fairlead.Streaming.Sockets;

namespace Fairlead.Cli.Demo;

/// <summary>What a pod of the lab listens with: sends back what comes, and ends when it ends.</summary>
sealed class EchoServer : IAsyncDisposable
{
    readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    readonly CancellationTokenSource _stop = new();
    readonly Task _serving;

    internal EchoServer()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        _serving = ServeAsync(_stop.Token);
    }

    internal int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    async Task ServeAsync(CancellationToken stop)
    {
        List<Task> connections = [];
        SocketAcceptor acceptor = new(_listener, static (_, _) => { }, TimeProvider.System); // who connects says what it waits for
        try
        {
            while (true) connections.Add(EchoAsync(await acceptor.AcceptAsync(stop), stop));
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            await Task.WhenAll(connections);
        }
    }

    static async Task EchoAsync(Socket socket, CancellationToken stop)
    {
        try
        {
            await using NetworkStream stream = new(socket, ownsSocket: true);
            await stream.CopyToAsync(stream, stop);
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            // the client went first: the step that it belonged to says what it saw
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
