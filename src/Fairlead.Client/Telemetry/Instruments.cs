using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Fairlead.Client.Telemetry;

/// <summary>
/// The client's source of activities and its meter, both named <c>Fairlead</c>, with names by OpenTelemetry's conventions. Copies, of
/// another assembly, have a source and a meter of the same name.
/// </summary>
static class Instruments
{
    internal const string Name = "Fairlead";

    static readonly Meter s_meter = new(Name);

    internal static readonly KeyValuePair<string, object?> Transmit = new("network.io.direction", "transmit"),
        Receive = new("network.io.direction", "receive");

    internal static ActivitySource Traces { get; } = new(Name);

    internal static UpDownCounter<long> Active { get; } =
        s_meter.CreateUpDownCounter<long>("fairlead.client.active_sessions", "{session}", "Sessions that are open now.");

    internal static Counter<long> Sessions { get; } =
        s_meter.CreateCounter<long>("fairlead.client.sessions", "{session}", "Sessions that are over, by how they ended.");

    internal static Histogram<double> Duration { get; } =
        s_meter.CreateHistogram<double>("fairlead.client.session.duration", "s", "How long sessions lasted, from asking to end.");

    internal static Counter<long> Bytes { get; } =
        s_meter.CreateCounter<long>("fairlead.client.session.io", "By", "Bytes of input and outputs.");

    internal static Counter<long> Losses { get; } =
        s_meter.CreateCounter<long>("fairlead.client.losses", "{loss}", "Sessions and ways to pods that were lost.");

    internal static Counter<long> Resumptions { get; } =
        s_meter.CreateCounter<long>(
            "fairlead.client.resumptions", "{resumption}",
            "Sessions that went on by another connection, and ways to pods that were found again.");

    internal static Counter<long> Fallbacks { get; } =
        s_meter.CreateCounter<long>("fairlead.client.fallbacks", "{session}", "Sessions that did not go the way that was tried first.");

    /// <summary>Somebody listens to any of what is counted of a session.</summary>
    internal static bool AreHeard => Active.Enabled || Sessions.Enabled || Duration.Enabled || Bytes.Enabled || Losses.Enabled
        || Resumptions.Enabled || Fallbacks.Enabled;

    /// <summary>How something ended that did not end in order: by what the caller can do about it.</summary>
    internal static string OutcomeOf(Exception failure) => failure switch
    {
        OperationCanceledException => "cancelled",
        RefusedException => "refused",
        ServerUnreachableException => "unreachable",
        SessionLostException { Kind: SessionLoss.LocalAbort } => "aborted",
        SessionLostException => "lost",
        SetupException or ArgumentException => "not_set_up",
        _ => "failed",
    };

    /// <summary>Which server it is.</summary>
    internal static void DescribeServer(this Activity activity, Uri server)
    {
        if (!activity.IsAllDataRequested) return;
        activity.SetTag("server.address", server.Host);
        activity.SetTag("server.port", server.Port);
    }

    /// <summary>Where it goes.</summary>
    internal static void Describe(this Activity activity, Uri server, PodReference pod)
    {
        if (!activity.IsAllDataRequested) return;
        activity.DescribeServer(server);
        activity.SetTag("k8s.namespace.name", pod.Namespace);
        activity.SetTag(pod.Owner is null ? "k8s.pod.name" : $"k8s.{pod.Owner}.name", pod.Name);
        if (pod.Container is not null) activity.SetTag("k8s.container.name", pod.Container);
    }

    /// <summary>It failed, where it did: by its kind alone, since messages may quote what a server says.</summary>
    internal static void Fail(this Activity activity, Exception? failure)
    {
        if (failure is null) return;
        activity.SetTag("error.type", failure is SessionLostException lost ? lost.Kind.ToString() : failure.GetType().FullName);
        activity.SetStatus(ActivityStatusCode.Error);
    }
}
