using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Fairlead.Wire;

namespace Fairlead.Streaming.RemoteCommand;

/// <summary>
/// The asking side of a remote command: input to write, output to read, and the status that ends it. The same for every version.
/// </summary>
/// <remarks>One reader and one writer a channel at a time. Read both outputs at once, or drop one: an unread channel holds up the
/// other.</remarks>
public sealed class AskingSession : IAsyncDisposable
{
    readonly RemoteCommandAdapter _adapter;
    readonly Task<Status> _status;
    readonly Task _closing;
    readonly SemaphoreSlim _resizing = new(1, 1);
    PipeWriter? _input;
    PipeReader? _output, _error;

    /// <summary>Wraps an adapter, which the session then owns.</summary>
    public AskingSession(RemoteCommandAdapter adapter, RemoteCommandRequest request)
    {
        ArgumentNullException.ThrowIfNull(adapter);
        _adapter = adapter;
        Request = request;
        _status = ReadStatusAsync();
        _closing = CloseAfterStatusAsync();
    }

    /// <summary>What was asked for.</summary>
    public RemoteCommandRequest Request { get; }

    /// <summary>The version in use.</summary>
    public RemoteCommandProtocol Protocol => _adapter.Protocol;

    /// <summary>Carrier and version for people.</summary>
    public string Description => _adapter.Description;

    /// <inheritdoc cref="RemoteCommandAdapter.Withheld"/>
    public WithheldWords Withheld => _adapter.Withheld;

    /// <summary>The command's input. Completing it is the half-close: see <see cref="RemoteCommandProtocol.CanEndInput"/>.</summary>
    public PipeWriter StandardInput => _input ?? _adapter.GetWriter(RemoteChannel.StandardInput);

    /// <summary>The command's output, or the terminal's.</summary>
    public PipeReader StandardOutput => _output ?? _adapter.GetReader(RemoteChannel.StandardOutput);

    /// <summary>The command's error output; ends at once with a terminal.</summary>
    public PipeReader StandardError => _error ?? _adapter.GetReader(RemoteChannel.StandardError);

    /// <summary>Counts the payload of input and outputs that were asked for. To be called once, before the first of it passes.</summary>
    /// <param name="sent">Is told of input.</param>
    /// <param name="received">Is told of outputs.</param>
    public void Count(Action<long> sent, Action<long> received)
    {
        if (Request.Stdin) _input = new CountedWriter(StandardInput, sent);
        if (Request.Stdout) _output = new CountedReader(StandardOutput, received);
        if (Request is { Stderr: true, Tty: false }) _error = new CountedReader(StandardError, received);
    }

    /// <summary>
    /// Completes with the final status; faults with <see cref="SessionLostException"/> when none came. Before v4 a version has no
    /// success status: there an orderly end without text is success.
    /// </summary>
    public Task<Status> Status => _status;

    /// <summary>Tells the terminal's size. Sizes are sent one at a time, in order. Does nothing without a terminal.</summary>
    public async ValueTask ResizeAsync(TerminalSize size, CancellationToken cancellationToken = default)
    {
        if (!Request.Tty) return; // an API server's translator wedges on a size that it did not expect
        await _resizing.WaitAsync(cancellationToken);
        try
        {
            PipeWriter resize = _adapter.GetWriter(RemoteChannel.Resize);
            size.WriteTo(resize);
            await resize.FlushAsync(cancellationToken);
        }
        finally
        {
            _resizing.Release();
        }
    }

    /// <summary>Cuts the session at once.</summary>
    public void Abort(string reason) => _adapter.Abort(new SessionLostException(SessionLoss.LocalAbort, reason));

    /// <summary>
    /// The status is the end: this side closes too, and output that is still on its way arrives until the peer has closed.
    /// </summary>
    async Task CloseAfterStatusAsync()
    {
        try
        {
            await _status;
        }
        catch (SessionLostException)
        {
            return; // seen by whoever awaits Status; there is nothing left to close
        }

        await _adapter.CloseAsync();
    }

    async Task<Status> ReadStatusAsync()
    {
        PipeReader error = _adapter.GetReader(RemoteChannel.Error);
        byte[] text;
        Status? status = null;
        try
        {
            while (true)
            {
                ReadResult result = await error.ReadAsync();
                if (result.Buffer.Length > FinalStatus.Longest)
                    throw new SessionLostException(SessionLoss.ProtocolError, "The peer sent a status longer than 1 MiB.");
                text = result.Buffer.ToArray();
                if (_adapter.Protocol.HasJsonStatus) status = FinalStatus.Read(text, Withheld);
                if (result.IsCompleted || status is not null)
                {
                    error.AdvanceTo(result.Buffer.End);
                    break;
                }

                error.AdvanceTo(result.Buffer.Start, result.Buffer.End);
            }
        }
        finally
        {
            await error.CompleteAsync();
        }

        if (status is not null) return status;
        if (_adapter.Protocol.HasJsonStatus)
        {
            if (text.Length > 0)
                throw new SessionLostException(SessionLoss.ProtocolError, "The server's final status is not a Kubernetes Status.");
            string words = _adapter.LastWords.IsEmpty ? "" : $" ({_adapter.LastWords})";
            throw new SessionLostException(
                SessionLoss.PeerClosed, $"The server closed the session without a status{words}: how the command ended is not known.");
        }

        return text.Length == 0
            ? Wire.Status.Success
            : new Status { Result = Wire.Status.FailureResult, Message = Withheld.BlankCredentials(Encoding.UTF8.GetString(text)) };
    }

    /// <summary>
    /// Releases the session: in order, output that nobody read being dropped, when its status has come; at once otherwise, which the
    /// server takes for a lost client.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (_status.IsCompletedSuccessfully)
        {
            await StandardOutput.CompleteAsync();
            await StandardError.CompleteAsync();
            await _closing;
        }

        await _adapter.DisposeAsync();
        await _closing;
        _resizing.Dispose();
    }
}
