using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Fairlead.Server.Hosting;

/// <summary>Listens at every address of a set, and follows it: what comes is listened on, what is gone is let go.</summary>
/// <remarks>Connections that were taken go on when their address is gone. An address that cannot be had is tried again.</remarks>
sealed class AddressSetListener : IConnectionListener
{
    static readonly TimeSpan s_pause = TimeSpan.FromSeconds(5);

    readonly AddressSet _set;
    readonly Func<IPEndPoint, SocketListener> _bind;
    readonly ILogger _logger;
    readonly TimeProvider _clock;
    readonly Dictionary<IPAddress, (SocketListener Listener, Task Loop)> _listeners = [];
    readonly List<(SocketListener Listener, Task Loop)> _handed = [], _former = []; // the former ones' connections may go on
    readonly HashSet<IPAddress> _failing = [];
    readonly Channel<ConnectionContext> _accepted = Channel.CreateUnbounded<ConnectionContext>(); // the system's queue is the bound
    readonly CancellationTokenSource _ended = new();
    readonly Task _following;

    /// <exception cref="IOException">None of the addresses can be listened on.</exception>
    /// <param name="set">The addresses.</param>
    /// <param name="handed">The set's own sockets, which listen already.</param>
    /// <param name="bind">Listens at an address.</param>
    /// <param name="logger">Where it is told what comes and goes.</param>
    /// <param name="clock">The clock.</param>
    internal AddressSetListener(
        AddressSet set, IEnumerable<SocketListener> handed, Func<IPEndPoint, SocketListener> bind, ILogger logger, TimeProvider clock)
    {
        (_set, _bind, _logger, _clock) = (set, bind, logger, clock);
        foreach (SocketListener listener in handed) _handed.Add((listener, TakeAsync(listener)));
        Exception? failure = Follow();
        if (_listeners.Count + _handed.Count == 0)
            throw new AddressInUseException(
                $"{set} cannot be listened on: {failure?.Message ?? "there is no address but loopback"}", failure!);
        EndPoint = Everything.First().Listener.EndPoint;
        _following = FollowAsync();
        set.Closing += _ended.Cancel;
    }

    /// <summary>The first of the addresses.</summary>
    public EndPoint EndPoint { get; }

    IEnumerable<(SocketListener Listener, Task Loop)> Everything => _handed.Concat(_listeners.Values).Concat(_former);

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) =>
        await _accepted.Reader.WaitToReadAsync(cancellationToken) && _accepted.Reader.TryRead(out ConnectionContext? connection)
            ? connection
            : null;

    public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        await _ended.CancelAsync();
        await _following;
        _accepted.Writer.TryComplete();
    }

    public async ValueTask DisposeAsync()
    {
        _set.Closing -= _ended.Cancel;
        await UnbindAsync();
        while (_accepted.Reader.TryRead(out ConnectionContext? connection)) await connection.DisposeAsync();
        foreach ((SocketListener listener, _) in Everything) await listener.DisposeAsync();
        _ended.Dispose();
    }

    async Task FollowAsync()
    {
        using PeriodicTimer timer = new(s_pause, _clock);
        try
        {
            while (await timer.WaitForNextTickAsync(_ended.Token)) Follow();
        }
        catch (OperationCanceledException) when (_ended.IsCancellationRequested)
        {
            // First nobody takes, then it is closed: closing under an accept would end a socket that others share with this process.
            foreach ((_, Task loop) in Everything) await loop;
            foreach ((SocketListener listener, _) in Everything) await listener.UnbindAsync();
        }
    }

    /// <summary>Looks the addresses up, and listens on those that are new.</summary>
    /// <returns>Why one of them cannot be had; null where all can.</returns>
    Exception? Follow()
    {
        IPAddress[] now;
        try
        {
            now = [.. _set.Find()];
        }
        catch (Exception e) when (e is NetworkInformationException or IOException)
        {
            Log.AddressesNotFound(_logger, e);
            return e;
        }

        foreach (IPAddress gone in _listeners.Keys.Except(now).ToArray())
        {
            Log.AddressGone(_logger, gone);
            _listeners.Remove(gone, out var former);
            _former.Add(former);
#pragma warning disable VSTHRD002 // closes a socket, and waits for nothing
            former.Listener.UnbindAsync().AsTask().GetAwaiter().GetResult();
#pragma warning restore VSTHRD002
        }

        _failing.IntersectWith(now);
        Exception? failure = null;
        foreach (IPAddress address in now.Where(address => !_listeners.ContainsKey(address)))
        {
            try
            {
                SocketListener listener = _bind(new IPEndPoint(address, _set.Port));
                _listeners[address] = (listener, TakeAsync(listener));
                _failing.Remove(address);
            }
            catch (Exception e) when (e is SocketException or AddressInUseException)
            {
                failure = e;
                if (_failing.Add(address)) Log.AddressNotBound(_logger, e, address, e is AddressInUseException ? "it is in use"
                    : "it cannot be had");
            }
        }

        _set.Listening = [.. _handed.Concat(_listeners.Values).Select(static each => each.Listener.Socket)];
        return failure;
    }

    async Task TakeAsync(SocketListener listener)
    {
        try
        {
            while (await listener.AcceptAsync(_ended.Token) is { } connection)
            {
                if (_accepted.Writer.TryWrite(connection)) continue;
                await connection.DisposeAsync(); // another socket has failed, and nobody takes connections any more
                return;
            }
        }
        catch (OperationCanceledException) when (_ended.IsCancellationRequested)
        {
            // nobody listens any more
        }
#pragma warning disable CA1031 // whoever takes connections hears of it, as from one socket
        catch (Exception e)
#pragma warning restore CA1031
        {
            _accepted.Writer.TryComplete(e);
        }
    }
}
