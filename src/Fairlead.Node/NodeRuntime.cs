using Fairlead.Containerd;
using Fairlead.Containerd.Cri;
using Fairlead.Server;
using Fairlead.Server.Checkpoints;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Wire;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Status = Fairlead.Wire.Status;

namespace Fairlead.Node;

/// <summary>
/// A node's runtime, which may come later than the node: until it answers for the first time, what needs it is told that it is away. Once
/// connected it looks after its connection itself.
/// </summary>
sealed class NodeRuntime : IContainerRuntime, IPodCatalog, IAsyncDisposable
{
    static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1), s_briefly = TimeSpan.FromSeconds(2);

    readonly CancellationTokenSource _over = new();
    readonly NodeOptions _options;
    readonly ILoggerFactory _logging;
    volatile CriRuntime? _connected;
    volatile Exception? _why;
    Task _connecting = Task.CompletedTask;

    NodeRuntime(NodeOptions options, ILoggerFactory logging) => (_options, _logging) = (options, logging);

    /// <summary>Null as long as it has not answered.</summary>
    internal CriRuntime? Connected => _connected;

    /// <exception cref="RuntimeUnavailableException">It has not answered yet.</exception>
    internal CriRuntime Present => _connected
        ?? throw new RuntimeUnavailableException(_why?.Message ?? "the container runtime does not answer yet", _why);

    /// <summary>Connects.</summary>
    /// <param name="options">The node's.</param>
    /// <param name="logging">Where it logs.</param>
    /// <param name="mayBeAway">Where it does not answer it is asked again and again, and the node begins without it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">It does not answer, and may not be away.</exception>
    internal static async Task<NodeRuntime> ConnectAsync(
        NodeOptions options, ILoggerFactory logging, bool mayBeAway, CancellationToken cancellationToken)
    {
        NodeRuntime runtime = new(options, logging);
        try
        {
            await runtime.ConnectAsync(cancellationToken);
        }
        catch (IOException away) when (mayBeAway)
        {
            runtime._why = away;
            Log.RuntimeAway(logging.CreateLogger("Fairlead.Node"), away.Message);
            runtime._connecting = runtime.ConnectLaterAsync(runtime._over.Token);
        }

        return runtime;
    }

    async Task ConnectAsync(CancellationToken cancellationToken) =>
        _connected = await CriRuntime.ConnectAsync(_options.Cri, _options.Runtime, _logging, cancellationToken);

    async Task ConnectLaterAsync(CancellationToken over)
    {
        while (true)
        {
            try
            {
                await Task.Delay(s_pause, _options.Runtime.Clock, over);
                await ConnectAsync(over);
                Log.RuntimeThere(_logging.CreateLogger("Fairlead.Node"), _connected!.Description);
                return;
            }
            catch (IOException away)
            {
                _why = away;
            }
            catch (OperationCanceledException) when (over.IsCancellationRequested)
            {
                return;
            }
        }
    }

    /// <summary>Asks whether it answers now.</summary>
    /// <returns>Null where it does; else why not.</returns>
    internal async Task<string?> WhyAwayAsync(CancellationToken cancellationToken)
    {
        if (_connected is not { } connected) return _why?.Message ?? "the container runtime does not answer yet";
        try
        {
            await connected.Calls.VersionAsync(
                new VersionRequest(), deadline: DateTime.UtcNow + s_briefly, cancellationToken: cancellationToken);
            return null;
        }
        catch (RpcException failure)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return failure.StatusCode == StatusCode.DeadlineExceeded
                ? $"the container runtime said nothing for {s_briefly.TotalSeconds:0} s"
                : $"the container runtime does not answer: {new PeerText(failure.Status.Detail)}";
        }
    }

    ValueTask<IContainer?> IContainerRuntime.FindAsync(FoundPod pod, string container, CancellationToken cancellationToken) =>
        Present.FindAsync(pod, container, cancellationToken);

    ValueTask<ForwardedStream> IContainerRuntime.ConnectAsync(
        string @namespace, string pod, int port, CancellationToken cancellationToken) =>
        Present.ConnectAsync(@namespace, pod, port, cancellationToken);

    async Task<Status> IContainerRuntime.ResumeAsync(AnsweringSession session, CommandCheckpoint command)
    {
        await _connecting; // where it is away, until it answers
        return await Present.ResumeAsync(session, command);
    }

    /// <inheritdoc/>
    public ValueTask<CatalogSnapshot> ListAsync(string resource, CancellationToken cancellationToken) =>
        Present.ListAsync(resource, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<FoundPod?> FindAsync(string @namespace, string name, CancellationToken cancellationToken) =>
        Present.FindAsync(@namespace, name, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<CatalogChange> WatchAsync(string resource, long resourceVersion, CancellationToken cancellationToken) =>
        Present.WatchAsync(resource, resourceVersion, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await _connecting;
        if (_connected is { } connected) await connected.DisposeAsync();
        _over.Dispose();
    }
}
