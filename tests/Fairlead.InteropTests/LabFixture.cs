namespace Fairlead.InteropTests;

/// <summary>The lab that all tests of this assembly share.</summary>
public sealed class LabFixture : IAsyncLifetime
{
    LabProcess? _lab;

    /// <summary>The lab.</summary>
    public LabProcess Lab => _lab ?? throw new InvalidOperationException("The lab has not started.");

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        using CancellationTokenSource patience = new(TimeSpan.FromMinutes(10)); // the first start may build the command
        _lab = await LabProcess.StartAsync(cancellationToken: patience.Token);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_lab is not null) await _lab.DisposeAsync();
    }
}
