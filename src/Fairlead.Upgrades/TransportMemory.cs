using System.Collections.Concurrent;

namespace Fairlead;

/// <summary>A memory that lasts as long as the process, ten minutes an entry.</summary>
public sealed class TransportMemory(TimeProvider? time = null) : ITransportMemory
{
    /// <summary>How long what worked is trusted: a server that was upgraded is tried anew soon enough.</summary>
    public static TimeSpan Lifetime { get; } = TimeSpan.FromMinutes(10);

    readonly ConcurrentDictionary<Uri, (Transport Transport, DateTimeOffset Until)> _known = new();
    readonly TimeProvider _time = time ?? TimeProvider.System;

    /// <inheritdoc/>
    public Transport Recall(Uri server) =>
        _known.TryGetValue(server, out (Transport Transport, DateTimeOffset Until) entry) && _time.GetUtcNow() < entry.Until
            ? entry.Transport
            : Transport.Auto;

    /// <inheritdoc/>
    public void Remember(Uri server, Transport transport)
    {
        if (transport == Transport.Auto) _known.TryRemove(server, out _);
        else _known[server] = (transport, _time.GetUtcNow() + Lifetime);
    }
}
