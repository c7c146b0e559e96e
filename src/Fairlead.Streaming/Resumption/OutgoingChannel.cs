using Fairlead.Wire.Sessions;

namespace Fairlead.Streaming.Resumption;

/// <summary>
/// A channel that this side writes: keeps what the peer has not confirmed, and lets the writer wait where that is too much. Its end counts
/// as one more byte, so that it is confirmed and sent again like any other.
/// </summary>
/// <remarks>All but what a PipeWriter has is called under the session's lock.</remarks>
sealed class OutgoingChannel(ResumableSession session, byte number, Lock state, ByteBudget budget, ResumptionLimits limits)
    : BoundedPipeWriter(state)
{
    /// <summary>More than any window; what a saved channel says beyond it is not believed.</summary>
    const int MostKept = 64 * 1024 * 1024;

    readonly KeptBytes _kept = new(budget);
    int _window = limits.WindowBytes, _unflushed;
    long _written, _taken, _mostTaken, _confirmed, _probe = -1, _probedAt;
    bool _completed, _isEnded, _isEndTaken;

    /// <summary>Its number on the wire.</summary>
    internal byte Number => number;

    /// <summary>Is sent only when every channel of a lower rank has been.</summary>
    internal int Rank { get; init; }

    /// <summary>A writer that gave up takes the session with it.</summary>
    internal bool IsWholeOrNothing { get; init; }

    /// <summary>There is something to send.</summary>
    internal bool HasWork => _taken < _written || (_isEnded && !_isEndTaken);

    /// <summary>Something was sent and is not confirmed.</summary>
    internal bool IsAwaited => _confirmed < Taken;

    /// <summary>All of it, its end too, was confirmed.</summary>
    internal bool IsDelivered => _isEnded && _confirmed > _written;

    /// <summary>Bytes that may be on their way.</summary>
    internal int Window => _window;

    long Taken => _isEndTaken ? _written + 1 : _taken;

    protected override bool IsFull =>
        _written - _confirmed >= _window || (_kept.Held > limits.LeastBytes && _written > _confirmed && budget.IsUsedUp);

    public override long UnflushedBytes => _unflushed;

    /// <exception cref="InvalidOperationException">The channel was completed: nothing can follow its end.</exception>
    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (_completed) throw new InvalidOperationException("The channel was completed: nothing can follow its end.");
        lock (Lock) return _kept.GetMemory(sizeHint);
    }

    public override void Advance(int bytes)
    {
        lock (Lock)
        {
            if (HasEnded) return; // meanwhile: the memory is the collector's
            _kept.Advance(bytes);
        }

        _unflushed += bytes;
    }

    protected override void Dispatch()
    {
        lock (Lock)
        {
            if (HasEnded) _kept.Clear();
            else
            {
                _kept.Flush();
                _written = _kept.End;
                if (_probe < 0 && IsFull) (_probe, _probedAt) = (_written, session.Time.GetTimestamp());
            }
        }

        _unflushed = 0;
        session.Wake();
    }

    public override void Complete(Exception? exception = null)
    {
        if (_completed) return;
        _completed = true;
        if (exception is null) Dispatch();
        lock (Lock)
        {
            _kept.Abandon(); // asked for and not used: an abandoned read may still be filling it
            if (!HasEnded) _isEnded = exception is null;
        }

        if (exception is null) session.Wake();
        else if (IsWholeOrNothing) session.AbortBy(exception);
    }

    /// <summary>Takes the next message, of which there is one.</summary>
    internal ReadOnlyMemory<byte> Take(Memory<byte> room)
    {
        ReadOnlyMemory<byte> message;
        if (_taken < _written)
        {
            message = _kept.Take(_taken, _written, number);
            _taken += message.Length - 1;
        }
        else
        {
            message = room[..SessionMessage.WriteEnd(room.Span, number, _written)];
            _isEndTaken = true;
        }

        _mostTaken = Math.Max(_mostTaken, Taken);
        return message;
    }

    internal void GiveBack() => _kept.GiveBack();

    /// <summary>What a client or server says that it has received can be.</summary>
    internal bool Fits(long total) => total >= _confirmed && total <= _mostTaken;

    /// <summary>A new carrier: what the peer has not received is sent again.</summary>
    internal void Rewind(long received)
    {
        _taken = Math.Min(received, _written);
        _isEndTaken = received > _written;
        _probe = -1; // the time without a carrier says nothing of the way
    }

    /// <summary>The peer has passed on so much.</summary>
    /// <returns>The writer waits, and has room.</returns>
    internal bool Confirm(long total, TimeSpan roundTrip)
    {
        _confirmed = total;
        _kept.Release(Math.Min(total, _written));
        if (_probe >= 0 && total >= _probe) Grow(roundTrip);
        return IsWaiting && !IsFull;
    }

    /// <summary>
    /// The writer had to wait. Where a whole window was on its way for hardly longer than the way is, the way is what holds it up: there is
    /// use for more. A reader that is slow gets no more by it.
    /// </summary>
    void Grow(TimeSpan roundTrip)
    {
        bool isLong = session.Time.GetElapsedTime(_probedAt) <= 2 * roundTrip + ResumableSession.Slack;
        if (isLong && !budget.IsUsedUp) _window = Math.Min(_window * 2, limits.MostWindowBytes);
        _probe = -1;
    }

    protected override void OnEnding(IOException? loss) => _kept.Clear();

    /// <summary>There is room again. Not under the lock.</summary>
    internal void Resume() => GoOn();

    /// <summary>Writes how far it has come, and what the peer has not confirmed. No carrier has it, and nobody writes.</summary>
    internal void Save(BinaryWriter writer)
    {
        _kept.Flush();
        _written = _kept.End; // also what was advanced, and whose flush was given up
        writer.Write(_confirmed);
        writer.Write(_mostTaken);
        writer.Write(_written);
        writer.Write(_isEnded);
        writer.Flush();
        _kept.CopyTo(writer.BaseStream, Math.Min(_confirmed, _written));
    }

    /// <summary>Reads what <see cref="Save"/> wrote, before anything else is done with it.</summary>
    /// <exception cref="InvalidDataException">It cannot be.</exception>
    internal void Restore(BinaryReader reader)
    {
        (_confirmed, _mostTaken, _written) = (reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64());
        _completed = _isEnded = reader.ReadBoolean();
        long end = _written + (_isEnded ? 1 : 0), start = Math.Min(_confirmed, _written);
        bool canBe = _confirmed >= 0 && _confirmed <= _mostTaken && _mostTaken <= end
            && _written - start <= MostKept;
        if (!canBe) throw new InvalidDataException($"channel {number} says what cannot be");
        _kept.StartAt(start);
        for (long left = _written - start; left > 0;)
        {
            Memory<byte> room = _kept.GetMemory(0);
            int count = (int)Math.Min(room.Length, left);
            reader.BaseStream.ReadExactly(room.Span[..count]);
            _kept.Advance(count);
            left -= count;
        }

        _kept.Flush();
        _taken = start;
    }
}
