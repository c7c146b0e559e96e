using Fairlead.Containerd;
using Fairlead.Testing.Containerd;

namespace Fairlead.InteropTests.Fronts;

/// <summary>A containerd with one pod, and a front before it for each way to reach a container.</summary>
public class ContainerdFrontFixture : IAsyncLifetime
{
    readonly Dictionary<StreamThrough, FrontDoor> _doors = [];
    ContainerdProcess? _containerd;
    ContainerdPod? _pod;

    /// <summary>The ways, for theories: what a front does by itself, which is native, and through the runtime.</summary>
    public static TheoryData<StreamThrough, Transport> WaysAndTransports { get; } = new(
        from way in (StreamThrough[])[StreamThrough.Auto, StreamThrough.Cri]
        from transport in (Transport[])[Transport.WebSocket, Transport.Spdy]
        select (way, transport));

    /// <summary>The peer that it is.</summary>
    protected virtual string Runtime => Peer.Containerd;

    internal ContainerdProcess Containerd => Door() is null ? null! : _containerd!;

    internal ContainerdPod Pod => Door() is null ? null! : _pod!;

    /// <summary>A front; skips the test where there is no containerd.</summary>
    internal FrontDoor Door(StreamThrough way = StreamThrough.Auto)
    {
        Assert.SkipWhen(_doors.Count == 0, ContainerdProcess.MissingBecauseOf(Runtime) ?? "");
        return _doors[way];
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
            foreach (StreamThrough way in (StreamThrough[])[StreamThrough.Auto, StreamThrough.Cri])
            {
                _doors[way] = await FrontDoor.OpenAsync(options => options with
                {
                    Cri = UnixSocketAddress.Parse("unix://" + _containerd.Socket),
                    Runtime = new CriRuntimeOptions
                    {
                        StreamThrough = way,
                        StateFolder = Path.Combine(_containerd.Folder.Root, $"front-{way}"),
                        Grace = TimeSpan.FromMilliseconds(500),
                    },
                });
                Assert.Equal(way == StreamThrough.Auto, _doors[way].Room.Server.Runtime.IsNative);
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
        foreach (FrontDoor door in _doors.Values) await door.DisposeAsync();
        if (_containerd is not null) await _containerd.DisposeAsync();
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
