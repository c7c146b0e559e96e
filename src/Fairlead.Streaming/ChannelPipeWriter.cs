namespace Fairlead.Streaming;

/// <summary>
/// The writing half of a channel. A flush hands the filled buffer to the carrier's write loop and waits only while
/// <see cref="MostInFlight"/> buffers are on their way: so the writer fills one while the loop sends another, and no more is held.
/// </summary>
/// <remarks>State that the write loop shares is under the lock.</remarks>
abstract partial class ChannelPipeWriter() : BoundedPipeWriter(new Lock())
{
    const int MostInFlight = 2;

    MessageBuffer _current;
    int _inFlight;
    bool _completed, _dropped;
    TaskCompletionSource? _sent;

    /// <summary>Bytes handed to the carrier since the session began.</summary>
    internal long Offset { get; private set; }

    /// <summary>Hands a filled buffer to the carrier, which then owns it and calls <see cref="OnSent"/>.</summary>
    protected abstract void Send(MessageBuffer buffer);

    /// <summary>Says on the wire that this channel has ended, where the version can.</summary>
    /// <exception cref="NotSupportedException">The version cannot.</exception>
    protected abstract void SendEnd();

    /// <summary>The writer gave up: the peer must not take what it got for the whole.</summary>
    protected abstract void AbortBy(Exception exception);

    protected override bool IsFull => _inFlight >= MostInFlight;

    public override long UnflushedBytes => _current.Length;

    /// <exception cref="InvalidOperationException">The channel was completed: nothing can follow its end.</exception>
    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (_completed) throw new InvalidOperationException("The channel was completed: nothing can follow its end.");
        if (_current.IsRented && (_current.Free == 0 || _current.Free < sizeHint)) Dispatch();
        if (!_current.IsRented) _current = MessageBuffer.Rent(sizeHint);
        return _current.Unused;
    }

    public override void Advance(int bytes) => _current.Advance(bytes);

    public override void Complete(Exception? exception = null)
    {
        if (_completed) return;
        _completed = true;
        if (exception is not null)
        {
            _current = default; // left to the collector, as below
            AbortBy(exception);
            return;
        }

        Dispatch();
        _current = default; // asked for and not used: left to the collector, as an abandoned read may still be filling it
        try
        {
            SendEnd();
        }
        catch (NotSupportedException)
        {
            _completed = false; // nothing was said: more may follow, as a terminal's Ctrl-D
            throw;
        }
    }

    protected override void Dispatch()
    {
        if (_current.Length == 0) return;
        MessageBuffer buffer = _current;
        _current = default;
        if (buffer.Length <= MessageBuffer.PayloadCapacity)
        {
            Dispatch(buffer);
            return;
        }

        // Somebody asked for more room than a message has: cut up, since peers read no more than 32 KiB in one piece.
        for (int start = 0; start < buffer.Length; start += MessageBuffer.PayloadCapacity)
        {
            ReadOnlySpan<byte> part = buffer.Payload[start..Math.Min(buffer.Length, start + MessageBuffer.PayloadCapacity)];
            MessageBuffer message = MessageBuffer.Rent(part.Length);
            part.CopyTo(message.Unused.Span);
            message.Advance(part.Length);
            Dispatch(message);
        }

        buffer.Return();
    }

    void Dispatch(MessageBuffer message)
    {
        bool ended;
        lock (Lock)
        {
            ended = HasEnded;
            if (!ended)
            {
                _inFlight++;
                Offset += message.Length;
            }
        }

        if (ended) message.Return();
        else Send(message);
    }
}
