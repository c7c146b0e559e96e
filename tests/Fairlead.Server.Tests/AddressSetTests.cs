using System.Net;
using System.Net.Sockets;
using Fairlead.Server.Hosting;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Fairlead.Server.Tests;

/// <summary>Listening at addresses that come and go, on the loopback network, of which every address is this machine's.</summary>
public sealed class AddressSetTests
{
    static readonly IPAddress s_first = IPAddress.Parse("127.0.0.1"), s_second = IPAddress.Parse("127.0.0.2");

    readonly FakeTimeProvider _clock = new();
    readonly SocketListenerFactory _sockets = new(Options.Create(new SocketTransportOptions()), NullLoggerFactory.Instance);
    volatile IPAddress[] _now = [];

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_address_that_comes_is_listened_on_and_one_that_goes_is_let_go_with_its_connections_going_on()
    {
        int port = FreePort();
        _now = [s_first];
        await using AddressSetListener listener = Listen(port);
        Assert.Equal(new IPEndPoint(s_first, port), listener.EndPoint);
        (TcpClient early, ConnectionContext taken) = await ConnectAsync(listener, s_first, port);
        await Assert.ThrowsAsync<SocketException>(() => ConnectAsync(listener, s_second, port));

        _now = [s_second];
        _clock.Advance(TimeSpan.FromSeconds(5));
        (TcpClient late, ConnectionContext second) = await ConnectWhenThereAsync(listener, s_second, port);
        await Assert.ThrowsAsync<SocketException>(() => ConnectAsync(listener, s_first, port));
        await early.GetStream().WriteAsync("still here"u8.ToArray(), Token);
        Assert.Equal(10, (await taken.Transport.Input.ReadAtLeastAsync(10, Token)).Buffer.Length);

        foreach (ConnectionContext connection in (ConnectionContext[])[taken, second]) await connection.DisposeAsync();
        foreach (TcpClient client in (TcpClient[])[early, late]) client.Dispose();
    }

    [Fact]
    public async Task An_address_that_is_in_use_is_tried_again_and_none_at_all_is_a_fault()
    {
        using TcpListener other = new(s_second, 0);
        other.Start();
        int port = ((IPEndPoint)other.LocalEndpoint).Port;
        _now = [s_second];
        Assert.Contains(port.ToString(), Assert.Throws<AddressInUseException>(() => Listen(port)).Message);
        _now = [s_first, s_second];
        await using AddressSetListener listener = Listen(port);
        other.Stop();
        _clock.Advance(TimeSpan.FromSeconds(5));
        (TcpClient client, ConnectionContext taken) = await ConnectWhenThereAsync(listener, s_second, port);
        await taken.DisposeAsync();
        client.Dispose();
    }

    [Fact]
    public async Task Unbound_it_takes_nothing_more()
    {
        int port = FreePort();
        _now = [s_first, s_second];
        await using AddressSetListener listener = Listen(port);
        Task<ConnectionContext?> waiting = listener.AcceptAsync(Token).AsTask();
        await listener.UnbindAsync(Token);
        Assert.Null(await waiting);
        using TcpClient client = new();
        await Assert.ThrowsAsync<SocketException>(() => client.ConnectAsync(s_second, port, Token).AsTask());
    }

    AddressSetListener Listen(int port) => new(
        new AddressSet(port, () => _now), [], endpoint => (SocketListener)_sockets.BindAsync(endpoint, Token).AsTask().Result, NullLogger.Instance, _clock);

    async Task<(TcpClient Client, ConnectionContext Taken)> ConnectAsync(AddressSetListener listener, IPAddress address, int port)
    {
        TcpClient client = new();
        await client.ConnectAsync(address, port, Token);
        return (client, Assert.IsAssignableFrom<ConnectionContext>(await listener.AcceptAsync(Token)));
    }

    /// <summary>The look for addresses runs on a thread of its own once its time has come.</summary>
    async Task<(TcpClient Client, ConnectionContext Taken)> ConnectWhenThereAsync(AddressSetListener listener, IPAddress address, int port)
    {
        while (true)
        {
            try
            {
                return await ConnectAsync(listener, address, port);
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
            {
                Token.ThrowIfCancellationRequested();
                await Task.Yield();
            }
        }
    }

    static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Any, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
