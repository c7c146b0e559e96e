using System.IO.Pipelines;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Wire;

namespace Fairlead.Server;

/// <summary>The main process of a container, as it was found for one request.</summary>
public interface IMainProcess
{
    /// <summary>It has a terminal. Attach follows that, whatever the client asked for.</summary>
    bool HasTerminal { get; }

    /// <summary>
    /// Joins its output, and its input when asked for, until it ends, the client ends its input where that detaches, or the client is lost.
    /// </summary>
    Task<Status> AttachAsync(AnsweringSession session);

    /// <summary>Writes the container's log to <paramref name="output"/> and returns at its end, or follows it until cancelled.</summary>
    Task WriteLogAsync(ContainerLogQuery query, PipeWriter output, CancellationToken cancellationToken);
}
