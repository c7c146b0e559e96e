using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Fairlead.Client;
using Fairlead.Containerd;
using Fairlead.Node.Tests.Kubelet;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Streaming;
using Fairlead.Testing.Containerd;
using Fairlead.Upgrades.Endpoints;
using Fairlead.Upgrades.RemoteCommand;
using Fairlead.Upgrades;

namespace Fairlead.InteropTests.Fronts;

/// <summary>A containerd with one pod, and a front before it whose caller is an API server.</summary>
public class ContainerdFrontFixture : IAsyncLifetime
{
    ContainerdProcess? _containerd;
    FrontRoom? _room;
    ContainerdPod? _pod;
    X509Certificate2? _apiServer;

    /// <summary>The peer that it is.</summary>
    protected virtual string Runtime => Peer.Containerd;

    /// <summary>The front; skips the test where there is no containerd.</summary>
    internal FrontRoom Room
    {
        get
        {
            Assert.SkipWhen(_room is null, ContainerdProcess.MissingBecauseOf(Runtime) ?? "");
            return _room!;
        }
    }

    internal ContainerdPod Pod => Room is null ? null! : _pod!;

    internal X509Certificate2 ApiServer => _apiServer!;

    internal Uri Uri(string target) => new(Room.Server.Url, target);

    /// <summary>Dials as an API server does: by its certificate.</summary>
    internal UpgradeDialer Dialer()
    {
        SocketsHttpHandler handler = new() { UseProxy = false, UseCookies = false };
        handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        handler.SslOptions.CertificateChainPolicy.CustomTrustStore.ImportFromPem(Room.Server.AuthorityPem);
        handler.SslOptions.ClientCertificateContext = SslStreamCertificateContext.Create(ApiServer, null, offline: true);
        return new UpgradeDialer(new KubernetesEndpoint(Room.Server.Url, handler), new TransportMemory(TimeProvider.System));
    }

    internal async Task<AskingSession> ExecAsync(UpgradeDialer dialer, Transport transport, string script)
    {
        RemoteCommandRequest request = new() { Command = ["sh", "-c", script], Stdin = true, Stdout = true, Stderr = true };
        string query = "?command=sh&command=-c&command=" + System.Uri.EscapeDataString(script) + "&error=1&input=1&output=1";
        UpgradedConnection connection = await dialer.DialAsync(
            Uri($"/exec/{Pod.Namespace}/{Pod.Name}/{Pod.Container}{query}"), request, new ExecOptions { Transport = transport }, static _ => { }, TestContext.Current.CancellationToken);
        return new AskingSession(await connection.AskAsync(request, CarrierLimits.Default, TestContext.Current.CancellationToken), request);
    }

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        if (ContainerdProcess.MissingBecauseOf(Runtime) is not null) return;
        using CancellationTokenSource patience = new(TimeSpan.FromMinutes(2));
        _containerd = await ContainerdProcess.StartAsync(Runtime, patience.Token);
        try
        {
            _pod = await _containerd.RunPodAsync(cancellationToken: patience.Token);
            _room = await FrontRoom.StartAsync(options => options with
            {
                Cri = UnixSocketAddress.Parse("unix://" + _containerd.Socket),
                Runtime = new CriRuntimeOptions
                {
                    StreamThrough = StreamThrough.Native, StateFolder = Path.Combine(_containerd.Folder.Root, "front-state"), Grace = TimeSpan.FromMilliseconds(500),
                },
            });
            _room.Cluster.Allows = static _ => true;
            _apiServer = _room.Callers.IssueClientSubject("O=system:masters, CN=kube-apiserver-kubelet-client");
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_room is not null) await _room.DisposeAsync();
        if (_containerd is not null) await _containerd.DisposeAsync();
        _apiServer?.Dispose();
    }
}

/// <summary>The same with containerd 1.7.</summary>
public sealed class ContainerdFrontFixture17 : ContainerdFrontFixture
{
    /// <inheritdoc/>
    protected override string Runtime => Peer.Containerd17;
}

/// <summary>The same with containerd 2.</summary>
public sealed class ContainerdFrontFixture2 : ContainerdFrontFixture
{
    /// <inheritdoc/>
    protected override string Runtime => Peer.Containerd2;
}
