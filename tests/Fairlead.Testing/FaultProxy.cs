using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Fairlead.Testing;

/// <summary>A TCP proxy on loopback that does what networks do: delays, limits, cuts, falls silent.</summary>
/// <remarks>Forwards a half-close as one. Owns its listener and all connections through it.</remarks>
public sealed class FaultProxy : IAsyncDisposable
{
    readonly LoopbackListener _listener = new();
    readonly EndPoint _server;
    readonly FaultProxyOptions _options;
    readonly ConcurrentDictionary<FaultConnection, Task> _connections = new();
    readonly CancellationTokenSource _stop = new();
    readonly RoundTrips _trips = new();
    readonly Task _accepting;
    long _bytesToServer, _bytesToClient;
    int _accepted;
    bool _isShut;

    /// <summary>Starts to forward to this server.</summary>
    public FaultProxy(EndPoint server, FaultProxyOptions? options = null)
    {
        _server = server;
        _options = options ?? new();
        _accepting = AcceptAsync();
    }

    /// <summary>Where clients dial.</summary>
    public IPEndPoint EndPoint => _listener.EndPoint;

    /// <summary>The port where clients dial.</summary>
    public int Port => _listener.Port;

    /// <summary>Bytes that went to the server over all connections.</summary>
    public long BytesToServer => Interlocked.Read(ref _bytesToServer);

    /// <summary>Bytes that went to clients over all connections.</summary>
    public long BytesToClient => Interlocked.Read(ref _bytesToClient);

    /// <summary>How many connections were taken so far.</summary>
    public int AcceptedConnections => Volatile.Read(ref _accepted);

    /// <summary>How many connections are open now.</summary>
    public int OpenConnections => _connections.Count;

    /// <summary>
    /// For how many round trips, one after the other, clients have waited so far; opening a connection is one. What comes after a client's
    /// end counts no more. The latency must be larger than what either side needs for its answers: what crosses on its way is else taken for one.
    /// </summary>
    public int RoundTrips => _trips.Answered;

    /// <summary>While this is set, connections that come are reset at once, as where no server is.</summary>
    public bool IsShut
    {
        get => Volatile.Read(ref _isShut);
        set => Volatile.Write(ref _isShut, value);
    }

    /// <summary>Cuts every connection that is open now; later ones are forwarded again.</summary>
    public void Cut(CutKind kind)
    {
        foreach (FaultConnection connection in _connections.Keys) connection.Cut(kind);
    }

    /// <summary>
    /// Stops forwarding in these directions, on every connection that is open now, while sockets stay open; <see cref="ProxyDirections.None"/>
    /// lets what was held go on.
    /// </summary>
    public void BlackHole(ProxyDirections directions)
    {
        foreach (FaultConnection connection in _connections.Keys) connection.BlackHole(directions);
    }

    async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket client = await _listener.AcceptAsync(_stop.Token);
                if (IsShut)
                {
                    client.Close(0);
                    continue;
                }

                Interlocked.Increment(ref _accepted);
                _trips.Arrived(ProxyDirections.ToClient, _trips.Sent(ProxyDirections.ToServer)); // the handshake of TCP
                FaultConnection connection = new(client, _options, _trips, Count);
                TaskCompletionSource started = new(TaskCreationOptions.RunContinuationsAsynchronously);
                _connections[connection] = RunAsync(connection, started.Task);
                started.SetResult(); // only now: its end takes it out of the table again
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // the proxy is disposed
        }
    }

    async Task RunAsync(FaultConnection connection, Task started)
    {
        await started;
        try
        {
            await connection.RunAsync(_server, _stop.Token);
        }
        finally
        {
            _connections.TryRemove(connection, out _);
        }
    }

    void Count(ProxyDirections direction, int bytes)
    {
        if (direction == ProxyDirections.ToServer) Interlocked.Add(ref _bytesToServer, bytes);
        else Interlocked.Add(ref _bytesToClient, bytes);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _accepting;
        _listener.Dispose();
        Task[] running = [.. _connections.Values];
        Cut(CutKind.Reset);
        await Task.WhenAll(running);
        _stop.Dispose();
    }
}
