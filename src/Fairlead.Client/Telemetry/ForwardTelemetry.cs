using System.Diagnostics;
using Fairlead.Upgrades.PortForward;

namespace Fairlead.Client.Telemetry;

/// <summary>
/// What a forward tells OpenTelemetry: an activity as long as it stands, its bytes, its losses and resumptions. A session of connections is
/// one without resumptions. A single connection has an activity until it stands, and its bytes.
/// </summary>
static class ForwardTelemetry
{
    static readonly KeyValuePair<string, object?> s_kind = new("fairlead.kind", "forward");

    static void Sent(long bytes) => Instruments.Bytes.Add(bytes, s_kind, Instruments.Transmit);

    static void Received(long bytes) => Instruments.Bytes.Add(bytes, s_kind, Instruments.Receive);

    /// <summary>A local connection whose bytes are counted, where somebody listens: what is read from it goes to the pod.</summary>
    internal static ForwardedStream OfLocal(ForwardedStream local) =>
        Instruments.Bytes.Enabled ? new CountedStream(local, Received, Sent) : local;

    /// <summary>A connection to a pod whose bytes are counted, where somebody listens: what is written to it goes to the pod.</summary>
    static ForwardedStream OfPod(ForwardedStream stream) =>
        Instruments.Bytes.Enabled ? new CountedStream(stream, Sent, Received) : stream;

    /// <summary>Connects to a port, under an activity of its own.</summary>
    internal static async Task<ForwardedStream> ConnectAsync(Uri server, PodReference pod, Func<Task<ForwardedStream>> connect)
    {
        using Activity? activity = Instruments.Traces.StartActivity("connect", ActivityKind.Client);
        activity?.Describe(server, pod);
        try
        {
            return OfPod(await connect());
        }
        catch (Exception e)
        {
            if (e is not OperationCanceledException) activity?.Fail(e);
            throw;
        }
    }

    /// <summary>Starts a forward, under an activity that ends with it.</summary>
    internal static Task<PortForward> StartAsync(Uri server, Func<Task<PortForward>> start) =>
        StandAsync(server, null, start, static forward => new Standing(forward.Pod, forward.Connection, forward.FellBack), FailureOfAsync);

    static async Task<Exception?> FailureOfAsync(PortForward forward)
    {
        await forward.Completion.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return forward.Completion.Exception?.InnerException;
    }

    /// <summary>Opens a session of connections, under an activity that ends with it.</summary>
    /// <param name="server">The server.</param>
    /// <param name="pod">What was asked for.</param>
    /// <param name="dial">Finds the pod, and has the server upgrade a connection to it.</param>
    internal static async Task<ForwardSession> OpenAsync(Uri server, PodReference pod, Func<Task<(PodReference, UpgradedForward)>> dial)
    {
        return await StandAsync(server, pod, OpenDialledAsync, DescribeSession, LossOfAsync);

        async Task<ForwardSession> OpenDialledAsync()
        {
            (pod, UpgradedForward upgraded) = await dial();
            return upgraded.Open(OfPod);
        }

        Standing DescribeSession(ForwardSession session) => new(pod, session.Description, session.FellBack);
    }

    static async Task<Exception?> LossOfAsync(ForwardSession session)
    {
        SessionLostException? lost = await session.Ended;
        if (lost is not null) Instruments.Losses.Add(1, s_kind);
        return lost;
    }

    /// <summary>What stands: to which pod, by which protocol, and why not by the first that was tried.</summary>
    readonly record struct Standing(PodReference Pod, string Protocol, string? FellBack);

    static async Task<T> StandAsync<T>(
        Uri server, PodReference? pod, Func<Task<T>> start, Func<T, Standing> describe, Func<T, Task<Exception?>> failureOf)
    {
        long began = Stopwatch.GetTimestamp();
        Activity? activity = Instruments.Traces.StartActivity("forward", ActivityKind.Client);
        try
        {
            if (pod is { } asked) activity?.Describe(server, asked);
            else activity?.DescribeServer(server);
            T forward = await start();
            Standing standing = describe(forward);
            Instruments.Active.Add(1, s_kind);
            if (standing.FellBack is not null) Instruments.Fallbacks.Add(1, s_kind);
            if (activity is { IsAllDataRequested: true })
            {
                activity.SetTag("k8s.namespace.name", standing.Pod.Namespace);
                activity.SetTag("k8s.pod.name", standing.Pod.Name);
                activity.SetTag("network.protocol.name", standing.Protocol);
            }

            Task told = FollowAsync(activity, began, failureOf(forward));
            if (forward is PortForward { } own) own.Told = told; // for whoever sends spans before the process ends
            return forward;
        }
        catch (Exception e)
        {
            End(activity, began, "exited", e);
            throw;
        }
    }

    static async Task FollowAsync(Activity? activity, long began, Task<Exception?> ended)
    {
        Exception? failure = await ended;
        Instruments.Active.Add(-1, s_kind);
        End(activity, began, "exited", failure);
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
