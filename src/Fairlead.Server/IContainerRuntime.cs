using Fairlead.Server.Checkpoints;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Wire;
using Fairlead.Wire.PortForward;

namespace Fairlead.Server;

/// <summary>What holds the containers: local processes, or a CRI runtime. The server only translates between clients and this.</summary>
public interface IContainerRuntime
{
    /// <summary>
    /// The container with this name in a pod that <see cref="IPodCatalog.FindAsync"/> has found, whether it runs or not; null when the
    /// runtime does not have it. Called before the upgrade, so that a refusal is still an HTTP answer.
    /// </summary>
    ValueTask<IContainer?> FindAsync(FoundPod pod, string container, CancellationToken cancellationToken);

    /// <summary>
    /// Goes on with a command that an earlier process has suspended, as <see cref="IContainer.ExecAsync"/> would have gone on with it. A
    /// runtime whose commands cannot be suspended is never asked.
    /// </summary>
    /// <param name="session">The session, which was restored.</param>
    /// <param name="command">The command.</param>
    Task<Status> ResumeAsync(AnsweringSession session, CommandCheckpoint command) =>
        throw new NotSupportedException("this runtime's commands end with its process");

    /// <summary>Connects to a port inside a pod. A runtime that has no way there refuses.</summary>
    /// <param name="namespace">The pod's namespace.</param>
    /// <param name="pod">The pod's name.</param>
    /// <param name="port">The port, 1 to 65535.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The connection, which the caller disposes.</returns>
    /// <exception cref="ForwardResetException">There is no connection; the client is told the reason.</exception>
    ValueTask<ForwardedStream> ConnectAsync(string @namespace, string pod, int port, CancellationToken cancellationToken) =>
        throw new ForwardResetException(ForwardFault.Forbidden, "this runtime does not forward ports");
}
