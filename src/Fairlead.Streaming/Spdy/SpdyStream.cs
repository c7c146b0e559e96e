using System.IO.Pipelines;
using Fairlead.Wire;
using Fairlead.Wire.Spdy;

namespace Fairlead.Streaming.Spdy;

/// <summary>One stream of a connection: two halves, each with an end of its own. What it means is the subprotocol's business.</summary>
/// <remarks>State that several threads see is under the connection's lock; the input belongs to its read loop.</remarks>
sealed class SpdyStream
{
    readonly SpdyConnection _connection;
    readonly InboundChannel _input;
    readonly TaskCompletionSource<SessionLostException?> _replied = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly TaskCompletionSource _inputEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    ChannelPipeWriter? _writer;
    IOException? _writeLoss;
    bool _writeEnded;
    volatile bool _discards;

    internal SpdyStream(SpdyConnection connection, uint id, bool isOwn, IReadOnlyList<SpdyHeader> headers, int capacity)
    {
        (_connection, Id, IsOwn, Headers) = (connection, id, isOwn, headers);
        _input = new InboundChannel(capacity);
        if (!isOwn) _replied.SetResult(null);
    }

    internal uint Id { get; }

    internal TimeSpan DisposeTimeout => _connection.DisposeTimeout;

    internal TimeProvider Time => _connection.Time;

    /// <summary>This side opened it.</summary>
    internal bool IsOwn { get; }

    /// <summary>The headers that it was opened with.</summary>
    internal IReadOnlyList<SpdyHeader> Headers { get; }

    /// <summary>
    /// A CANCEL does not end it. For the error stream of v1, which Go servers reset as soon as all streams exist and write to afterwards.
    /// </summary>
    internal bool OutlivesCancel { get; init; }

    /// <summary>Who is told how it ends; set before the peer can know of the stream, or while it is accepted.</summary>
    internal ISpdyStreamObserver? Observer { get; set; }

    /// <summary>What the peer sends.</summary>
    internal PipeReader Reader => _input.Reader;

    /// <summary>Completes, never faults, when the peer sends no more on this stream, for whatever reason.</summary>
    internal Task InputEnded => _inputEnded.Task;

    /// <summary>This side's half has ended. Under the connection's lock.</summary>
    internal bool IsLocalEnded { get; set; }

    /// <summary>The peer's half has ended. Under the connection's lock.</summary>
    internal bool IsPeerEnded { get; set; }

    /// <summary>Both halves were ended at once, by either side: nothing more is sent. Set under the connection's lock.</summary>
    internal volatile bool IsReset;

    /// <summary>Waits for the peer's reply; data that is sent before it is dropped by Go peers.</summary>
    /// <exception cref="SessionLostException">It was refused, the connection ended, or no reply came in time.</exception>
    internal async Task WaitForReplyAsync(TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        SessionLostException? refusal;
        try
        {
            refusal = await _replied.Task.WaitAsync(timeout, time, cancellationToken);
        }
        catch (TimeoutException e)
        {
            throw new SessionLostException(
                SessionLoss.ProtocolError, $"The peer did not answer the opening of stream {Id} within {timeout.TotalSeconds:0.#} s.", e);
        }

        if (refusal is not null) throw refusal;
    }

    /// <summary>Names the writer that is told when the peer takes no more. Once, before anything is sent.</summary>
    internal void Attach(ChannelPipeWriter writer)
    {
        lock (_connection.StateLock)
        {
            _writer = writer;
            if (!_writeEnded) return;
        }

        writer.OnEnded(_writeLoss);
    }

    /// <summary>Drops what the peer sends here from now on, without holding any of it.</summary>
    internal void Discard() => _discards = true;

    /// <summary>The beginning of what the peer sends, kept as text instead of passed on; null for streams that are no text.</summary>
    internal SpdyText? Text { get; init; }

    /// <summary>That text, fit to show and without what is withheld; empty for none.</summary>
    internal string Said => new PeerText(_connection.Withheld.Blank(Text?.Text.Raw)).ToString();

    /// <summary>Queues data; the connection owns the buffer and tells <paramref name="owner"/> when it has gone out.</summary>
    internal void Send(MessageBuffer buffer, ChannelPipeWriter owner) => _connection.SendData(this, buffer, owner);

    /// <summary>Ends this side's half behind the data that was queued.</summary>
    internal void SendEnd() => _connection.SendEnd(this);

    /// <summary>Ends both halves at once; data that was queued may be lost. From any thread.</summary>
    internal void Reset(SpdyResetStatus status) => _connection.Reset(this, status);

    /// <summary>The peer will take no more. From any thread.</summary>
    internal void EndWriter(IOException? loss)
    {
        ChannelPipeWriter? writer;
        lock (_connection.StateLock)
        {
            if (!_writeEnded) (_writeEnded, _writeLoss) = (true, loss);
            writer = _writer;
        }

        writer?.OnEnded(loss);
    }

    internal bool HasReply => _replied.Task.IsCompleted;

    internal bool SetReplied(SessionLostException? refusal) => _replied.TrySetResult(refusal);

    /// <summary>Takes data. Waits while its consumer is behind: the read loop's.</summary>
    internal ValueTask ReceiveAsync(ReadOnlyMemory<byte> data)
    {
        if (Text is null) return _discards || _input.IsDropping ? ValueTask.CompletedTask : _input.WriteAsync(data);
        Text.Append(data);
        return ValueTask.CompletedTask;
    }

    /// <summary>Lets go of a consumer that is behind. From any thread.</summary>
    internal void StopWaiting() => _input.StopWaiting();

    /// <summary>The peer sends no more. The read loop's.</summary>
    internal void EndInput(IOException? loss)
    {
        _input.Complete(loss);
        if (_inputEnded.TrySetResult()) Observer?.OnInputEnded(this);
    }

    public override string ToString() => $"stream {Id}";
}
