using System.Net;
using System.Net.Sockets;
using Fairlead.Client.Forwarding;
using Fairlead.Testing;

namespace Fairlead.FunctionalTests.Forwarding;

/// <summary>Where a forward listens.</summary>
public sealed class ListeningTests : IAsyncLifetime
{
    readonly LoopbackListener _server = new();
    ForwardedLab _lab = null!;

    public async ValueTask InitializeAsync() => _lab = await ForwardedLab.StartAsync(Ct);

    public async ValueTask DisposeAsync()
    {
        await _lab.DisposeAsync();
        _server.Dispose();
    }

    [Fact(Timeout = 60_000)]
    public async Task Localhost_is_both_loopback_addresses_with_one_port()
    {
        Assert.SkipUnless(Socket.OSSupportsIPv6, "this machine has no IPv6");
        await using PortForward forward = await _lab.ForwardAsync(_server.Port);
        int port = ((IPEndPoint)forward.Ports[0].Local).Port;
        Assert.Equal([new(new IPEndPoint(IPAddress.Loopback, port), _server.Port), new(new IPEndPoint(IPAddress.IPv6Loopback, port), _server.Port)], forward.Ports);
    }

    [Fact(Timeout = 60_000)]
    public async Task Only_the_addresses_that_were_named_are_listened_on()
    {
        await using PortForward forward = await _lab.ForwardAsync(_server.Port, new ForwardOptions { Addresses = ["127.0.0.2", "127.0.0.3"] });
        int port = ((IPEndPoint)forward.Ports[0].Local).Port;
        Assert.Equal(["127.0.0.2", "127.0.0.3"], forward.Ports.Select(listening => ((IPEndPoint)listening.Local).Address.ToString()));
        using Socket other = new(SocketType.Stream, ProtocolType.Tcp);
        await Assert.ThrowsAsync<SocketException>(async () => await other.ConnectAsync(IPAddress.Loopback, port, Ct));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_port_in_use_is_told_with_what_helps_and_nothing_stays_open()
    {
        int free;
        using (LoopbackListener gone = new()) free = gone.Port;
        IOException refused = await Assert.ThrowsAsync<IOException>(() => _lab.Client.ForwardAsync(
            ForwardedLab.Pod, [new(free, 80), new(_server.Port, 81)], new ForwardOptions { Addresses = ["127.0.0.1"] }, Ct));
        Assert.Equal($"127.0.0.1:{_server.Port} is in use: something else listens there. Choose another local port; 0 picks a free one", refused.Message);
        using Socket again = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        again.Bind(new IPEndPoint(IPAddress.Loopback, free));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_pod_that_is_not_there_leaves_no_listener()
    {
        int free;
        using (LoopbackListener gone = new()) free = gone.Port;
        await Assert.ThrowsAsync<Fairlead.Client.UpgradeException>(() => _lab.Client.ForwardAsync(new("none"), [new(free, 80)], cancellationToken: Ct));
        using Socket again = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        again.Bind(new IPEndPoint(IPAddress.Loopback, free));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_Unix_socket_is_its_owners_alone_and_goes_with_the_forward()
    {
        string path = Path.Combine(_lab.Folder, "db.sock");
        await using (PortForward forward = await ForwardAsync(path))
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
            using Socket client = await TcpPeer.ConnectAsync(forward);
            await client.SendAsync("question");
            client.Shutdown(SocketShutdown.Send);
            using Socket server = await _server.AcceptAsync(Ct);
            Assert.Equal("question", await server.ReadToEndAsync());
            await server.SendAsync("answer");
            server.Shutdown(SocketShutdown.Send);
            Assert.Equal("answer", await client.ReadToEndAsync());
        }

        Assert.False(Path.Exists(path));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_dead_Unix_socket_is_replaced_and_nothing_else_is()
    {
        string dead = Path.Combine(_lab.Folder, "dead.sock"), alive = Path.Combine(_lab.Folder, "alive.sock"), file = Path.Combine(_lab.Folder, "file");
        using (Socket left = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            string moved = dead + ".moved";
            left.Bind(new UnixDomainSocketEndPoint(moved));
            File.Move(moved, dead);
        }

        Assert.True(Path.Exists(dead));
        await using (PortForward forward = await ForwardAsync(dead)) Assert.Equal(dead, forward.Ports[0].Local.ToString());

        await using PortForward first = await ForwardAsync(alive);
        await File.WriteAllTextAsync(file, "", Ct);
        foreach (string taken in (string[])[alive, file])
        {
            IOException refused = await Assert.ThrowsAsync<IOException>(() => ForwardAsync(taken));
            Assert.Equal($"{taken} is in use: it is no socket, or something listens there. Choose another path", refused.Message);
            Assert.True(Path.Exists(taken));
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_Unix_path_that_is_too_long_is_told()
    {
        IOException refused = await Assert.ThrowsAsync<IOException>(() => ForwardAsync(Path.Combine(_lab.Folder, new string('x', 120))));
        Assert.EndsWith("the path is too long for a Unix socket. Choose a shorter one", refused.Message, StringComparison.Ordinal);
    }

    Task<PortForward> ForwardAsync(string path) =>
        _lab.Client.ForwardAsync(ForwardedLab.Pod, [new(LocalListener.UnixSocket(path), _server.Port)], cancellationToken: Ct);

    static CancellationToken Ct => TestContext.Current.CancellationToken;
}
