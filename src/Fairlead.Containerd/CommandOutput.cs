using Fairlead.Containerd.Cri;
using Fairlead.Server;
using Grpc.Core;

namespace Fairlead.Containerd;

/// <summary>What a command without input left, which the runtime ran by itself to its end.</summary>
/// <param name="Output">Its standard output, as far as the runtime keeps it: 16 MiB.</param>
/// <param name="Error">Its standard error, likewise.</param>
/// <param name="ExitCode">Its exit code.</param>
public sealed record CommandOutput(ReadOnlyMemory<byte> Output, ReadOnlyMemory<byte> Error, int ExitCode)
{
    /// <summary>Runs one, for however long it takes.</summary>
    /// <param name="runtime">The runtime.</param>
    /// <param name="container">A container that it has found.</param>
    /// <param name="command">The command.</param>
    /// <param name="cancellationToken">Ends the wait; what becomes of the command is the runtime's habit.</param>
    /// <exception cref="RpcException">The runtime refused it, in its words.</exception>
    /// <exception cref="RuntimeUnavailableException">The runtime does not answer.</exception>
    public static async ValueTask<CommandOutput> OfAsync(
        CriRuntime runtime, IContainer container, IReadOnlyList<string> command, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(runtime);
        if (container is not CriContainer { Id: var id }) throw new ArgumentException("It is another runtime's.", nameof(container));
        ExecSyncRequest request = new() { ContainerId = id, Cmd = { command } };
        CallOptions options = new(deadline: CallDeadlines.None, cancellationToken: cancellationToken);
        ExecSyncResponse left = await CriRuntime.AskAsync(runtime.Calls.ExecSyncAsync(request, options).ResponseAsync, cancellationToken);
        return new CommandOutput(left.Stdout.Memory, left.Stderr.Memory, left.ExitCode);
    }
}
