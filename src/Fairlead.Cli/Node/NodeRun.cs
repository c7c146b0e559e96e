using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Threading.Channels;
using Fairlead.Cli.CommandLine;
using Fairlead.Cli.Usage;
using Fairlead.Node;
using Fairlead.Node.Handover;
using Fairlead.Cli.Logging;
using Microsoft.Extensions.Logging;

namespace Fairlead.Cli.Node;

/// <summary>
/// The life of a node's process: it is told to stop, or, on sockets that it was given, to let a new process of the program take over.
/// </summary>
[SupportedOSPlatform("linux")]
sealed class NodeRun : IDisposable
{
    /// <summary>
    /// How long a front's sessions may go on after it was told to stop. Then they are told to end, and have three seconds for that:
    /// what arrives meanwhile waits in the socket's queue, and not for longer than ten seconds in all.
    /// </summary>
    public static readonly TimeSpan StopDrain = TimeSpan.FromSeconds(6);

    readonly Channel<bool> _reloads = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    readonly Invocation _invocation;
    readonly ILogger _logger;
    readonly StopSignals _signals;
    readonly string? _program = Environment.ProcessPath; // as long as the file is still there

    NodeRun(Invocation invocation, IReadOnlyList<Socket> sockets, DescriptorStore? descriptors)
    {
        (_invocation, Sockets, Descriptors, _logger) =
            (invocation, sockets, descriptors, invocation.Logging.CreateLogger("Fairlead.Cli"));
        _signals = new StopSignals(sockets.Count == 0 ? null : () => _reloads.Writer.TryWrite(true));
    }

    /// <summary>What listens already; the server's once it has started.</summary>
    public IReadOnlyList<Socket> Sockets { get; }

    /// <summary>Keeps what belongs to sessions while no process runs; null where nobody does.</summary>
    public DescriptorStore? Descriptors { get; }

    /// <summary>It is to stop.</summary>
    public CancellationToken Stop => _signals.Token;

    /// <summary>Takes what the process was given, before it starts anything.</summary>
    public static NodeRun Begin(Invocation invocation)
    {
        try
        {
            IReadOnlyList<Socket> sockets = HandedSockets.Take(out IReadOnlyDictionary<string, SafeHandle> kept);
            return new NodeRun(invocation, sockets, DescriptorStore.Open(kept));
        }
        catch (InvalidDataException e)
        {
            throw new UsageException(e.Message);
        }
    }

    /// <summary>Serves until it is to stop, or has been taken over from and drained.</summary>
    /// <param name="node">Serves already.</param>
    /// <param name="stopDrain">How long its sessions may go on after a stop.</param>
    /// <param name="drain">How long they may go on after it was taken over from.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task ServeAsync(NodeServer node, TimeSpan stopDrain, TimeSpan drain, CancellationToken cancellationToken)
    {
        ServiceNotifications.TellReady();
        Successor.TellReady();
        if (await IsTakenOverAsync(node, cancellationToken)) await node.DrainAsync(drain, isReplaced: true, _signals.Token);
        else
        {
            ServiceNotifications.TellStopping();
            if (stopDrain > TimeSpan.Zero) await node.DrainAsync(stopDrain, cancellationToken: cancellationToken);
            await node.SuspendAsync();
        }
    }

    /// <returns>False when it is to stop instead.</returns>
    async Task<bool> IsTakenOverAsync(NodeServer node, CancellationToken cancellationToken)
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _signals.Token);
        try
        {
            await foreach (bool _ in _reloads.Reader.ReadAllAsync(either.Token))
            {
                if (await StartSuccessorAsync(node, either.Token)) return true;
            }
        }
        catch (OperationCanceledException) when (_signals.Token.IsCancellationRequested)
        {
            // to stop
        }

        return false;
    }

    async Task<bool> StartSuccessorAsync(NodeServer node, CancellationToken cancellationToken)
    {
        try
        {
            if (await Successor.StartAsync(_program ?? "fairlead", Arguments(), node.Listening, cancellationToken) is { } process)
            {
                Log.TakenOver(_logger, process);
                return true;
            }

            Log.NotTakenOver(_logger, null);
        }
        catch (IOException e)
        {
            Log.NotTakenOver(_logger, e);
        }

        return false; // this one goes on
    }

    /// <summary>Where the runtime's own command runs this program, the program is its first argument.</summary>
    IEnumerable<string> Arguments() =>
        Path.GetFileNameWithoutExtension(_program) == "dotnet" ? _invocation.Arguments.Prepend(Environment.GetCommandLineArgs()[0])
            : _invocation.Arguments;

    public void Dispose()
    {
        _signals.Dispose();
        Descriptors?.Dispose();
    }
}
