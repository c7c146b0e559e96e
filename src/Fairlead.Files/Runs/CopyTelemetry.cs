using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Fairlead.Files.Runs;

/// <summary>
/// What a copy tells OpenTelemetry: an activity from its begin to its end, and the counters; under the client's name, <c>Fairlead</c>. No
/// names of files.
/// </summary>
static class CopyTelemetry
{
    const string Name = "Fairlead";

    static readonly ActivitySource s_traces = new(Name);

    static readonly Meter s_meter = new(Name);

    static readonly Counter<long> s_copies = s_meter.CreateCounter<long>("fairlead.client.copies", "{copy}", "Copies that are over."),
        s_bytes = s_meter.CreateCounter<long>("fairlead.client.copy.io", "By", "Bytes of files that were copied and are in their place."),
        s_resumptions = s_meter.CreateCounter<long>(
            "fairlead.client.copy.resumptions", "{resumption}", "Connections that copies lost and made anew.");

    /// <summary>Runs a copy.</summary>
    /// <param name="direction">to_pod, from_pod or between_pods.</param>
    /// <param name="pod">The pod; of two, the one that files come from.</param>
    /// <param name="copy">The copy.</param>
    internal static async Task<CopyResult> WatchAsync(string direction, PodReference pod, Func<Task<CopyResult>> copy)
    {
        KeyValuePair<string, object?> way = new("fairlead.copy.direction", direction);
        using Activity? activity = s_traces.StartActivity("copy", ActivityKind.Client);
        activity?.SetTag(way.Key, direction).SetTag("k8s.namespace.name", pod.Namespace).SetTag("k8s.pod.name", pod.Name);
        try
        {
            CopyResult result = await copy();
            s_copies.Add(1, way, new("fairlead.outcome", "completed"));
            s_bytes.Add(result.Bytes, way);
            if (result.Reconnections > 0) s_resumptions.Add(result.Reconnections, way);
            activity?.SetTag("fairlead.copy.files", result.Files).SetTag("fairlead.copy.bytes", result.Bytes);
            return result;
        }
        catch (Exception e)
        {
            bool isCancelled = e is OperationCanceledException;
            s_copies.Add(1, way, new("fairlead.outcome", isCancelled ? "cancelled" : "failed"));
            if (!isCancelled) activity?.SetTag("error.type", e.GetType().FullName).SetStatus(ActivityStatusCode.Error);
            throw;
        }
    }
}
