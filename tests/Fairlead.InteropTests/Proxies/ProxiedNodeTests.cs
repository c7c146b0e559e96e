using System.Net.Sockets;
using System.Security.Cryptography;
using Fairlead.Containerd;
using Fairlead.Node;
using Fairlead.Server.Access;
using Fairlead.Testing.Containerd;

namespace Fairlead.InteropTests.Proxies;

/// <summary>The same proxies, by the same files, before a node without a gateway: sessions in real containers go through whole.</summary>
public sealed class ProxiedNodeTests(NodeFixture fixture) : IClassFixture<NodeFixture>
{
    static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static TheoryData<string> Names => ProxyServer.Names;

    [Theory(Timeout = 180_000), MemberData(nameof(Names))]
    public async Task Exec_with_half_close_a_forwarded_port_and_a_followed_log_go_through(string name)
    {
        fixture.Kubeconfig(StreamThrough.Native); // or there is no containerd
        using TestAuthority authority = new();
        DirectoryInfo folder = Directory.CreateTempSubdirectory("fairlead-proxied-node-");
        try
        {
            ProxiedGateway.WriteCertificate(authority, folder.FullName);
            ApiUser user = NodeServer.CreateAdministrator();
            await using NodeServer node = await NodeServer.StartAsync(
                fixture.Options(StreamThrough.Native) with { CertificateFile = folder.FullName + "/tls.crt", KeyFile = folder.FullName + "/tls.key", Users = [user] }, Ct);
            await using ProxyServer proxy = await ProxyServer.StartAsync(name, authority, [node.Url.Port], ForNode, Ct);
            string kubeconfig = folder.FullName + "/kubeconfig";
            await File.WriteAllTextAsync(kubeconfig, ProxiedGateway.KubeconfigFor(authority, proxy.Port, user.Token), Ct);

            byte[] sent = RandomNumberGenerator.GetBytes(1 << 20);
            foreach (string each in (string[])[CommandLineClient.Fairlead, Peer.KubectlNewest])
            {
                CommandLineClient client = Clients.Require(each);
                RunResult whole = await RunningProcess.RunAsync(
                    client.Program, client.Exec(kubeconfig, ["-i"], "sh", "-c", "sha256sum; exit 7"), sent, new RunOptions { Environment = client.Environment(kubeconfig) }, Ct); // ends only when input does
                Assert.True(whole.ExitCode == 7 && whole.Stdout.StartsWith(Convert.ToHexStringLower(SHA256.HashData(sent)), StringComparison.Ordinal), $"{each}: {whole}\n{proxy.Log}");
                Assert.True(client.WhyNotAsMeant(whole.Stderr) is null || each == CommandLineClient.Fairlead, whole.Stderr); // ours offers its own form first
            }

            using StreamingClient streaming = StreamingClient.FromKubeconfig(kubeconfig);
            await ForwardAsync(streaming);
            await FollowAsync(streaming, kubeconfig, name);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>A node shows its health to those it knows alone: that it answers is what a balancer can see.</summary>
    static string ForNode(string file) => file.Replace("http-check expect status 200", "http-check expect status 401", StringComparison.Ordinal);

    /// <summary>The answer begins behind the end of the question.</summary>
    async Task ForwardAsync(StreamingClient client)
    {
        using LoopbackListener server = new();
        await using ForwardedStream near = await client.ConnectAsync(fixture.PodReference, server.Port, cancellationToken: Ct);
        using Socket far = await server.AcceptAsync(Ct);
        await near.WriteAsync(new byte[300_000], Ct);
        await near.CompleteWritesAsync(Ct);
        await using NetworkStream stream = new(far, ownsSocket: false);
        using MemoryStream question = new();
        await stream.CopyToAsync(question, Ct);
        Assert.Equal(300_000, question.Length);
        await stream.WriteAsync("answer"u8.ToArray(), Ct);
        far.Shutdown(SocketShutdown.Send);
        using StreamReader answer = new(near, leaveOpen: true);
        Assert.Equal("answer", await answer.ReadToEndAsync(Ct));
    }

    /// <summary>A line is there while the log goes on: nothing in between keeps it until there is more.</summary>
    async Task FollowAsync(StreamingClient client, string kubeconfig, string name)
    {
        CommandLineClient kubectl = Clients.Require(Peer.KubectlNewest);
        ContainerdPod pod = await fixture.Containerd.RunPodAsync(
            new() { Name = "tells-" + name, Command = ["sh", "-c", "echo first; until [ -e /go ]; do sleep 0.1; done; echo second; exec sleep 600"] }, Ct);
        await using RunningProcess following = RunningProcess.Start(
            kubectl.Program, ["--kubeconfig", kubeconfig, "logs", "-f", pod.Name], new RunOptions { Environment = kubectl.Environment(kubeconfig) });
        await following.Stdout!.LineAsync("first", Ct);
        CommandResult touched = await client.RunAsync(new(pod.Name, pod.Namespace, pod.Container), ["touch", "/go"], cancellationToken: Ct);
        Assert.Equal(0, touched.Exit.Code);
        await following.Stdout!.LineAsync("second", Ct);
    }
}
