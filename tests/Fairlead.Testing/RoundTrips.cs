namespace Fairlead.Testing;

/// <summary>
/// Counts round trips by what can have caused what, and by no clock: what a client sends belongs to the trip after the last one from which
/// something had reached it; what a server sends to the last one of which something had reached the server.
/// </summary>
sealed class RoundTrips
{
    int _atServer, _atClient;

    /// <summary>Of how many the client has had the answer.</summary>
    internal int Answered => Volatile.Read(ref _atClient);

    /// <summary>Something sets out.</summary>
    /// <returns>The trip that it belongs to.</returns>
    internal int Sent(ProxyDirections direction) =>
        direction == ProxyDirections.ToServer ? Volatile.Read(ref _atClient) + 1 : Volatile.Read(ref _atServer);

    /// <summary>Something of this trip arrives.</summary>
    internal void Arrived(ProxyDirections direction, int trip)
    {
        ref int known = ref direction == ProxyDirections.ToServer ? ref _atServer : ref _atClient;
        for (int before = Volatile.Read(ref known); before < trip;)
        {
            int seen = Interlocked.CompareExchange(ref known, trip, before);
            if (seen == before) return;
            before = seen;
        }
    }
}
