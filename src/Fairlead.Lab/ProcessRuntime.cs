using System.Text.Json.Nodes;
using Fairlead.HostProcesses.Native;
using Fairlead.HostProcesses.Trees;
using Fairlead.Lab.Containers;
using Fairlead.Lab.Manifests;
using Fairlead.Lab.Pods;
using Fairlead.Server;
using Fairlead.Server.Ports;
using Fairlead.Wire.PortForward;

namespace Fairlead.Lab;

/// <summary>
/// Pods whose containers are local processes: what a lab serves, and a stand-in for a node in tests. Linux 5.3 or later.
/// </summary>
/// <remarks>
/// Processes run as the host's own user, with its rights and files: nothing is isolated. Whoever may exec here may do what the host's
/// user may do. They end with the process that started them, however it ends: a shell (<c>/bin/sh</c>) waits beside it for that. Where
/// there is no such file, they outlive a host that is killed.
/// </remarks>
public sealed class ProcessRuntime : IContainerRuntime, IPodCatalog, IAsyncDisposable
{
    readonly ObjectCatalog _catalog = new();
    readonly RunningProcesses _running;
    readonly List<Pod> _pods = [];

    ProcessRuntime(ProcessRuntimeOptions options)
    {
        string name = RunningProcesses.NewName();
        _running = new RunningProcesses(options, name) { Watcher = OrphanWatcher.Start(name, ContainerEnvironment.DefaultPath) };
    }

    /// <summary>
    /// Starts the main process of every container. One that cannot be started shows it in its pod's status and is tried again.
    /// </summary>
    /// <param name="manifests">What to run: <see cref="PodManifests.Read"/> or <see cref="DemoPods.Create"/>.</param>
    /// <param name="options">Limits and habits; the defaults when null.</param>
    /// <param name="time">The clock for times in statuses and logs and for backoffs; the system's when null.</param>
    /// <returns>The runtime, which the caller disposes.</returns>
    /// <exception cref="PlatformNotSupportedException">The kernel has no pidfd.</exception>
    public static ProcessRuntime Start(PodManifests manifests, ProcessRuntimeOptions? options = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(manifests);
        ProcessDescriptor.Open(Environment.ProcessId)?.Dispose(); // says at once when the kernel is too old
        time ??= TimeProvider.System;
        ProcessRuntime runtime = new(options ?? new ProcessRuntimeOptions());
        foreach ((string resource, JsonObject document) in manifests.Others)
        {
            string apiVersion = resource switch { "services" => "v1", "jobs" => "batch/v1", _ => "apps/v1" };
            runtime._catalog.Add(resource, ObjectDefaults.Fill((JsonObject)document.DeepClone(), apiVersion, time.GetUtcNow()));
        }

        foreach (PodManifest pod in manifests.Pods) runtime._pods.Add(new Pod(pod, runtime._catalog, runtime._running, time));
        return runtime;
    }

    /// <inheritdoc/>
    public ValueTask<FoundPod?> FindAsync(string @namespace, string name, CancellationToken cancellationToken) =>
        new(_pods.Find(p => p.Is(@namespace, name)) is { } pod ? new FoundPod(_catalog.Get(pod.Entry)) : null);

    /// <inheritdoc/>
    public ValueTask<IContainer?> FindAsync(FoundPod pod, string container, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(pod);
        return new(_pods.Find(p => p.Is(pod.Namespace, pod.Name))?.Containers.FirstOrDefault(c => c.Manifest.Name == container));
    }

    /// <inheritdoc/>
    /// <remarks>
    /// All pods share the loopback interface. A port that only another pod declares (<c>containerPort</c>) is refused as if nothing
    /// listened on it; any other is tried.
    /// </remarks>
    public async ValueTask<ForwardedStream> ConnectAsync(string @namespace, string pod, int port, CancellationToken cancellationToken)
    {
        Pod found = _pods.Find(p => p.Is(@namespace, pod))
            ?? throw new ForwardResetException(ForwardFault.NotRunning, $"there is no pod {@namespace}/{pod}");
        if (!found.Declares(port) && _pods.Exists(p => p.Declares(port)))
            throw new ForwardResetException(ForwardFault.ConnectionRefused, $"port {port} is another pod's");
        return await PortConnection.OpenAsync(port, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<CatalogSnapshot> ListAsync(string resource, CancellationToken cancellationToken) =>
        _catalog.ListAsync(resource, cancellationToken);

    /// <summary>Everything of one resource; nothing has to be waited for. See <see cref="IPodCatalog.ListAsync"/>.</summary>
    public CatalogSnapshot List(string resource) => _catalog.List(resource);

    /// <inheritdoc/>
    public IAsyncEnumerable<CatalogChange> WatchAsync(string resource, long resourceVersion, CancellationToken cancellationToken) =>
        _catalog.WatchAsync(resource, resourceVersion, cancellationToken);

    /// <summary>
    /// Ends everything that was started, main processes and commands with all their children, and returns when none is left. Sessions
    /// that are still open end with what their commands ended with.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        Task pods = Task.WhenAll(_pods.Select(p => p.DisposeAsync().AsTask()));
        await _running.DisposeAsync();
        await pods;
        if (_running.Watcher is { } watcher) await watcher.DisposeAsync();
    }
}
