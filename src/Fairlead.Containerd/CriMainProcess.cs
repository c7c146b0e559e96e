using System.IO.Pipelines;
using Fairlead.Containerd.Logs;
using Fairlead.Containerd.Pods;
using Fairlead.Containerd.Streams;
using Fairlead.Server;
using Fairlead.Streaming.RemoteCommand;
using Grpc.Core;
using Status = Fairlead.Wire.Status;

namespace Fairlead.Containerd;

/// <summary>The main process of a container of a CRI runtime.</summary>
/// <param name="facts">What the runtime said of the container.</param>
/// <param name="previousId">The container's previous run; null where there is none.</param>
/// <param name="runtime">The runtime.</param>
sealed class CriMainProcess(ContainerFacts facts, string? previousId, CriRuntime runtime) : IMainProcess
{
    public string ContainerId => facts.Status.Id;

    public bool HasTerminal => facts.Tty;

    /// <summary>Attach is never native: the container's FIFOs are the runtime's.</summary>
    public Task<Status> AttachAsync(AnsweringSession session)
    {
        if (runtime.Options.StreamThrough == StreamThrough.Native && RuntimeStreams.AttachNeedsSpdy(session, facts))
        {
            return Task.FromResult(Status.InternalError(
                "attach to a container whose input ends with its first client's (stdinOnce) is possible through the runtime by SPDY " +
                "only, and --stream-through native forbids that"));
        }

        return runtime.Streams.AttachAsync(session, facts);
    }

    public async Task WriteLogAsync(ContainerLogQuery query, PipeWriter output, CancellationToken cancellationToken)
    {
        Cri.ContainerStatus run = facts.Status;
        if (query.Previous)
        {
            if (previousId is null) throw new InvalidOperationException($"previous terminated container \"{run.Metadata.Name}\" not found");
            run = (await runtime.ReadContainerAsync(previousId, cancellationToken)).Status;
        }

        if (run.LogPath.Length == 0) return; // whoever made the container wanted no log
        ContainerLogWriter writer = new(run.LogPath, query, output, runtime.Options.PollInterval, runtime.Options.Clock);
        await writer.WriteAsync(token => IsStillRunningAsync(run.Id, token), cancellationToken);
    }

    async Task<bool> IsStillRunningAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            return (await runtime.ReadContainerAsync(id, cancellationToken)).Status.State == Cri.ContainerState.ContainerRunning;
        }
        catch (RpcException gone) when (gone.StatusCode == StatusCode.NotFound)
        {
            return false; // removed, and its log is all that there will be
        }
    }
}
