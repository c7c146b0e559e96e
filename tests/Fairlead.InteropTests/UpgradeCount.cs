using System.Diagnostics;

namespace Fairlead.InteropTests;

/// <summary>
/// Counts the upgrades that this process asks for, from the traces of .NET's own HTTP client: a count that does not come from what is tested.
/// </summary>
sealed class UpgradeCount : IDisposable
{
    readonly ActivityListener _listener;
    int _count;

    internal UpgradeCount()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == "System.Net.Http",
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = Stopped,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    /// <summary>Requests for exec, attach or port-forward that have been answered so far.</summary>
    internal int Count => Volatile.Read(ref _count);

    void Stopped(Activity activity)
    {
        if (activity.GetTagItem("url.full") is not string url) return;
        string path = new Uri(url).AbsolutePath;
        if (path.EndsWith("/exec", StringComparison.Ordinal) || path.EndsWith("/attach", StringComparison.Ordinal)
            || path.EndsWith("/portforward", StringComparison.Ordinal)) Interlocked.Increment(ref _count);
    }

    public void Dispose() => _listener.Dispose();
}
