using Fairlead.Containerd.Cri;
using Fairlead.Containerd.Pods;
using Fairlead.Containerd.Ports;
using Fairlead.Containerd.Streams;
using Fairlead.Containerd.Tasks;
using Fairlead.Server;
using Fairlead.Server.Checkpoints;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Wire.PortForward;
using Fairlead.Streaming;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Status = Fairlead.Wire.Status;

namespace Fairlead.Containerd;

/// <summary>The pods and containers of a CRI runtime, over its Unix socket: containerd, CRI-O or another one.</summary>
/// <remarks>
/// Commands run by containerd's own task API where the socket is containerd's, so that no SPDY is spoken; else through the runtime's
/// streaming server. Needs the rights that the socket asks for, and for native commands those of the runtime itself.
/// </remarks>
public sealed class CriRuntime : IContainerRuntime, IPodCatalog, IAsyncDisposable
{
    readonly GrpcChannel _channel;
    readonly string _name;
    readonly CriPodLookup _pods;
    readonly PodCatalog _catalog;
    readonly NativeExecs? _execs;
    readonly PodPorts _ports;
    int _disposed;

    CriRuntime(GrpcChannel channel, RuntimeService.RuntimeServiceClient cri, VersionResponse version, NativeExecs? execs,
        CriRuntimeOptions options, ILoggerFactory logging)
    {
        (_channel, Calls, _execs, Options, _name) = (channel, cri, execs, options, version.RuntimeName);
        Description = RuntimeProbe.Describe(version);
        _pods = new CriPodLookup(cri);
        _catalog = new PodCatalog(new CriPodReader(cri), version.RuntimeName, options);
        Streams = new RuntimeStreams(cri, options, logging);
        _ports = new PodPorts(cri);
    }

    /// <summary>The runtime's name and version.</summary>
    public string Description { get; }

    /// <summary>Commands run by containerd's task API.</summary>
    public bool IsNative => _execs is not null;

    /// <summary>Connects, and ends what native commands of a node that crashed have left behind.</summary>
    /// <param name="socket">The runtime's socket.</param>
    /// <param name="options">Limits and habits; the defaults for null.</param>
    /// <param name="logging">Where it logs; nowhere for null.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The runtime, which the caller disposes.</returns>
    /// <exception cref="IOException">Nothing answers at the socket, what answers is no CRI, or it is not containerd and only that is
    /// wanted.</exception>
    public static async Task<CriRuntime> ConnectAsync(
        UnixSocketAddress socket, CriRuntimeOptions? options = null, ILoggerFactory? logging = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(socket);
        options ??= new CriRuntimeOptions();
        logging ??= NullLoggerFactory.Instance;
        ILogger logger = logging.CreateLogger("Fairlead.Containerd");
        GrpcChannel channel = socket.CreateChannel();
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            patience.CancelAfter(options.ConnectTimeout);
            CallInvoker calls = channel.Intercept(new CallDeadlines(options.CallTimeout));
            RuntimeService.RuntimeServiceClient cri = new(calls);
            ContainerdTasks tasks = new(calls, options.Clock);
            (VersionResponse version, bool native) = await RuntimeProbe.AskAsync(
                cri, tasks, socket, options.StreamThrough, patience.Token);
            NativeExecs? execs = native ? await NativeExecs.StartAsync(tasks, socket, options, logger, cancellationToken) : null;
            options = options with { Limits = options.Limits with { Logger = logging.CreateLogger(CarrierLimits.LogCategory) } };
            return new CriRuntime(channel, cri, version, execs, options, logging);
        }
        catch (RpcException failure)
        {
            channel.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            throw RuntimeProbe.Unanswered(socket, options, patience.IsCancellationRequested, failure);
        }
        catch
        {
            channel.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    /// <remarks>
    /// Two lists that the runtime cuts down to the pod. Where none of its containers runs, it is asked how they ended: a refusal says that.
    /// </remarks>
    public async ValueTask<FoundPod?> FindAsync(string @namespace, string name, CancellationToken cancellationToken)
    {
        if (await AskAsync(_pods.FindAsync(@namespace, name, cancellationToken), cancellationToken) is not { } listed) return null;
        SeenPod? seen = listed.Containers.Any(static container => container.IsRunning)
            ? SeenPod.Of(listed)
            : await AskAsync(new CriPodReader(Calls).ReadPodAsync(listed, cancellationToken), cancellationToken);
        return seen is null ? null : new CriPod(PodObject.Create(seen, _name), listed);
    }

    /// <inheritdoc/>
    public async ValueTask<IContainer?> FindAsync(FoundPod pod, string container, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(pod);
        ListedPod? listed = pod is CriPod own
            ? own.Listed
            : await AskAsync(_pods.FindAsync(pod.Namespace, pod.Name, cancellationToken), cancellationToken);
        return listed?.Containers.FirstOrDefault(listed => listed.Name == container) is { } found ? new CriContainer(found, this) : null;
    }

    /// <inheritdoc/>
    /// <remarks>
    /// Natively with any runtime that says where its pods' networks are: a socket that is made inside the pod's network namespace, so that
    /// both directions end each for itself. Else, or where that alone is wanted, through the runtime's streaming server.
    /// </remarks>
    public async ValueTask<ForwardedStream> ConnectAsync(string @namespace, string pod, int port, CancellationToken cancellationToken)
    {
        PodSandbox[] sandboxes = await ReachAsync(_pods.FindSandboxesAsync(@namespace, pod, cancellationToken));
        if (sandboxes.Length == 0) throw new ForwardResetException(ForwardFault.NotRunning, $"there is no pod {@namespace}/{pod}");
        return sandboxes[0].State == PodSandboxState.SandboxReady
            ? await ConnectAsync(sandboxes[0].Id, port, cancellationToken)
            : throw new ForwardResetException(ForwardFault.NotRunning, $"the sandbox of pod {@namespace}/{pod} is not ready");
    }

    internal CriRuntimeOptions Options { get; }

    /// <summary>The calls of the CRI itself.</summary>
    public RuntimeService.RuntimeServiceClient Calls { get; }

    /// <summary>The way through the runtime's streaming server.</summary>
    internal RuntimeStreams Streams { get; }

    /// <summary>Runs a command in a container: natively where that is possible and wanted.</summary>
    public Task<Status> ExecAsync(AnsweringSession session, string containerId) =>
        _execs is null ? Streams.ExecAsync(session, containerId) : _execs.RunAsync(session, containerId);

    /// <inheritdoc/>
    public Task<Status> ResumeAsync(AnsweringSession session, CommandCheckpoint command) => _execs is not null
        ? _execs.ResumeAsync(session, command)
        : throw new NotSupportedException("commands run through the runtime's streaming server, which keeps none");

    /// <summary>What the runtime says of one container now.</summary>
    internal ValueTask<ContainerFacts> ReadContainerAsync(string id, CancellationToken cancellationToken) =>
        AskAsync(ContainerFacts.ReadAsync(Calls, id, cancellationToken), cancellationToken);

    /// <summary>One container by its id, with its names and its state.</summary>
    /// <exception cref="RpcException">There is none, in the runtime's words.</exception>
    public async Task<FoundContainer> FindContainerAsync(string id, CancellationToken cancellationToken)
    {
        ContainerFacts facts = await ContainerFacts.ReadAsync(Calls, id, cancellationToken);
        ContainerStatus status = facts.Status;
        ContainerReference where = new(status.Labels.GetValueOrDefault("io.kubernetes.pod.namespace", ""),
            status.Labels.GetValueOrDefault("io.kubernetes.pod.name", id), status.Metadata.Name);
        return new FoundContainer(id, new CriMainProcess(facts, null, this), where, status.State);
    }

    /// <summary>One pod's sandbox by its id.</summary>
    /// <exception cref="RpcException">There is none, in the runtime's words.</exception>
    public async Task<PodSandboxStatus> FindSandboxAsync(string id, CancellationToken cancellationToken) =>
        (await Calls.PodSandboxStatusAsync(new() { PodSandboxId = id }, cancellationToken: cancellationToken)).Status;

    /// <summary>Connects to a port of a pod by its sandbox.</summary>
    /// <exception cref="ForwardResetException">It was not reached.</exception>
    public async ValueTask<ForwardedStream> ConnectAsync(string sandboxId, int port, CancellationToken cancellationToken)
    {
        return await ReachAsync(OpenAsync());

        async Task<ForwardedStream> OpenAsync()
        {
            if (Options.StreamThrough == StreamThrough.Cri) return await Streams.ConnectAsync(sandboxId, port, cancellationToken);
            try
            {
                return await _ports.ConnectAsync(sandboxId, port, cancellationToken);
            }
            catch (InvalidDataException) when (Options.StreamThrough == StreamThrough.Auto)
            {
                return await Streams.ConnectAsync(sandboxId, port, cancellationToken); // a runtime that keeps its namespaces to itself
            }
        }
    }

    /// <summary>What cannot be had of a pod for a connection is told as a port that cannot be reached.</summary>
    static async Task<T> ReachAsync<T>(Task<T> reaching)
    {
        try
        {
            return await reaching;
        }
        catch (Exception failure)
            when (failure is RpcException or InvalidDataException || failure is IOException and not ForwardResetException)
        {
            throw new ForwardResetException(
                ForwardFault.Unreachable, failure is RpcException answer ? UnreachableSocketException.Describe(answer) : failure.Message,
                failure);
        }
    }

    /// <inheritdoc/>
    public ValueTask<CatalogSnapshot> ListAsync(string resource, CancellationToken cancellationToken) =>
        _catalog.ListAsync(resource, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<CatalogChange> WatchAsync(string resource, long resourceVersion, CancellationToken cancellationToken) =>
        _catalog.WatchAsync(resource, resourceVersion, cancellationToken);

    /// <summary>A runtime that is away, as while it is restarted, or that does not answer in time, is told as such.</summary>
    internal static async ValueTask<T> AskAsync<T>(Task<T> asking, CancellationToken cancellationToken)
    {
        try
        {
            return await asking;
        }
        catch (RpcException left) when (left.StatusCode == StatusCode.Cancelled && cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(left.Message, left, cancellationToken);
        }
        catch (RpcException failure) when (failure.StatusCode == StatusCode.Unavailable)
        {
            throw new RuntimeUnavailableException(
                "the container runtime does not answer: " + UnreachableSocketException.Describe(failure), failure);
        }
    }

    /// <summary>Returns when every native command that was kept has been tidied up. Sessions are to be ended before.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        if (_execs is not null) await _execs.DisposeAsync();
        Streams.Dispose();
        _channel.Dispose();
    }
}
