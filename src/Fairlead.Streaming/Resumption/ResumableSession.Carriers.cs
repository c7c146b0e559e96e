using Fairlead.Wire.Sessions;

namespace Fairlead.Streaming.Resumption;

/// <summary>The carriers of a session, one after the other: what each is to send, and whether it still lives.</summary>
sealed partial class ResumableSession
{
    const int MostPatience = 8;

    readonly ITimer _confirming, _watching;
    TimeSpan _roundTrip = TimeSpan.MaxValue;
    bool _isConfirmTimed, _isWatched, _isPinged;
    int _patience = 1;

    /// <summary>It has a carrier.</summary>
    internal bool IsAttached
    {
        get
        {
            lock (_lock) return _link is not null;
        }
    }

    /// <summary>What has come so far, of each channel of which something has. No carrier fills them meanwhile.</summary>
    internal IReadOnlyList<ChannelTotal> Received()
    {
        lock (_lock)
        {
            return [.. _incoming.Where(static channel => channel is { Received: > 0 })
                .Select(static channel => new ChannelTotal(channel!.Number, channel.Received))];
        }
    }

    /// <summary>What the peer says that it has received can be: neither what was never sent, nor less than it had confirmed.</summary>
    internal bool Fits(IReadOnlyList<ChannelTotal> received)
    {
        lock (_lock) return FitsUnderLock(received);
    }

    bool FitsUnderLock(IReadOnlyList<ChannelTotal> received) =>
        received.All(total => _outgoing[total.Channel] is not null)
        && received.DistinctBy(static total => total.Channel).Count() == received.Count
        && _outgoing.All(channel => channel is null || channel.Fits(Of(channel.Number, received)));

    static long Of(byte channel, IReadOnlyList<ChannelTotal> totals) =>
        totals.FirstOrDefault(total => total.Channel == channel).Total; // none for what is not named

    /// <summary>
    /// A carrier has it from here on; the one before has been detached. What the peer has not received is sent again.
    /// </summary>
    /// <param name="link">The carrier.</param>
    /// <param name="received">What the peer has received.</param>
    /// <param name="roundTrip">How long the way there and back was, as the opening showed it.</param>
    /// <returns>False where <see cref="Fits"/> is, or the session is over: nothing is changed then.</returns>
    internal bool Attach(ISessionLink link, IReadOnlyList<ChannelTotal> received, TimeSpan roundTrip)
    {
        lock (_lock)
        {
            if (_isOver || !FitsUnderLock(received)) return false;
            foreach (OutgoingChannel? channel in _outgoing) channel?.Rewind(Of(channel.Number, received));
            foreach (IncomingChannel? channel in _incoming) if (channel is not null) channel.Told = 0; // it may not have arrived
            if (roundTrip < _roundTrip) _roundTrip = roundTrip;
            (_link, _isQueued, _isConfirmDue, _isPinged) = (link, false, true, false);
        }

        Wake();
        return true;
    }

    /// <summary>The carrier is gone, and its loops have ended.</summary>
    /// <returns>False where it was not this one that it had.</returns>
    internal bool Detach(ISessionLink link)
    {
        foreach (IncomingChannel? channel in _incoming) channel?.Inbound.PassOnRest();
        lock (_lock)
        {
            if (_link != link) return false;
            _link = null;
            return true;
        }
    }

    /// <summary>The carrier is asked to ask, where there is something to send. Not under the lock.</summary>
    internal void Wake()
    {
        ISessionLink link;
        lock (_lock)
        {
            if (_link is null || _isQueued || (!_isConfirmDue && Find() is null)) return;
            _isQueued = true;
            link = _link;
        }

        link.Queue();
    }

    /// <summary>The carrier's next message, with its first byte; <see cref="GiveBack"/> has to follow.</summary>
    /// <returns>False where there is none, or another carrier has the session.</returns>
    internal bool TryTake(ISessionLink link, out ReadOnlyMemory<byte> message)
    {
        message = default;
        lock (_lock)
        {
            if (link != _link) return false;
            if (_isConfirmDue && TryConfirm(out message)) return true;
            if (Find() is not { } channel)
            {
                _isQueued = false;
                return false;
            }

            _taking = channel;
            _next = channel.Number + 1;
            message = channel.Take(_room);
            if (_isWatched) return true;
            _isWatched = true;
        }

        _watching.Change(_limits.PingAfter, Timeout.InfiniteTimeSpan);
        return true;
    }

    /// <summary>The message that was taken is no more looked at.</summary>
    internal void GiveBack()
    {
        lock (_lock)
        {
            _taking?.GiveBack();
            _taking = null;
        }
    }

    /// <summary>The next channel that has something to send: in turn, and none before those of a lower rank.</summary>
    OutgoingChannel? Find()
    {
        OutgoingChannel? best = null;
        for (int i = 0; i < _outgoing.Length; i++)
        {
            if (_outgoing[(_next + i) % _outgoing.Length] is { HasWork: true } channel && (best is null || channel.Rank < best.Rank))
                best = channel;
        }

        return best;
    }

    bool TryConfirm(out ReadOnlyMemory<byte> message)
    {
        _isConfirmDue = false;
        int count = 0;
        foreach (IncomingChannel? channel in _incoming)
        {
            if (channel is null || channel.Passed <= channel.Told) continue;
            channel.Told = channel.Passed;
            _totals[count++] = new ChannelTotal(channel.Number, channel.Told);
        }

        message = count == 0 ? default : _room.AsMemory(0, SessionMessage.WriteConfirm(_room, _totals.AsSpan(0, count)));
        return count > 0;
    }

    /// <summary>Something was passed on, or dropped.</summary>
    internal void OnPassed(IncomingChannel channel, long bytes, bool isDropped = false)
    {
        bool isDue;
        lock (_lock)
        {
            channel.Pass(bytes);
            if (isDropped) channel.Drop();
            long untold = channel.Passed - channel.Told;
            if (untold <= 0 || _isOver) return;
            isDue = untold >= _limits.ConfirmBytes || channel.IsEnded;
            _isConfirmDue |= isDue;
            if (!isDue && _isConfirmTimed) return;
            _isConfirmTimed |= !isDue;
        }

        if (isDue) Wake();
        else _confirming.Change(_limits.ConfirmDelay, Timeout.InfiniteTimeSpan);
    }

    /// <summary>
    /// Everything has come, and nothing more is asked of the peer: what is not read yet is this side's own affair, and counts as passed on.
    /// </summary>
    /// <returns>The CONFIRM that says so.</returns>
    internal byte[] ConfirmAll()
    {
        lock (_lock)
        {
            byte[] message = new byte[SessionMessage.LongestConfirm];
            foreach (IncomingChannel? channel in _incoming) channel?.Drop();
            ChannelTotal[] totals = [.. _incoming.OfType<IncomingChannel>()
                .Select(static channel => new ChannelTotal(channel.Number, channel.Received))];
            return message[..SessionMessage.WriteConfirm(message, totals)];
        }
    }

    void OnConfirmTime()
    {
        lock (_lock) (_isConfirmTimed, _isConfirmDue) = (false, true);
        Wake();
    }

    /// <summary>
    /// While something was sent and is not confirmed: a peer that says nothing is pinged, and given up where it says nothing to that. A
    /// peer that only does not confirm is busy.
    /// </summary>
    void OnWatch()
    {
        ISessionLink? link;
        lock (_lock)
        {
            link = _link;
            _isWatched = link is not null && _outgoing.Any(static channel => channel is { IsAwaited: true });
            if (!_isWatched) return;
        }

        TimeSpan silent = link!.SilentFor;
        if (silent < _limits.PingAfter) _isPinged = false;
        else if (silent >= _limits.PingAfter + _limits.GiveUpAfter * _patience)
        {
            // on a way so slow that a message takes longer, trying again as impatiently would never end
            _patience = Math.Min(2 * _patience, MostPatience);
            link.Cut(new SessionLostException(
                SessionLoss.KeepAliveTimeout, $"Nothing came from the peer for {silent.TotalSeconds:0.#} s, although it was pinged."));
        }
        else if (!_isPinged)
        {
            _isPinged = true;
            link.Ping();
        }

        _watching.Change(_limits.PingAfter / 2, Timeout.InfiniteTimeSpan);
    }

    ITimer CreateTimer(Action<ResumableSession> tick) =>
        Time.CreateTimer(_ => tick(this), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
}
