using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Fairlead.Streaming.Relays;
using Fairlead.Wire;

namespace Fairlead.Streaming.RemoteCommand;

/// <summary>
/// The answering side of a remote command, as a runtime sees it: input to read, output to write, sizes to follow, and one status
/// to end it with. The same for every protocol version.
/// </summary>
/// <remarks>
/// Read <see cref="StandardInput"/> and write the outputs each by one caller at a time. Complete <see cref="StandardInput"/> when
/// the command takes no more: what the client still sends is then dropped, so that its other channels go on.
/// </remarks>
public sealed partial class AnsweringSession : IAsyncDisposable
{
    readonly RemoteCommandAdapter _adapter;
    readonly CancellationTokenSource _lost = new();
    readonly Task _watch;
    PipeReader? _input;
    PipeWriter? _output, _error;
    int _ended;

    /// <summary>Wraps an adapter, which the session then owns.</summary>
    public AnsweringSession(RemoteCommandAdapter adapter, RemoteCommandRequest request)
    {
        ArgumentNullException.ThrowIfNull(adapter);
        _adapter = adapter;
        Request = request;
        TerminalSizes = new TerminalSizes(adapter.GetReader(RemoteChannel.Resize));
        _watch = WatchAsync();
    }

    /// <summary>What was asked for.</summary>
    public RemoteCommandRequest Request { get; }

    /// <summary>The version in use.</summary>
    public RemoteCommandProtocol Protocol => _adapter.Protocol;

    /// <summary>
    /// The client's input. Ends when the client ended it (<c>IsCompleted</c>); reading throws <see cref="SessionLostException"/>
    /// when the client was lost. At once completed when no input was asked for.
    /// </summary>
    public PipeReader StandardInput => _input ?? _adapter.GetReader(RemoteChannel.StandardInput);

    /// <summary>Standard output, or the terminal's output. What is written when it was not asked for is dropped.</summary>
    public PipeWriter StandardOutput => _output ?? _adapter.GetWriter(RemoteChannel.StandardOutput);

    /// <summary>Standard error. What is written when it was not asked for, or with a terminal, is dropped.</summary>
    public PipeWriter StandardError => _error ?? _adapter.GetWriter(RemoteChannel.StandardError);

    /// <summary>The client's terminal sizes; only the newest is kept.</summary>
    public TerminalSizes TerminalSizes { get; }

    /// <summary>Fires when the client is gone before <see cref="EndAsync"/>: the time for the policy on lost clients.</summary>
    public CancellationToken Lost => _lost.Token;

    /// <summary>Why the client is gone, after <see cref="Lost"/> fired.</summary>
    public SessionLostException? LossReason { get; private set; }

    /// <summary>Counts the payload of input and outputs that were asked for. To be called once, before the first of it passes.</summary>
    /// <param name="traffic">Where.</param>
    public void Count(RelayTraffic traffic)
    {
        ArgumentNullException.ThrowIfNull(traffic);
        if (Request.Stdin) _input = new CountedReader(StandardInput, traffic.AddToServer);
        if (Request.Stdout) _output = new CountedWriter(StandardOutput, traffic.AddToClient);
        if (Request is { Stderr: true, Tty: false }) _error = new CountedWriter(StandardError, traffic.AddToClient);
    }

    /// <summary>
    /// Ends the session: the outputs are completed and sent, then the status, then the carrier is closed in order. Call it once,
    /// after all output was written. Does nothing more than release the carrier when the client is gone.
    /// </summary>
    public async ValueTask EndAsync(Status status)
    {
        ArgumentNullException.ThrowIfNull(status);
        if (Interlocked.Exchange(ref _ended, 1) != 0) return;

        try
        {
            await StandardOutput.CompleteAsync();
            await StandardError.CompleteAsync();
            PipeWriter error = _adapter.GetWriter(RemoteChannel.Error);
            if (_adapter.Protocol.HasJsonStatus) status.WriteTo(error);
            else if (!status.IsSuccess) error.Write(Encoding.UTF8.GetBytes(status.Said.IsEmpty ? "failed" : status.Said.ToString()));

            await error.FlushAsync();
            await error.CompleteAsync();
            await StandardInput.CompleteAsync();
            await _adapter.CloseAsync();
        }
        catch (SessionLostException)
        {
            // the client left while its ending was on the way: nobody is there to be told
        }
    }

    /// <summary>Ends the session without a status, for a reason of this side's (shutdown): the client sees it as lost.</summary>
    public void Abort(string reason) => _adapter.Abort(new SessionLostException(SessionLoss.LocalAbort, reason));

    async Task WatchAsync()
    {
        SessionLostException? loss = await _adapter.Ended;
        if (Volatile.Read(ref _ended) != 0) return;
        LossReason = loss ?? new SessionLostException(SessionLoss.PeerClosed, "The client closed the session before the command ended.");
        await _lost.CancelAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _adapter.DisposeAsync();
        await _watch;
        await TerminalSizes.DisposeAsync();
        _lost.Dispose();
    }
}
