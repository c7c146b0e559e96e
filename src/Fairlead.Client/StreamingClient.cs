namespace Fairlead.Client;

/// <summary>Runs commands in pods, and joins their main processes, over WebSocket.</summary>
public sealed class StreamingClient : IDisposable
{
    /// <summary>Creates a client of this endpoint, which it then owns.</summary>
    public StreamingClient(KubernetesEndpoint endpoint) => Endpoint = endpoint;

    /// <summary>The server.</summary>
    public KubernetesEndpoint Endpoint { get; }

    /// <summary>Runs a command in a container.</summary>
    public Task<RemoteProcess> ExecAsync(PodReference pod, IReadOnlyList<string> command, ExecOptions? options = null, CancellationToken cancellationToken = default)
        => throw new NotSupportedException();

    /// <summary>Joins a container's main process.</summary>
    public Task<RemoteProcess> AttachAsync(PodReference pod, ExecOptions? options = null, CancellationToken cancellationToken = default)
        => throw new NotSupportedException();

    /// <inheritdoc/>
    public void Dispose() => Endpoint.Dispose();
}
