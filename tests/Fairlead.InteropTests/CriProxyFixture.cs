using Fairlead.Containerd;
using Fairlead.Containerd.Cri;
using Fairlead.Node;
using Fairlead.Node.CriProxy;
using Fairlead.Testing.Containerd;
using Grpc.Net.Client;

namespace Fairlead.InteropTests;

/// <summary>A containerd with one pod, two proxies in front of its CRI, one for each way to reach a container, and an API server's part in front of each.</summary>
public class CriProxyFixture : IAsyncLifetime
{
    readonly Dictionary<StreamThrough, (CriProxyServer Proxy, GrpcChannel Channel)> _proxies = [];
    ContainerdProcess? _containerd;
    ContainerdPod? _pod;

    /// <summary>The peer that it is.</summary>
    protected virtual string RuntimePeer => Peer.Containerd;

    internal ContainerdProcess Containerd => _containerd!;

    internal ContainerdPod Pod => _pod!;

    /// <summary>The CRI through a proxy; skips the test where there is none.</summary>
    internal RuntimeService.RuntimeServiceClient Runtime(StreamThrough way)
    {
        Require();
        return new RuntimeService.RuntimeServiceClient(_proxies[way].Channel);
    }

    /// <summary>A client with connections of its own through a proxy; skips the test where there is none.</summary>
    internal GrpcChannel Connect(StreamThrough way = StreamThrough.Native)
    {
        Require();
        return RawGrpc.Connect(PathOf(way));
    }

    void Require() => Assert.SkipWhen(_containerd is null, ContainerdProcess.MissingBecauseOf(RuntimePeer) ?? "");

    /// <summary>What a client's API server would be, that gets a pod's streams through a proxy. The caller disposes it.</summary>
    internal PodsApiFront Front(StreamThrough way, ContainerdPod? pod = null) => new(Containerd, pod ?? Pod) { Runtime = Runtime(way) };

    /// <summary>A node that reaches the containers by a proxy's streams, as a kubelet does. The caller disposes it.</summary>
    internal async Task<NodeServer> StartNodeAsync(StreamThrough way, string kubeconfig, CancellationToken cancellationToken)
    {
        Runtime(way);
        NodeServer node = await NodeServer.StartAsync(new NodeOptions
        {
            Cri = UnixSocketAddress.Parse(PathOf(way)),
            Users = [NodeServer.CreateAdministrator()],
            Runtime = new CriRuntimeOptions { StreamThrough = StreamThrough.Cri },
        }, cancellationToken);
        await node.WriteKubeconfigAsync(kubeconfig, cancellationToken);
        return node;
    }

    string PathOf(StreamThrough way) => Path.Combine(Containerd.Folder.Root, $"proxy-{way}.sock");

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        if (ContainerdProcess.MissingBecauseOf(RuntimePeer) is not null) return;
        using CancellationTokenSource patience = new(TimeSpan.FromMinutes(2));
        _containerd = await ContainerdProcess.StartAsync(RuntimePeer, patience.Token);
        try
        {
            _pod = await _containerd.RunPodAsync(cancellationToken: patience.Token);
            foreach (StreamThrough way in (StreamThrough[])[StreamThrough.Native, StreamThrough.Cri])
            {
                string path = PathOf(way);
                CriProxyServer proxy = await CriProxyServer.StartAsync(new CriProxyOptions
                {
                    Cri = UnixSocketAddress.Parse(_containerd.Socket),
                    Listen = UnixSocketAddress.Parse(path),
                    Runtime = new CriRuntimeOptions { StreamThrough = way, StateFolder = Path.Combine(_containerd.Folder.Root, "proxy-state"), Grace = TimeSpan.FromMilliseconds(500) },
                }, patience.Token);
                _proxies[way] = (proxy, RawGrpc.Connect(path));
            }
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
        foreach ((CriProxyServer proxy, GrpcChannel channel) in _proxies.Values)
        {
            channel.Dispose();
            await proxy.DisposeAsync();
        }

        if (_containerd is not null) await _containerd.DisposeAsync();
    }
}

/// <summary>The same with containerd 1.7.</summary>
public sealed class CriProxyFixture17 : CriProxyFixture
{
    /// <inheritdoc/>
    protected override string RuntimePeer => Peer.Containerd17;
}

/// <summary>The same with containerd 2.</summary>
public sealed class CriProxyFixture2 : CriProxyFixture
{
    /// <inheritdoc/>
    protected override string RuntimePeer => Peer.Containerd2;
}
