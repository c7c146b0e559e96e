using System.IO.Pipelines;
using Fairlead.Client.Sessions;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Wire;

namespace Fairlead;

/// <summary>A command that runs in a container, or a container's main process that was attached to.</summary>
/// <remarks>
/// Input and outputs are pipes with bounds: write and read at the same time, since a command whose output nobody reads stops reading
/// its input. One reader and one writer a pipe.
/// <see cref="StreamingClient.RunAsync(PodReference, IReadOnlyList{string}, string?, int, CancellationToken)"/> does all of it. Disposing
/// before the end cuts the session.
/// </remarks>
public sealed class RemoteProcess : IAsyncDisposable
{
    readonly AskingSession _session;
    readonly Output _output, _error;

    internal RemoteProcess(AskingSession session)
    {
        _session = session;
        _output = new Output(session.StandardOutput, nameof(StandardOutput));
        _error = new Output(session.StandardError, nameof(StandardError));
    }

    /// <summary>
    /// The command's input; <see cref="PipeWriter.CompleteAsync"/> is its end of input. As a stream it is
    /// <see cref="PipeWriter.AsStream"/>, whose disposal is the end.
    /// </summary>
    /// <exception cref="InvalidOperationException">No input was asked for.</exception>
    public PipeWriter StandardInput => _session.Request.Stdin
        ? _session.StandardInput
        : throw new InvalidOperationException("No input was asked for: set ExecOptions.Stdin.");

    /// <summary>The command's output, or all output of its terminal.</summary>
    /// <exception cref="InvalidOperationException">No output was asked for.</exception>
    public PipeReader StandardOutput => _session.Request.Stdout
        ? _output.Take()
        : throw new InvalidOperationException("No output was asked for: set ExecOptions.Stdout.");

    /// <summary>The command's error output; empty with a terminal.</summary>
    /// <exception cref="InvalidOperationException">No error output was asked for.</exception>
    public PipeReader StandardError => _session.Request.Stderr || _session.Request.Tty
        ? _error.Take()
        : throw new InvalidOperationException("No error output was asked for: set ExecOptions.Stderr.");

    /// <summary>
    /// The lines of both outputs as they come, each with its source. Neither output holds up the other, whichever the command writes. Takes
    /// the outputs that were asked for, at once. Lines are UTF-8, without their end; text behind the last end is a line too. Who stops
    /// before the end drops what is left; <see cref="WaitForExitAsync"/> then says how the command ended, as it does after the end.
    /// </summary>
    /// <param name="mostBytes">The longest line. 1 MiB.</param>
    /// <param name="cancellationToken">Ends the wait for a line.</param>
    /// <exception cref="InvalidOperationException">No output was asked for, or one was dropped.</exception>
    /// <exception cref="SessionLostException">The session was lost, told behind the lines that had come. A line that had not ended is not
    /// among them.</exception>
    /// <exception cref="OutputLimitException">A line is longer.</exception>
    public IAsyncEnumerable<(bool IsError, string Line)> ReadLinesAsync(
        int mostBytes = PipeReaderExtensions.LongestLine, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(mostBytes);
        RemoteCommandRequest asked = _session.Request;
        if (!asked.Stdout && !asked.Stderr) throw new InvalidOperationException("No output was asked for: set ExecOptions.Stdout.");
        return OutputLines.MergeAsync(
            asked.Stdout ? StandardOutput : null, asked.Stderr ? StandardError : null, mostBytes, cancellationToken);
    }

    /// <summary>The version that was negotiated.</summary>
    public RemoteCommandProtocol Protocol => _session.Protocol;

    /// <summary>Carrier and version for people, for instance <c>WebSocket v5.channel.k8s.io</c>.</summary>
    public string Connection => _session.Description;

    /// <summary>Why the session fell back from the transport that was tried first, or would have been; null where it did not.</summary>
    public string? FellBack { get; internal init; }

    /// <summary>Tells the terminal's size; without effect without a terminal.</summary>
    public ValueTask ResizeAsync(TerminalSize size, CancellationToken cancellationToken = default) =>
        _session.ResizeAsync(size, cancellationToken);

    /// <summary>
    /// Waits for the command's end. An output that nobody has begun to read is dropped from here on, so that it cannot hold up the command:
    /// take <see cref="StandardOutput"/> and <see cref="StandardError"/> before. One that was taken is waited for, and whoever took it
    /// reads it, at the same time or, where it is short, afterwards. A token ends the wait alone; what was dropped stays dropped.
    /// </summary>
    /// <exception cref="SessionLostException">The session was lost before its status: never success.</exception>
    /// <exception cref="RemoteCommandException">The server could not run the command.</exception>
    public async ValueTask<ExitStatus> WaitForExitAsync(CancellationToken cancellationToken = default)
    {
        _output.DropUnlessTaken();
        _error.DropUnlessTaken();
        Status status = await _session.Status.WaitAsync(cancellationToken);
        if (status.TryGetExitCode(out int code))
            return new ExitStatus(code, code == 0 || status.Said.IsEmpty ? null : status.Said.ToString());
        throw new RemoteCommandException(status);
    }

    /// <summary>Cuts the session at once; the server treats the client as lost.</summary>
    public void Abort(string reason = "The caller ended the session.") => _session.Abort(reason);

    /// <summary>
    /// Completes when the log and the trace know how the session ended, which a program that ends soon must not overtake.
    /// </summary>
    internal Task Told { private get; init; } = Task.CompletedTask;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _session.DisposeAsync();
        await Told;
    }

    /// <summary>One output, and whether somebody reads it.</summary>
    sealed class Output(PipeReader reader, string name)
    {
        const int Open = 0, Taken = 1, Dropped = 2;

        int _state;

        internal PipeReader Take() => Interlocked.CompareExchange(ref _state, Taken, Open) == Dropped
            ? throw new InvalidOperationException($"{name} was dropped, since nobody had taken it when the wait for the exit began.")
            : reader;

        internal void DropUnlessTaken()
        {
            if (Interlocked.CompareExchange(ref _state, Dropped, Open) == Open) reader.Complete();
        }
    }
}
