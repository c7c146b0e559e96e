using System.IO.Pipelines;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Wire;

namespace Fairlead.Client;

/// <summary>A command that runs in a container, or a container's main process that was attached to.</summary>
/// <remarks>
/// Input and outputs are pipes with bounds: write and read at the same time, since a command whose output nobody reads stops reading
/// its input. One reader and one writer a pipe. Disposing before the end cuts the session.
/// </remarks>
public sealed class RemoteProcess : IAsyncDisposable
{
    readonly AskingSession _session;

    internal RemoteProcess(AskingSession session) => _session = session;

    /// <summary>The command's input; <see cref="PipeWriter.CompleteAsync"/> is its end of input.</summary>
    /// <exception cref="InvalidOperationException">No input was asked for.</exception>
    public PipeWriter StandardInput => _session.Request.Stdin
        ? _session.StandardInput
        : throw new InvalidOperationException("No input was asked for: set ExecOptions.Stdin.");

    /// <summary>The command's output, or all output of its terminal.</summary>
    /// <exception cref="InvalidOperationException">No output was asked for.</exception>
    public PipeReader StandardOutput => _session.Request.Stdout
        ? _session.StandardOutput
        : throw new InvalidOperationException("No output was asked for: set ExecOptions.Stdout.");

    /// <summary>The command's error output; empty with a terminal.</summary>
    /// <exception cref="InvalidOperationException">No error output was asked for.</exception>
    public PipeReader StandardError => _session.Request.Stderr
        ? _session.StandardError
        : throw new InvalidOperationException("No error output was asked for: set ExecOptions.Stderr.");

    /// <summary>The version that was negotiated.</summary>
    public RemoteCommandProtocol Protocol => _session.Protocol;

    /// <summary>Carrier and version for people, for instance <c>WebSocket v5.channel.k8s.io</c>.</summary>
    public string Connection => _session.Description;

    /// <summary>Why the session did not go the first way that was thought of; null where it did.</summary>
    public string? FellBack { get; internal init; }

    /// <summary>Tells the terminal's size; without effect without a terminal.</summary>
    public ValueTask ResizeAsync(TerminalSize size, CancellationToken cancellationToken = default) =>
        _session.ResizeAsync(size, cancellationToken);

    /// <summary>
    /// Waits for the command's end. All of its output has arrived in the pipes by then, or is about to be read from them.
    /// </summary>
    /// <exception cref="Streaming.SessionLostException">The session was lost before its status: never success.</exception>
    /// <exception cref="RemoteCommandException">The server could not run the command.</exception>
    public async ValueTask<ExitStatus> WaitForExitAsync(CancellationToken cancellationToken = default)
    {
        Status status = await _session.Status.WaitAsync(cancellationToken);
        if (status.TryGetExitCode(out int code))
            return new ExitStatus(code, code == 0 || status.Said.IsEmpty ? null : status.Said.ToString());
        throw new RemoteCommandException(status);
    }

    /// <summary>Cuts the session at once; the server treats the client as lost.</summary>
    public void Abort(string reason = "The caller ended the session.") => _session.Abort(reason);

    /// <summary>Completes when the log knows how the session ended, which a program that ends soon must not overtake.</summary>
    internal Task Told { private get; init; } = Task.CompletedTask;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _session.DisposeAsync();
        await Told;
    }
}
