using System.Diagnostics;

namespace Fairlead.Client.Telemetry;

/// <summary>
/// What a forward tells OpenTelemetry: an activity as long as it stands, its bytes, its losses and resumptions. A single connection has an
/// activity until it stands, and its bytes.
/// </summary>
static class ForwardTelemetry
{
    static readonly KeyValuePair<string, object?> s_kind = new("fairlead.kind", "forward");

    static void Sent(long bytes) => Instruments.Bytes.Add(bytes, s_kind, Instruments.Transmit);

    static void Received(long bytes) => Instruments.Bytes.Add(bytes, s_kind, Instruments.Receive);

    /// <summary>A local connection whose bytes are counted, where somebody listens: what is read from it goes to the pod.</summary>
    internal static ForwardedStream OfLocal(ForwardedStream local) =>
        Instruments.Bytes.Enabled ? new CountedStream(local, Received, Sent) : local;

    /// <summary>Connects to a port, under an activity of its own.</summary>
    internal static async Task<ForwardedStream> ConnectAsync(Uri server, PodReference pod, Func<Task<ForwardedStream>> connect)
    {
        using Activity? activity = Instruments.Traces.StartActivity("connect", ActivityKind.Client);
        activity?.Describe(server, pod);
        try
        {
            ForwardedStream stream = await connect();
            return Instruments.Bytes.Enabled ? new CountedStream(stream, Sent, Received) : stream;
        }
        catch (Exception e)
        {
            if (e is not OperationCanceledException) activity?.Fail(e);
            throw;
        }
    }

    /// <summary>Starts a forward, under an activity that ends with it.</summary>
    internal static async Task<PortForward> StartAsync(Uri server, Func<Task<PortForward>> start)
    {
        long began = Stopwatch.GetTimestamp();
        Activity? activity = Instruments.Traces.StartActivity("forward", ActivityKind.Client);
        try
        {
            activity?.DescribeServer(server);
            PortForward forward = await start();
            Instruments.Active.Add(1, s_kind);
            if (forward.FellBack is not null) Instruments.Fallbacks.Add(1, s_kind);
            if (activity is { IsAllDataRequested: true })
            {
                activity.SetTag("k8s.namespace.name", forward.Pod.Namespace);
                activity.SetTag("k8s.pod.name", forward.Pod.Name);
                activity.SetTag("network.protocol.name", forward.Connection);
            }

            forward.Told = forward.Completion.ContinueWith(
                ended =>
                {
                    Instruments.Active.Add(-1, s_kind);
                    End(activity, began, "exited", ended.Exception?.InnerException);
                },
                TaskScheduler.Default);
            return forward;
        }
        catch (Exception e)
        {
            End(activity, began, "exited", e);
            throw;
        }
    }

    static void End(Activity? activity, long began, string outcome, Exception? failure)
    {
        if (failure is not null) outcome = Instruments.OutcomeOf(failure);
        TagList tags = new() { s_kind, new("fairlead.outcome", outcome) };
        Instruments.Sessions.Add(1, tags);
        Instruments.Duration.Record(Stopwatch.GetElapsedTime(began).TotalSeconds, tags);
        if (activity is null) return;
        activity.SetTag("fairlead.outcome", outcome);
        if (outcome is not "cancelled") activity.Fail(failure);
        activity.Stop();
    }

    /// <summary>Counts what happens to it.</summary>
    internal static void Tell(ForwardEvent happened)
    {
        if (happened.Kind == ForwardEventKind.CarrierLost) Instruments.Losses.Add(1, s_kind);
        else if (happened.Kind == ForwardEventKind.Redialled) Instruments.Resumptions.Add(1, s_kind);
    }
}
