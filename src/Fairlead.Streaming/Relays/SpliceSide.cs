namespace Fairlead.Streaming.Relays;

/// <summary>One of the two connections of a splice, with its deadlines.</summary>
sealed class SpliceSide(Stream stream, CarrierLimits limits, TimeProvider time, Action cut)
{
    long _pinged = time.GetTimestamp();
    int _isCut;

    internal LivenessStream Stream { get; } = new(stream, time);

    internal CarrierLimits Limits => limits;

    internal bool IsCut => Volatile.Read(ref _isCut) != 0;

    /// <summary>Ends everything in progress on this connection. From any thread.</summary>
    internal void Cut()
    {
        if (Interlocked.Exchange(ref _isCut, 1) != 0) return;
        cut();
        Stream.Cut();
    }

    /// <returns>Why the connection is lost, where nothing has come for too long.</returns>
    internal SessionLostException? IsSilent()
    {
        TimeSpan deadline = Stream.WriteBlockedFor > TimeSpan.Zero ? limits.StallTimeout : limits.PingTimeout;
        return Stream.SilentFor < deadline
            ? null
            : new SessionLostException(SessionLoss.KeepAliveTimeout,
                $"Nothing came from the peer for {deadline.TotalSeconds:0.#} s, although it was pinged.");
    }

    /// <returns>True where a ping is due, false where a sign of life is, null where neither is.</returns>
    internal bool? Due()
    {
        bool silent = Stream.SilentFor >= limits.PingAfter;
        if (!silent && Stream.NotReadingFor < limits.BeatInterval) return null;
        TimeSpan interval = silent ? limits.PingAfter : limits.BeatInterval;
        if (time.GetElapsedTime(_pinged) < interval) return null;
        _pinged = time.GetTimestamp();
        return silent;
    }
}
