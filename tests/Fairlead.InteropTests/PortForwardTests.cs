using System.Net.Sockets;
using System.Security.Cryptography;

namespace Fairlead.InteropTests;

/// <summary>The same connections through our command and every kubectl, over each one's own way to forward.</summary>
public sealed class PortForwardTests(LabFixture fixture)
{
    readonly LabProcess _lab = fixture.Lab;

    static long Size => Repository.IsFull ? 1L << 30 : 64L << 20;

    /// <summary>Half-close is in it: the answer begins after the end of the question.</summary>
    [Theory(Timeout = 600_000)]
    [MemberData(nameof(Clients.All), MemberType = typeof(Clients))]
    public async Task Many_bytes_each_way_arrive_whole(string name)
    {
        using LoopbackListener server = new();
        await using ForwardProcess forward = await ForwardAsync(name, server);
        using Socket client = await forward.ConnectAsync(cancellationToken: Ct);
        Task<ByteTally> answering = AnswerAsync();

        using RandomByteStream question = new(Size, seed: 8);
        await using NetworkStream stream = new(client);
        await question.CopyToAsync(stream, 1 << 18, Ct);
        client.Shutdown(SocketShutdown.Send);
        ByteTally answer = await ByteTally.OfAsync(stream, cancellationToken: Ct);

        Assert.Equal(new ByteTally(Size, question.Sha256), await answering);
        using RandomByteStream expected = new(Size, seed: 9);
        await expected.CopyToAsync(Stream.Null, 1 << 18, Ct);
        Assert.Equal(new ByteTally(Size, expected.Sha256), answer);
        Assert.Null(ForwardEvidence.WhyNotAsMeant(name, forward.Process.Stderr.Text));

        async Task<ByteTally> AnswerAsync()
        {
            using Socket accepted = await server.AcceptAsync(Ct);
            await using NetworkStream peer = new(accepted);
            ByteTally tally = await ByteTally.OfAsync(peer, cancellationToken: Ct);
            using RandomByteStream bytes = new(Size, seed: 9);
            await bytes.CopyToAsync(peer, 1 << 18, Ct);
            accepted.Shutdown(SocketShutdown.Send);
            return tally;
        }
    }

    [Theory(Timeout = 120_000)]
    [MemberData(nameof(Clients.All), MemberType = typeof(Clients))]
    public async Task A_hundred_connections_at_once(string name)
    {
        using LoopbackListener server = new();
        await using ForwardProcess forward = await ForwardAsync(name, server);
        Task serving = Task.WhenAll(Enumerable.Range(0, 100).Select(async _ =>
        {
            using Socket accepted = await server.AcceptAsync(Ct);
            await using NetworkStream stream = new(accepted);
            await stream.CopyToAsync(stream, Ct);
        }));
        await Task.WhenAll(Enumerable.Range(0, 100).Select(async i =>
        {
            byte[] content = RandomNumberGenerator.GetBytes(100_000 + i), back = new byte[content.Length];
            using Socket client = await forward.ConnectAsync(cancellationToken: Ct);
            await using NetworkStream stream = new(client);
            Task send = stream.WriteAsync(content, Ct).AsTask();
            await stream.ReadExactlyAsync(back, Ct);
            await send;
            Assert.Equal(content, back);
            client.Shutdown(SocketShutdown.Send);
            Assert.Equal(0, await stream.ReadAsync(back, Ct));
        }));
        await serving;
    }

    /// <summary>Newer kubectls give the whole connection up: not for a server to change.</summary>
    [Theory(Timeout = 60_000)]
    [InlineData(CommandLineClient.Fairlead)]
    [InlineData(CommandLineClient.FairleadSpdy)]
    [InlineData(Peer.KubectlSpdy)]
    public async Task A_port_that_the_pod_refuses_ends_its_own_connection(string name)
    {
        using LoopbackListener server = new();
        int closed;
        using (LoopbackListener gone = new()) closed = gone.Port;
        await using ForwardProcess forward = await ForwardProcess.StartAsync(
            Clients.Require(name), _lab.Kubeconfig, ["pod/demo", $":{server.Port}", $":{closed}"], listeners: 2, cancellationToken: Ct);
        using Socket client = await forward.ConnectAsync(0, Ct), accepted = await server.AcceptAsync(Ct);
        using Socket refused = await forward.ConnectAsync(1, Ct);
        try
        {
            Assert.Equal(0, await refused.ReceiveAsync(new byte[1], Ct)); // kubectl ends it, ours resets it
        }
        catch (SocketException e)
        {
            Assert.Equal(SocketError.ConnectionReset, e.SocketErrorCode);
        }

        await client.SendAsync("x"u8.ToArray(), SocketFlags.None);
        Assert.Equal(1, await accepted.ReceiveAsync(new byte[1], Ct));
        Assert.False(forward.Process.HasExited);
    }

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Clients.All), MemberType = typeof(Clients))]
    public async Task Output_is_what_scripts_parse(string name)
    {
        using LoopbackListener server = new();
        await using ForwardProcess forward = await ForwardAsync(name, server);
        using Socket client = await forward.ConnectAsync(cancellationToken: Ct);
        using Socket accepted = await server.AcceptAsync(Ct);
        Assert.Equal($"Forwarding from 127.0.0.1:{forward.LocalPort} -> {server.Port}", forward.Lines[0]);
        await forward.Process.Stdout!.LineAsync($"Handling connection for {forward.LocalPort}", Ct);
        forward.Process.Signal(2); // SIGINT
        Assert.Equal(0, await forward.Process.WaitForExitAsync(Ct));
    }

    Task<ForwardProcess> ForwardAsync(string name, LoopbackListener server) =>
        ForwardProcess.StartAsync(Clients.Require(name), _lab.Kubeconfig, ["pod/demo", $":{server.Port}"], cancellationToken: Ct);

    static CancellationToken Ct => TestContext.Current.CancellationToken;
}
