using System.Net;
using System.Net.Sockets;
using Fairlead.Containerd.Cri;
using Fairlead.Containerd.Native;
using Fairlead.Containerd.Ports;
using Fairlead.Testing;

namespace Fairlead.Containerd.Tests;

/// <summary>Where a pod's network is, and how a socket gets there.</summary>
public sealed class PodNetworkTests
{
    [Theory]
    [InlineData("""{"pid":12,"runtimeSpec":{"linux":{"namespaces":[{"type":"pid"},{"type":"network","path":"/run/netns/a"}]}}}""", "/run/netns/a")]
    [InlineData("""{"pid":12,"runtimeSpec":{"linux":{"namespaces":[{"type":"network"}]}}}""", "/proc/12/ns/net")]
    [InlineData("""{"pid":12}""", "/proc/12/ns/net")]
    public void A_path_is_preferred_to_a_process(string info, string expected) => Assert.Equal(expected, PodNetwork.NamespaceOf(Sandbox(info)));

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"pid":0}""")]
    [InlineData("no JSON")]
    [InlineData("""{"runtimeSpec":{"linux":{"namespaces":[{"type":"network","path":7}]}}}""")]
    public void A_runtime_that_does_not_say_is_not_guessed_at(string info) => Assert.Throws<InvalidDataException>(() => PodNetwork.NamespaceOf(Sandbox(info)));

    [Fact]
    public void The_hosts_network_needs_no_other()
    {
        PodSandboxStatusResponse sandbox = Sandbox("{}");
        sandbox.Status.Linux = new() { Namespaces = new() { Options = new() { Network = NamespaceMode.Node } } };
        Assert.Null(PodNetwork.NamespaceOf(sandbox));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_socket_is_made_inside_and_the_host_stays_where_it_is()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root to make a network namespace");
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        await using RunningProcess inside = RunningProcess.Start("unshare", ["--net", "sh", "-c", "echo ready; exec sleep 60"]);
        try
        {
            await inside.Stdout!.ContainsAsync("ready", cancellationToken);
        }
        catch (EndOfStreamException)
        {
            Assert.Skip("this machine makes no network namespaces: " + inside.Stderr.Text);
        }

        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        IPEndPoint here = (IPEndPoint)listener.LocalEndpoint;
        using Socket there = NetworkNamespace.CreateSocket($"/proc/{inside.Id}/ns/net", AddressFamily.InterNetwork);
        SocketException unreachable = await Assert.ThrowsAsync<SocketException>(async () => await there.ConnectAsync(here, cancellationToken));
        Assert.Equal(SocketError.NetworkUnreachable, unreachable.SocketErrorCode); // its loopback interface is down

        using Socket own = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await own.ConnectAsync(here, cancellationToken);
        Assert.Throws<FileNotFoundException>(() => NetworkNamespace.CreateSocket($"/proc/{inside.Id}/ns/none", AddressFamily.InterNetwork));
    }

    static PodSandboxStatusResponse Sandbox(string info) => new() { Status = new() { Id = "a" }, Info = { ["info"] = info } };
}
