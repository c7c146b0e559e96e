namespace Fairlead.Streaming.Resumption.Answering;

/// <summary>A session that one process of a server leaves to the next.</summary>
sealed partial class KeptSession
{
    /// <summary>Asks whoever runs it to stop where it is.</summary>
    internal void BeginSuspension()
    {
        _ = _suspending.CancelAsync(); // what is called back may run long, and is not waited for here
        _suspended.TrySetResult(); // whoever goes on by this finds the other set
    }

    /// <summary>Takes its carrier away, and lets none come: the client sees it lost, and is told nothing else.</summary>
    /// <returns>False where it is over already.</returns>
    internal async Task<bool> SuspendAsync()
    {
        await _handing.WaitAsync();
        try
        {
            if (Session.Ended.IsCompleted) return false;
            _isSuspended = true;
            StopTime();
            if (_carrier is { } carrier) await ReleaseAsync(carrier);
            return !Session.Ended.IsCompleted;
        }
        finally
        {
            _handing.Release();
        }
    }

    /// <summary>Writes it, after <see cref="SuspendAsync"/> and once nobody reads or writes its channels.</summary>
    internal void Save(BinaryWriter writer)
    {
        TimeSpan left = IsDetached ? _keep - _registry.Time.GetElapsedTime(_detached) : _keep;
        new SavedSession
        {
            Id = Id,
            SecretHash = _secretHash,
            Digest = _digest,
            Subject = _subject,
            Caller = Owner.Caller,
            Attempt = _attempt,
            Keep = _keep,
            Expires = _registry.Time.GetUtcNow() + left,
        }.Write(writer);
        Session.Save(writer);
    }

    /// <summary>It was restored, and has no carrier yet: what is left of its time runs.</summary>
    internal void Continue(DateTimeOffset expires)
    {
        TimeSpan left = expires - _registry.Time.GetUtcNow();
        left = left < TimeSpan.Zero ? TimeSpan.Zero : left < _keep ? left : _keep; // clocks of machines may be set
        _detached = _registry.Time.GetTimestamp() - (long)((_keep - left).TotalSeconds * _registry.Time.TimestampFrequency);
        _expiry.Change(left, Timeout.InfiniteTimeSpan);
    }
}
