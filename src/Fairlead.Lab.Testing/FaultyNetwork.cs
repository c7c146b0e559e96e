using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Fairlead.Lab.Testing;

/// <summary>A TCP proxy on loopback that delays and cuts. Owns its listener and all connections through it.</summary>
sealed class FaultyNetwork : IAsyncDisposable
{
    static readonly TimeSpan AfterRefusal = TimeSpan.FromMilliseconds(50);

    readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    readonly IPEndPoint _server;
    readonly ConcurrentDictionary<FaultyConnection, Task> _connections = new();
    readonly CancellationTokenSource _stop = new();
    readonly Task _accepting;
    long _latency;

    internal FaultyNetwork(IPEndPoint server)
    {
        _server = server;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Where clients dial.</summary>
    internal int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>How long what is sent from now on is on its way.</summary>
    internal TimeSpan Latency
    {
        get => new(Interlocked.Read(ref _latency));
        set => Interlocked.Exchange(ref _latency, value.Ticks);
    }

    /// <summary>Resets what is open, on both sides.</summary>
    internal int Cut()
    {
        int cut = 0;
        foreach (FaultyConnection connection in _connections.Keys)
            if (connection.Cut()) cut++;
        return cut;
    }

    async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                if (await NextAsync() is not { } client) continue;
                FaultyConnection connection = new(client, _server, () => Latency);
                TaskCompletionSource known = new();
                _connections[connection] = RunAsync(connection, known.Task);
                known.SetResult();
            }
        }
        catch (OperationCanceledException)
        {
            // the lab is over
        }
    }

    /// <summary>The next connection; null for one that was gone already, or while the process has no descriptors left.</summary>
    async Task<Socket?> NextAsync()
    {
        try
        {
            return await _listener.AcceptSocketAsync(_stop.Token);
        }
        catch (SocketException)
        {
            await Task.Delay(AfterRefusal, TimeProvider.System, _stop.Token); // descriptors come back in time
            return null;
        }
    }

    async Task RunAsync(FaultyConnection connection, Task known)
    {
        await known; // only now can it be taken out again
        using (connection) await connection.RunAsync();
        _connections.TryRemove(connection, out _);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _accepting;
        _listener.Dispose();
        Task[] running = [.. _connections.Values];
        Cut();
        await Task.WhenAll(running);
        _stop.Dispose();
    }
}
