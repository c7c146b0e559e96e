using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Fairlead.Node.Tests.Kubelet;
using Fairlead.Streaming;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Testing.Containerd;
using Fairlead.Upgrades;
using Fairlead.Upgrades.RemoteCommand;

namespace Fairlead.InteropTests.Fronts;

/// <summary>A front before a containerd, and an API server that asks it: everything by the API server's certificate.</summary>
sealed class FrontDoor : IAsyncDisposable
{
    FrontDoor(FrontRoom room) =>
        (Room, ApiServer) = (room, room.Callers.IssueClientSubject("O=system:masters, CN=kube-apiserver-kubelet-client"));

    /// <summary>The front, with the kubelet and the cluster of the kit's.</summary>
    public FrontRoom Room { get; }

    /// <summary>The API server's certificate.</summary>
    public X509Certificate2 ApiServer { get; }

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>Starts it. The cluster says yes to everybody.</summary>
    public static async Task<FrontDoor> OpenAsync(Func<Fairlead.Node.NodeOptions, Fairlead.Node.NodeOptions> configure)
    {
        FrontRoom room = await FrontRoom.StartAsync(configure);
        room.Cluster.Allows = static _ => true;
        return new FrontDoor(room);
    }

    public Uri Uri(string target) => new(Room.Server.Url, target);

    /// <summary>Dials as an API server does.</summary>
    public UpgradeDialer Dialer()
    {
        SocketsHttpHandler handler = new() { UseProxy = false, UseCookies = false };
        handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        handler.SslOptions.CertificateChainPolicy.CustomTrustStore.ImportFromPem(Room.Server.AuthorityPem);
        handler.SslOptions.ClientCertificateContext = SslStreamCertificateContext.Create(ApiServer, null, offline: true);
        return new UpgradeDialer(new KubernetesEndpoint(Room.Server.Url, handler), new TransportMemory(TimeProvider.System));
    }

    /// <summary>A shell's command in a pod, with all of its pipes, or a terminal.</summary>
    public Task<AskingSession> ExecAsync(UpgradeDialer dialer, Transport transport, ContainerdPod pod, string script, bool tty = false) =>
        AskAsync(dialer, transport, Exec(pod, script, tty), new() { Command = ["sh", "-c", script], Stdin = true, Stdout = true, Stderr = !tty, Tty = tty });

    /// <summary>A pod's main process.</summary>
    public Task<AskingSession> AttachAsync(UpgradeDialer dialer, Transport transport, ContainerdPod pod, bool tty = false) =>
        AskAsync(
            dialer, transport, $"/attach/{pod.Namespace}/{pod.Name}/{pod.Container}?{Streams(tty)}",
            new() { Stdin = true, Stdout = true, Stderr = !tty, Tty = tty });

    /// <summary>Path and query of an exec, as an API server spells them.</summary>
    public static string Exec(ContainerdPod pod, string script, bool tty = false) =>
        $"/exec/{pod.Namespace}/{pod.Name}/{pod.Container}?command=sh&command=-c&command={System.Uri.EscapeDataString(script).Replace("%20", "+", StringComparison.Ordinal)}&{Streams(tty)}";

    static string Streams(bool tty) => tty ? "input=1&output=1&tty=1" : "error=1&input=1&output=1";

    async Task<AskingSession> AskAsync(UpgradeDialer dialer, Transport transport, string target, RemoteCommandRequest request)
    {
        UpgradedConnection connection = await dialer.DialAsync(Uri(target), request, new ExecOptions { Transport = transport }, static _ => { }, Ct);
        return new AskingSession(await connection.AskAsync(request, CarrierLimits.Default, Ct), request);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Room.DisposeAsync();
        ApiServer.Dispose();
    }
}
