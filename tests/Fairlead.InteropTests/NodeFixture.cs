using Fairlead.Containerd;
using Fairlead.Node;
using Fairlead.Testing.Containerd;

namespace Fairlead.InteropTests;

/// <summary>A containerd with one pod, and two nodes in front of it: one for each way to reach a container.</summary>
public class NodeFixture : IAsyncLifetime
{
    readonly Dictionary<StreamThrough, NodeServer> _nodes = [];
    ContainerdProcess? _containerd;
    ContainerdPod? _pod;

    /// <summary>The ways, for theories.</summary>
    public static TheoryData<StreamThrough> Ways { get; } = [StreamThrough.Native, StreamThrough.Cri];

    /// <summary>The peer that it is.</summary>
    protected virtual string Runtime => Peer.Containerd;

    internal ContainerdProcess Containerd => _containerd!;

    internal ContainerdPod Pod => _pod!;

    /// <summary>Where native commands have their pipes.</summary>
    internal string StateFolder => Path.Combine(Containerd.Folder.Root, "node-state");

    /// <summary>The kubeconfig of a node; skips the test where there is none.</summary>
    internal string Kubeconfig(StreamThrough way)
    {
        Assert.SkipWhen(_containerd is null, ContainerdProcess.MissingBecauseOf(Runtime) ?? "");
        return Path.Combine(Containerd.Folder.Root, $"kubeconfig-{way}");
    }

    /// <summary>A client of a node; skips the test where there is none.</summary>
    internal StreamingClient Client(StreamThrough way) => StreamingClient.FromKubeconfig(Kubeconfig(way));

    internal PodReference PodReference => new(Pod.Name, Pod.Namespace, Pod.Container);

    /// <summary>What a node is told about the runtime.</summary>
    internal NodeOptions Options(StreamThrough way) => new()
    {
        Cri = UnixSocketAddress.Parse("unix://" + Containerd.Socket),
        Users = [NodeServer.CreateAdministrator()],
        Runtime = new CriRuntimeOptions { StreamThrough = way, StateFolder = StateFolder, Grace = TimeSpan.FromMilliseconds(500) },
    };

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        if (ContainerdProcess.MissingBecauseOf(Runtime) is not null) return;
        using CancellationTokenSource patience = new(TimeSpan.FromMinutes(2));
        _containerd = await ContainerdProcess.StartAsync(Runtime, patience.Token);
        try
        {
            _pod = await _containerd.RunPodAsync(cancellationToken: patience.Token);
            foreach (StreamThrough way in Ways.Select(row => row.Data))
            {
                _nodes[way] = await NodeServer.StartAsync(Options(way), patience.Token);
                await _nodes[way].WriteKubeconfigAsync(Kubeconfig(way), patience.Token);
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
        foreach (NodeServer node in _nodes.Values) await node.DisposeAsync();
        if (_containerd is not null) await _containerd.DisposeAsync();
    }
}

/// <summary>The same with containerd 1.7.</summary>
public sealed class NodeFixture17 : NodeFixture
{
    /// <inheritdoc/>
    protected override string Runtime => Peer.Containerd17;
}

/// <summary>The same with containerd 2.</summary>
public sealed class NodeFixture2 : NodeFixture
{
    /// <inheritdoc/>
    protected override string Runtime => Peer.Containerd2;
}
