using System.Diagnostics;

namespace Fairlead.Client.Telemetry;

/// <summary>What a forward tells OpenTelemetry: an activity as long as it stands, and its losses and resumptions.</summary>
static class ForwardTelemetry
{
    static readonly KeyValuePair<string, object?> s_kind = new("fairlead.kind", "forward");

    /// <summary>Begins it.</summary>
    internal static Activity? Begin(Uri server)
    {
        Activity? activity = Instruments.Traces.StartActivity("forward", ActivityKind.Client);
        if (activity is { IsAllDataRequested: true })
        {
            activity.SetTag("server.address", server.Host);
            activity.SetTag("server.port", server.Port);
        }

        return activity;
    }

    /// <summary>It stands: its end is the activity's.</summary>
    internal static void Follow(Activity? activity, PortForward forward)
    {
        if (forward.FellBack is not null) Instruments.Fallbacks.Add(1, s_kind);
        if (activity is null) return;
        activity.SetTag("k8s.namespace.name", forward.Pod.Namespace);
        activity.SetTag("k8s.pod.name", forward.Pod.Name);
        activity.SetTag("network.protocol.name", forward.Connection);
        _ = forward.Completion.ContinueWith(
            ended =>
            {
                activity.Fail(ended.Exception?.InnerException);
                activity.Stop();
            },
            TaskScheduler.Default);
    }

    /// <summary>Counts what happens to it.</summary>
    internal static void Tell(ForwardEvent happened)
    {
        if (happened.Kind == ForwardEventKind.CarrierLost) Instruments.Losses.Add(1, s_kind);
        else if (happened.Kind == ForwardEventKind.Redialled) Instruments.Resumptions.Add(1, s_kind);
    }
}
