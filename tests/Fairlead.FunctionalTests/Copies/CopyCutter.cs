using Fairlead.Testing;

namespace Fairlead.FunctionalTests.Copies;

/// <summary>Cuts what goes through a proxy, at points that a seed spreads over the copy.</summary>
sealed class CopyCutter(FaultProxy proxy, CutKind kind, int cuts) : IProgress<CopyProgress>
{
    readonly Random _random = new(5);
    double[]? _points;
    int _cut; // the connections until the last cut

    internal int Done { get; private set; }

    public void Report(CopyProgress value)
    {
        if (value.Phase != CopyPhase.Copying) return;
        // what is under way at a cut may arrive all the same: none comes so late that nothing is left to ask for
        _points ??= [.. Enumerable.Range(0, cuts).Select(i => (i + (0.9 * _random.NextDouble())) / cuts * 0.9 * value.TotalBytes)];
        if (Done >= cuts || value.Bytes < _points[Done] || proxy.AcceptedConnections == _cut) return; // nor before the one before was felt
        Done++;
        _cut = proxy.AcceptedConnections;
        proxy.Cut(kind);
    }
}
