using Fairlead.Testing.Containerd;

namespace Fairlead.InteropTests;

/// <summary>A containerd with one pod that sleeps, for the tests of a class; none where none can run.</summary>
public sealed class ContainerdFixture : IAsyncLifetime
{
    ContainerdProcess? _containerd;
    ContainerdPod? _pod;

    /// <summary>Hands both out, or skips the test and says why.</summary>
    internal (ContainerdProcess Containerd, ContainerdPod Pod) Require()
    {
        Assert.SkipWhen(_containerd is null, ContainerdProcess.MissingBecause ?? "");
        return (_containerd!, _pod!);
    }

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        if (ContainerdProcess.MissingBecause is not null) return;
        using CancellationTokenSource patience = new(TimeSpan.FromMinutes(1));
        _containerd = await ContainerdProcess.StartAsync(patience.Token);
        try
        {
            _pod = await _containerd.RunPodAsync(cancellationToken: patience.Token);
        }
        catch
        {
            await _containerd.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_containerd is not null) await _containerd.DisposeAsync();
    }
}
