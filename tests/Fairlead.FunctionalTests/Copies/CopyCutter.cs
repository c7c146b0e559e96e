using Fairlead.Testing;

namespace Fairlead.FunctionalTests.Copies;

/// <summary>Cuts what goes through a proxy, at points that a seed spreads over the copy.</summary>
sealed class CopyCutter(FaultProxy proxy, CutKind kind, int cuts) : IProgress<CopyProgress>
{
    readonly Random _random = new(5);
    double[]? _points;

    internal int Done { get; private set; }

    public void Report(CopyProgress value)
    {
        if (value.Phase != CopyPhase.Copying) return;
        _points ??= [.. Enumerable.Range(0, cuts).Select(i => (i + (0.9 * _random.NextDouble())) / cuts * value.TotalBytes)];
        if (Done >= cuts || value.Bytes < _points[Done]) return;
        Done++;
        proxy.Cut(kind);
    }
}
