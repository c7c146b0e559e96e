using Fairlead.Client;
using Fairlead.Client.Forwarding;
using Fairlead.Client.Telemetry;
using Fairlead.Upgrades;
using Fairlead.Upgrades.PortForward;
using Microsoft.Extensions.Logging;

namespace Fairlead;

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
public sealed partial class StreamingClient : IDisposable
{
    readonly UpgradeDialer _dialer;
    readonly ILogger _logger;

    /// <summary>Creates a client of this endpoint, which it then owns.</summary>
    /// <param name="endpoint">The server.</param>
    /// <param name="memory">Which transport worked with which server; one of this client's own for null.</param>
    public StreamingClient(KubernetesEndpoint endpoint, ITransportMemory? memory = null)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        Endpoint = endpoint;
        _dialer = new UpgradeDialer(endpoint, memory ?? new TransportMemory());
        _logger = endpoint.Logging.CreateLogger(Log.Category);
    }

    /// <summary>The server.</summary>
    public KubernetesEndpoint Endpoint { get; }

    /// <summary>
    /// Finds the pods of deployments, services and the like, and the container that is meant where none was named and the server cannot
    /// choose, as it says before anything is started. Null for a client that has nobody to ask: then that refusal is thrown. A client that
    /// was made of a kubeconfig has one.
    /// </summary>
    public IPodFinder? Finder { get; init; }

    /// <summary>Runs a command in a container. Returns when the server has accepted it.</summary>
    /// <param name="pod">Where.</param>
    /// <param name="command">The command and its arguments: no shell, no splitting.</param>
    /// <param name="options">Channels, transports, versions and deadlines.</param>
    /// <param name="cancellationToken">Ends the wait for the upgrade; without effect on the running command.</param>
    /// <exception cref="UpgradeException">The server refused: nothing was started.</exception>
    /// <exception cref="ServerUnreachableException">The server could not be reached, or did not answer within
    /// <see cref="UpgradeOptions.UpgradeTimeout"/>.</exception>
    /// <exception cref="SessionLostException">It was lost as it began: whether anything was started is not known.</exception>
    /// <exception cref="SetupException">A credential cannot be had.</exception>
    public Task<RemoteProcess> ExecAsync(
        PodReference pod, IReadOnlyList<string> command, ExecOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(command);
        if (command.Count == 0) throw new ArgumentException("A command has at least its name.", nameof(command));
        if (command.Contains(null!)) throw new ArgumentException("An argument is null.", nameof(command));
        return OpenAsync("exec", pod, command, options, cancellationToken);
    }

    /// <summary>Joins a container's main process. Returns when the server has accepted it.</summary>
    /// <inheritdoc cref="ExecAsync"/>
    public Task<RemoteProcess> AttachAsync(PodReference pod, ExecOptions? options = null, CancellationToken cancellationToken = default) =>
        OpenAsync("attach", pod, [], options, cancellationToken);

    /// <summary>Connects to a port of a pod: one connection on a carrier of its own, for instance in a <c>ConnectCallback</c>.</summary>
    /// <param name="pod">Where; a container makes no difference.</param>
    /// <param name="port">The port, 1 to 65535.</param>
    /// <param name="options">Transports, forms and deadlines.</param>
    /// <param name="cancellationToken">Gives up; without effect on the connection afterwards.</param>
    /// <returns>The connection, which the caller disposes.</returns>
    /// <exception cref="ForwardResetException">The pod refused it. Forms that do not tell throw this when the stream is read.</exception>
    /// <exception cref="UpgradeException">The server refused.</exception>
    /// <exception cref="ServerUnreachableException">The server could not be reached, or did not answer within
    /// <see cref="UpgradeOptions.UpgradeTimeout"/>.</exception>
    /// <exception cref="SessionLostException">It was lost as it began: whether anything was started is not known.</exception>
    /// <exception cref="SetupException">A credential cannot be had.</exception>
    public Task<ForwardedStream> ConnectAsync(
        PodReference pod, int port, PortForwardOptions? options = null, CancellationToken cancellationToken = default)
    {
        ThrowIfNoPort(port);
        pod = Place(pod);
        return ForwardTelemetry.ConnectAsync(
            Endpoint.Server, pod, () => pod.Owner is null ? ConnectToAsync(pod, port) : FindAndConnectAsync());

        Task<ForwardedStream> ConnectToAsync(PodReference found, int number) =>
            _dialer.ConnectAsync(ForwardsOf(found), number, options ?? new PortForwardOptions(), cancellationToken);

        async Task<ForwardedStream> FindAndConnectAsync()
        {
            ForwardTarget found = await FindPortsAsync(pod, [port], again: false, cancellationToken);
            return await ConnectToAsync(found.Pod, found.Ports[0]);
        }
    }

    /// <summary>Opens a way to a pod's ports that serves many connections.</summary>
    /// <param name="pod">Where; a container makes no difference.</param>
    /// <param name="ports">The ports that are going to be used; forms with channels are tried with the first.</param>
    /// <param name="options">Transports, forms and deadlines.</param>
    /// <param name="cancellationToken">Gives up; without effect on the session afterwards.</param>
    /// <returns>The session, which the caller disposes.</returns>
    /// <inheritdoc cref="ConnectAsync" path="/exception"/>
    public Task<ForwardSession> OpenForwardAsync(
        PodReference pod, IReadOnlyList<int> ports, PortForwardOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(ports);
        if (ports.Count == 0) throw new ArgumentException("A forward has at least one port.", nameof(ports));
        foreach (int port in ports) ThrowIfNoPort(port);
        pod = Place(pod);
        return ForwardTelemetry.OpenAsync(Endpoint.Server, pod, FindAndDialAsync);

        async Task<(PodReference, UpgradedForward)> FindAndDialAsync()
        {
            if (pod.Owner is not null) (pod, ports) = await FindPortsAsync(pod, ports, again: false, cancellationToken);
            return (pod, await DialForwardAsync(pod, ports, options ?? new PortForwardOptions(), cancellationToken));
        }
    }

    Task<UpgradedForward> DialForwardAsync(
        PodReference pod, IReadOnlyList<int> ports, PortForwardOptions options, CancellationToken cancellationToken) =>
        _dialer.DialForwardAsync(ForwardsOf(pod), ports[0], options, cancellationToken: cancellationToken);

    Uri ForwardsOf(PodReference pod) => PodPath.Of(Endpoint.Server, pod, "portforward");

    PodReference Place(PodReference pod) => PodReference.Place(pod, Endpoint.DefaultNamespace);

    /// <summary>Finds one pod of a deployment, a service and the like, to use it more than once.</summary>
    /// <param name="pod">What stands for it. A pod is given back as it is, without a look-up.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <exception cref="RefusedException">There is none that runs, or the server refused to tell.</exception>
    /// <exception cref="ServerUnreachableException">The server could not be reached.</exception>
    public Task<PodReference> FindPodAsync(PodReference pod, CancellationToken cancellationToken = default)
    {
        pod = Place(pod);
        return pod.Owner is null ? Task.FromResult(pod) : FinderOf(pod).FindAsync(pod, cancellationToken);
    }

    async Task<ForwardTarget> FindPortsAsync(
        PodReference pod, IReadOnlyList<int> ports, bool again, CancellationToken cancellationToken)
    {
        (PodReference found, IReadOnlyList<int> its) = await FinderOf(pod).FindPortsAsync(pod, ports, again, cancellationToken);
        return new ForwardTarget(found, its);
    }

    IPodFinder FinderOf(PodReference pod) => Finder ?? throw new ArgumentException(
        $"This client cannot look up a pod of {pod}: one that was made of a kubeconfig can, or one with a {nameof(Finder)}.", nameof(pod));

    static void ThrowIfNoPort(int port)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(port, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(port, ushort.MaxValue);
    }

    /// <summary>
    /// Brings ports of a pod to this machine: listens, and joins each connection to the pod's port. Keeps listening when the connection
    /// goes, and dials this pod again; of a deployment or a service, one of its pods that runs then.
    /// </summary>
    /// <param name="pod">The pod.</param>
    /// <param name="ports">Where to listen, and the pod's ports: for instance <c>[new(local: 0, remote: 5432)]</c>.</param>
    /// <param name="options">Addresses, events, and what to do when the connection goes.</param>
    /// <param name="cancellationToken">Ends the wait for the forward; without effect on one that stands.</param>
    /// <returns>The forward, which listens and is connected; disposing it ends it.</returns>
    /// <exception cref="SetupException">A port cannot be listened on: the message says which and why.</exception>
    /// <exception cref="UpgradeException">The server refused.</exception>
    /// <exception cref="ServerUnreachableException">The server could not be reached, or did not answer in time.</exception>
    public Task<PortForward> ForwardAsync(
        PodReference pod, IReadOnlyList<PortMapping> ports, ForwardOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(ports);
        if (ports.Count == 0) throw new ArgumentException("A forward has at least one port: [new(8080, 80)].", nameof(ports));
        if (ports.Any(static port => port?.Local is null)) throw new ArgumentException("A port or its listener is null.", nameof(ports));
        foreach (PortMapping port in ports) ThrowIfNoPort(port.Remote);
        ForwardTarget target = new(Place(pod), [.. ports.Select(static port => port.Remote)]);
        return ForwardResolvedAsync(FindAsync, [.. ports.Select(static port => port.Local)], options, cancellationToken);

        Task<ForwardTarget> FindAsync(bool again, CancellationToken token) => target.Pod.Owner is null
            ? Task.FromResult(target)
            : FindPortsAsync(target.Pod, target.Ports, again, token);
    }

    /// <summary>The same for what is looked up, at the start and again for each attempt to connect again.</summary>
    /// <param name="resolve">
    /// Finds the pod and its ports; told false at first and true after a loss. What it throws fails the start, or one attempt.
    /// </param>
    /// <param name="locals">Where to listen, for each of the ports.</param>
    /// <param name="options">Addresses, events, and what to do when the connection goes.</param>
    /// <param name="cancellationToken">Ends the wait for the forward; without effect on one that stands.</param>
    /// <inheritdoc cref="ForwardAsync(PodReference, IReadOnlyList{PortMapping}, ForwardOptions?, CancellationToken)" path="/returns"/>
    /// <inheritdoc cref="ForwardAsync(PodReference, IReadOnlyList{PortMapping}, ForwardOptions?, CancellationToken)" path="/exception"/>
    internal Task<PortForward> ForwardResolvedAsync(
        Func<bool, CancellationToken, Task<ForwardTarget>> resolve, IReadOnlyList<LocalListener> locals, ForwardOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(resolve);
        ArgumentNullException.ThrowIfNull(locals);
        if (locals.Count == 0) throw new ArgumentException("A forward listens in at least one place.", nameof(locals));
        options ??= new ForwardOptions();
        ForwardDialer dialer = new(FindAsync, DialAsync, () => Endpoint.IsFetchingCredentials);
        return ForwardTelemetry.StartAsync(
            Endpoint.Server, () => PortForward.StartAsync(dialer, locals, ForwardTale.ToldTo(_logger, options), cancellationToken));

        async Task<ForwardTarget> FindAsync(bool again, CancellationToken token)
        {
            ForwardTarget found = await resolve(again, token);
            return found with { Pod = Place(found.Pod) };
        }

        // What is joined to it is counted where it is accepted.
        async Task<ForwardSession> DialAsync(PodReference pod, IReadOnlyList<int> ports, CancellationToken token) =>
            (await DialForwardAsync(pod, ports, options.Connection, token)).Open();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _dialer.Dispose();
        Endpoint.Dispose();
    }
}
