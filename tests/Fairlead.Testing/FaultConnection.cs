using System.Net;
using System.Net.Sockets;

namespace Fairlead.Testing;

/// <summary>One connection through a <see cref="FaultProxy"/>: two sockets and a pump each way.</summary>
sealed class FaultConnection : IDisposable
{
    readonly Socket _client;
    readonly Socket _server;
    readonly FaultProxyOptions _options;
    readonly Action<ProxyDirections, int> _count;
    readonly RoundTrips _trips;
    readonly CancellationTokenSource _ended = new();
    readonly Lock _lock = new();
    readonly FaultGate _toServerGate = new(), _toClientGate = new();
    CutKind? _cut;
    volatile bool _clientEnded;
    long _lastTraffic = Environment.TickCount64;

    internal FaultConnection(Socket client, FaultProxyOptions options, RoundTrips trips, Action<ProxyDirections, int> count)
    {
        _client = client;
        _server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        _options = options;
        _trips = trips;
        _count = count;
    }

    internal async Task RunAsync(EndPoint server, CancellationToken stop)
    {
        using CancellationTokenSource linked = CancellationTokenSource.CreateLinkedTokenSource(stop, _ended.Token);
        try
        {
            await _server.ConnectAsync(server, linked.Token);
            FaultPump toServer = new(_client, _server, _options, _options.CutAfterBytesToServer, _toServerGate, _trips, ProxyDirections.ToServer)
            {
                Ended = () => _clientEnded = true,
            };
            FaultPump toClient = new(_server, _client, _options, _options.CutAfterBytesToClient, _toClientGate, _trips, ProxyDirections.ToClient)
            {
                IsUnheard = () => _clientEnded,
            };
            Task watching = WatchSilenceAsync(linked.Token);
            await Task.WhenAll(
                PumpAsync(toServer, ProxyDirections.ToServer, linked.Token), PumpAsync(toClient, ProxyDirections.ToClient, linked.Token));
            await _ended.CancelAsync();
            await watching;
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            Cut(CutKind.Reset); // the server cannot be reached, or the proxy ends
        }

        await CloseAsync();
        Dispose();
    }

    async Task PumpAsync(FaultPump pump, ProxyDirections direction, CancellationToken cancellationToken)
    {
        try
        {
            bool whole = await pump.RunAsync(Forwarded, cancellationToken);
            if (!whole) Cut(_options.CutWith);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            Cut(CutKind.Reset); // one side is gone: the other learns it
        }

        void Forwarded(int bytes)
        {
            Volatile.Write(ref _lastTraffic, Environment.TickCount64);
            _count(direction, bytes);
        }
    }

    async Task WatchSilenceAsync(CancellationToken cancellationToken)
    {
        if (_options.CutAfterSilence is not { } limit) return;
        try
        {
            while (true)
            {
                long silent = Environment.TickCount64 - Volatile.Read(ref _lastTraffic);
                if (silent >= limit.TotalMilliseconds) break;
                await Task.Delay(limit - TimeSpan.FromMilliseconds(silent) + TimeSpan.FromMilliseconds(1), cancellationToken);
            }

            Cut(_options.CutWith);
        }
        catch (OperationCanceledException)
        {
            // the connection ended before it fell silent
        }
    }

    internal void BlackHole(ProxyDirections directions)
    {
        _toServerGate.Set(closed: directions.HasFlag(ProxyDirections.ToServer));
        _toClientGate.Set(closed: directions.HasFlag(ProxyDirections.ToClient));
    }

    internal void Cut(CutKind kind)
    {
        lock (_lock)
        {
            if (_cut is not null) return;
            _cut = kind;
        }

        _ended.Cancel();
    }

    async Task CloseAsync()
    {
        if (_cut is CutKind.Reset)
        {
            // closing with a linger time of 0 sends RST instead of FIN
            _client.LingerState = _server.LingerState = new LingerOption(true, 0);
            return;
        }

        if (_cut is null) return;

        // Closing a socket with unread bytes would send RST after the FIN: what still comes is read away for a while.
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(2));
        await Task.WhenAll(EndAsync(_client, patience.Token), EndAsync(_server, patience.Token));
    }

    static async Task EndAsync(Socket socket, CancellationToken cancellationToken)
    {
        try
        {
            socket.Shutdown(SocketShutdown.Send);
            byte[] unread = new byte[16 * 1024];
            while (await socket.ReceiveAsync(unread, cancellationToken) > 0)
            {
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            // the peer is gone, or does not care: closing says the rest
        }
    }

    public void Dispose()
    {
        _client.Dispose();
        _server.Dispose();
    }
}
