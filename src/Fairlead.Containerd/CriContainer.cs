using Fairlead.Containerd.Pods;
using Fairlead.Server;
using Fairlead.Streaming.RemoteCommand;
using Grpc.Core;
using Status = Fairlead.Wire.Status;

namespace Fairlead.Containerd;

/// <summary>One container of a CRI runtime, as it was found for one request.</summary>
/// <param name="listed">What the runtime's list said of it, which is all that a command needs.</param>
/// <param name="runtime">The runtime.</param>
sealed class CriContainer(ListedContainer listed, CriRuntime runtime) : IContainer
{
    /// <summary>By which the runtime knows it.</summary>
    public string Id => listed.Current.Id;

    public bool IsRunning => listed.IsRunning;

    public Task<Status> ExecAsync(AnsweringSession session) => runtime.ExecAsync(session, listed.Current.Id);

    public async ValueTask<IMainProcess?> FindMainProcessAsync(CancellationToken cancellationToken)
    {
        try
        {
            return new CriMainProcess(await runtime.ReadContainerAsync(listed.Current.Id, cancellationToken), listed.Previous?.Id, runtime);
        }
        catch (RpcException gone) when (gone.StatusCode == StatusCode.NotFound)
        {
            return null; // removed between the list and the question
        }
    }
}
