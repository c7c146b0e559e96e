using Fairlead.Client.Upgrades;
using Fairlead.Streaming.RemoteCommand;

namespace Fairlead.Client;

/// <summary>
/// Runs commands in pods, and joins their main processes, over WebSocket, or over SPDY/3.1 where a server knows nothing newer. Safe for
/// concurrent use.
/// </summary>
/// <example>
/// <code>
/// await using RemoteProcess run = await client.ExecAsync(new("web-0"), ["wc", "-c"], new() { Stdin = true });
/// await run.StandardInput.WriteAsync(bytes);
/// await run.StandardInput.CompleteAsync();                        // the command sees the end of its input
/// string count = await run.StandardOutput.ReadToEndAsync();
/// ExitStatus exit = await run.WaitForExitAsync();                 // a lost session throws
/// </code>
/// </example>
public sealed class StreamingClient : IDisposable
{
    readonly HttpMessageInvoker _http;
    readonly TransportFallback _transports;

    /// <summary>Creates a client of this endpoint, which it then owns.</summary>
    /// <param name="endpoint">The server.</param>
    /// <param name="memory">Which transport worked with which server; one of this client's own for null.</param>
    public StreamingClient(KubernetesEndpoint endpoint, ITransportMemory? memory = null)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        Endpoint = endpoint;
        _http = new HttpMessageInvoker(endpoint.Handler, disposeHandler: false);
        _transports = new TransportFallback(endpoint, new UpgradeHttp(endpoint, _http), memory ?? new TransportMemory());
    }

    /// <summary>The server.</summary>
    public KubernetesEndpoint Endpoint { get; }

    /// <summary>Runs a command in a container. Returns when the server has accepted it.</summary>
    /// <param name="pod">Where.</param>
    /// <param name="command">The command and its arguments: no shell, no splitting.</param>
    /// <param name="options">Channels, transports, versions and deadlines.</param>
    /// <param name="cancellationToken">Ends the wait for the upgrade; without effect on the running command.</param>
    /// <exception cref="UpgradeException">The server refused: nothing was started.</exception>
    /// <exception cref="HttpRequestException">The server could not be reached.</exception>
    /// <exception cref="TimeoutException">The server did not answer within <see cref="ExecOptions.UpgradeTimeout"/>.</exception>
    public Task<RemoteProcess> ExecAsync(PodReference pod, IReadOnlyList<string> command, ExecOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(command);
        if (command.Count == 0) throw new ArgumentException("A command has at least its name.", nameof(command));
        return OpenAsync("exec", pod, command, options, cancellationToken);
    }

    /// <summary>Joins a container's main process. Returns when the server has accepted it.</summary>
    /// <inheritdoc cref="ExecAsync"/>
    public Task<RemoteProcess> AttachAsync(PodReference pod, ExecOptions? options = null, CancellationToken cancellationToken = default) =>
        OpenAsync("attach", pod, [], options, cancellationToken);

    async Task<RemoteProcess> OpenAsync(string subresource, PodReference pod, IReadOnlyList<string> command, ExecOptions? options, CancellationToken cancellationToken)
    {
        UpgradeRequest request = UpgradeRequest.Create(Endpoint.Server, subresource, pod, command, options ?? new ExecOptions());
        (RemoteCommandAdapter adapter, string? fellBack) = await _transports.OpenAsync(request, cancellationToken);
        return new RemoteProcess(new AskingSession(adapter, request.Command)) { FellBack = fellBack };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _http.Dispose();
        Endpoint.Dispose();
    }
}
