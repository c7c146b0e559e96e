using System.Net;
using System.Net.Sockets;
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
        SetupException refused = await Assert.ThrowsAsync<SetupException>(() => _lab.Client.ForwardAsync(
            ForwardedLab.Pod, [new(free, 80), new(_server.Port, 81)], new ForwardOptions { Addresses = ["127.0.0.1"] }, Ct));
        Assert.Equal($"127.0.0.1:{_server.Port} is in use: something else listens there. Choose another local port; 0 picks a free one", refused.Message);
        using Socket again = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        again.Bind(new IPEndPoint(IPAddress.Loopback, free));
    }

    [Theory(Timeout = 60_000), Trait("Case", "B3")]
    [InlineData("127.0.0.1", "::1")]
    [InlineData("::1", "127.0.0.1")]
    public async Task Localhost_with_one_of_its_addresses_in_use_is_refused_and_the_other_is_left(string taken, string other)
    {
        Assert.SkipUnless(Socket.OSSupportsIPv6, "this machine has no IPv6");
        using TcpListener another = new(IPAddress.Parse(taken), 0);
        another.Start();
        IPEndPoint there = (IPEndPoint)another.LocalEndpoint;
        SetupException refused = await Assert.ThrowsAsync<SetupException>(() => _lab.Client.ForwardAsync(ForwardedLab.Pod, [new(there.Port, 80)], cancellationToken: Ct));
        Assert.StartsWith($"{there} is in use: ", refused.Message, StringComparison.Ordinal);
        using TcpListener free = new(IPAddress.Parse(other), there.Port);
        free.Start();
    }

    [Theory(Timeout = 60_000), Trait("Case", "B3")]
    [InlineData("127.0.0.1 localhost ::1 127.0.0.1", "127.0.0.1 ::1")]
    [InlineData("localhost 0.0.0.0 127.0.0.2", "::1 0.0.0.0")]
    [InlineData(":: ::1 127.0.0.1", ":: 127.0.0.1")]
    [InlineData("::ffff:127.0.0.2 127.0.0.2", "127.0.0.2")]
    public async Task Each_address_is_listened_on_once_with_the_same_port(string named, string listened)
    {
        Assert.SkipUnless(Socket.OSSupportsIPv6, "this machine has no IPv6");
        await using PortForward forward = await _lab.ForwardAsync(_server.Port, new ForwardOptions { Addresses = named.Split(' ') });
        Assert.Equal(listened.Split(' '), forward.Ports.Select(listening => ((IPEndPoint)listening.Local).Address.ToString()));
        Assert.Single(forward.Ports.Select(listening => ((IPEndPoint)listening.Local).Port).Distinct());
    }

    [Fact(Timeout = 60_000), Trait("Case", "B3")]
    public async Task A_port_that_is_asked_for_twice_is_not_blamed_on_another_program()
    {
        int free;
        using (LoopbackListener gone = new()) free = gone.Port;
        SetupException refused = await Assert.ThrowsAsync<SetupException>(() => _lab.Client.ForwardAsync(ForwardedLab.Pod, [new(free, 80), new(free, 81)], cancellationToken: Ct));
        Assert.Equal($"127.0.0.1:{free} is asked for twice: choose two local ports; 0 picks a free one", refused.Message);
    }

    [Theory(Timeout = 60_000), Trait("Case", "B3")]
    [InlineData("203.0.113.7", "203.0.113.7 is no address of this machine")]
    [InlineData("2001:db8::7", "2001:db8::7 is no address of this machine")]
    public async Task An_address_that_is_not_the_machines_is_told_apart_from_one_in_use(string address, string told)
    {
        SetupException refused = await Assert.ThrowsAsync<SetupException>(() => _lab.ForwardAsync(_server.Port, new ForwardOptions { Addresses = ["localhost", address] }));
        Assert.Equal(told, refused.Message);
    }

    [Fact(Timeout = 60_000)]
    public async Task What_is_no_address_is_named()
    {
        ArgumentException refused = await Assert.ThrowsAsync<ArgumentException>(() => _lab.ForwardAsync(_server.Port, new ForwardOptions { Addresses = ["db.local"] }));
        Assert.Contains("\"db.local\"", refused.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentException>(() => _lab.ForwardAsync(_server.Port, new ForwardOptions { Addresses = [] }));
    }

    [Fact(Timeout = 60_000), Trait("Case", "B3")]
    public async Task A_Unix_socket_without_its_folder_is_told_and_what_was_opened_before_goes()
    {
        string path = Path.Combine(_lab.Folder, "one.sock"), none = Path.Combine(_lab.Folder, "none", "two.sock");
        SetupException refused = await Assert.ThrowsAsync<SetupException>(() => _lab.Client.ForwardAsync(
            ForwardedLab.Pod, [new(LocalListener.UnixSocket(path), 80), new(LocalListener.UnixSocket(none), 81)], cancellationToken: Ct));
        Assert.Equal($"{none} cannot be listened on: its folder does not exist", refused.Message);
        Assert.False(Path.Exists(path));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_pod_that_is_not_there_leaves_no_listener()
    {
        int free;
        using (LoopbackListener gone = new()) free = gone.Port;
        await Assert.ThrowsAsync<UpgradeException>(() => _lab.Client.ForwardAsync(new("none"), [new(free, 80)], cancellationToken: Ct));
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
            SetupException refused = await Assert.ThrowsAsync<SetupException>(() => ForwardAsync(taken));
            Assert.Equal($"{taken} is in use: it is no socket, or something listens there. Choose another path", refused.Message);
            Assert.True(Path.Exists(taken));
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_Unix_path_that_is_too_long_is_told()
    {
        SetupException refused = await Assert.ThrowsAsync<SetupException>(() => ForwardAsync(Path.Combine(_lab.Folder, new string('x', 120))));
        Assert.EndsWith("the path is too long for a Unix socket. Choose a shorter one", refused.Message, StringComparison.Ordinal);
    }

    Task<PortForward> ForwardAsync(string path) =>
        _lab.Client.ForwardAsync(ForwardedLab.Pod, [new(LocalListener.UnixSocket(path), _server.Port)], cancellationToken: Ct);

    static CancellationToken Ct => TestContext.Current.CancellationToken;
}
