using System.IO.Pipelines;
using Fairlead.Containerd.Logs;
using Fairlead.Containerd.Pods;
using Fairlead.Containerd.Streams;
using Fairlead.Containerd.Tasks;
using Fairlead.Server;
using Fairlead.Streaming.RemoteCommand;
using Grpc.Core;
using Status = Fairlead.Wire.Status;

namespace Fairlead.Containerd;

/// <summary>One container of a CRI runtime, as it was found for one request.</summary>
/// <param name="seen">What the runtime said of it.</param>
/// <param name="pods">Asks again.</param>
/// <param name="streams">The way through the runtime's streaming server.</param>
/// <param name="execs">The native way; null where there is none, or where it is not wanted.</param>
/// <param name="options">The runtime's.</param>
sealed class CriContainer(SeenContainer seen, PodReader pods, RuntimeStreams streams, NativeExecs? execs, CriRuntimeOptions options) : IContainer
{
    string Id => seen.Current.Status.Id;

    public bool IsRunning => seen.IsRunning;

    public bool HasTerminal => seen.Current.Tty;

    public Task<Status> ExecAsync(AnsweringSession session) => execs is null ? streams.ExecAsync(session, Id) : execs.RunAsync(session, Id);

    /// <summary>Attach is never native: the container's FIFOs are the runtime's.</summary>
    public Task<Status> AttachAsync(AnsweringSession session)
    {
        if (options.StreamThrough == StreamThrough.Native && RuntimeStreams.AttachNeedsSpdy(session, seen.Current))
        {
            return Task.FromResult(Status.InternalError(
                "attach to a container whose input ends with its first client's (stdinOnce) is possible through the runtime by SPDY only, and --stream-through native forbids that"));
        }

        return streams.AttachAsync(session, seen.Current);
    }

    public async Task WriteLogAsync(ContainerLogQuery query, PipeWriter output, CancellationToken cancellationToken)
    {
        ContainerFacts? facts = query.Previous ? seen.Previous : seen.Current;
        if (facts is null) throw new InvalidOperationException($"previous terminated container \"{seen.Name}\" not found");
        if (facts.Status.LogPath.Length == 0) return; // whoever made the container wanted no log
        ContainerLogWriter writer = new(facts.Status.LogPath, query, output, options.PollInterval, options.Clock);
        await writer.WriteAsync(
            token => IsStillRunningAsync(facts.Status.Id, token), cancellationToken);
    }

    async Task<bool> IsStillRunningAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            return (await pods.ReadContainerAsync(id, cancellationToken)).Status.State == Cri.ContainerState.ContainerRunning;
        }
        catch (RpcException gone) when (gone.StatusCode == StatusCode.NotFound)
        {
            return false; // removed, and its log is all that there will be
        }
    }
}
