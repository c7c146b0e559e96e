using System.IO.Pipelines;
using Fairlead.Server;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Wire;

namespace Fairlead.Stand;

/// <summary>A container without processes: <c>true</c> succeeds at once, every other command does nothing until its client goes.</summary>
sealed class IdleRuntime : IContainerRuntime, IContainer, IMainProcess
{
    public bool IsRunning => true;

    public bool HasTerminal => false;

    public ValueTask<IContainer?> FindAsync(FoundPod pod, string container, CancellationToken cancellationToken) => new(this);

    public ValueTask<IMainProcess?> FindMainProcessAsync(CancellationToken cancellationToken) => new(this);

    public async Task<Status> ExecAsync(AnsweringSession session)
    {
        if (session.Request.Command is ["true"]) return Status.Success;
        TaskCompletionSource gone = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using CancellationTokenRegistration lost = session.Lost.UnsafeRegister(static source => ((TaskCompletionSource)source!).SetResult(), gone);
        await gone.Task;
        return Status.InternalError("The client has gone.");
    }

    public Task<Status> AttachAsync(AnsweringSession session) => ExecAsync(session);

    public Task WriteLogAsync(ContainerLogQuery query, PipeWriter output, CancellationToken cancellationToken) => Task.CompletedTask;
}
