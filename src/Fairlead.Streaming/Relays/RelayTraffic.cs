using Fairlead.Wire;

namespace Fairlead.Streaming.Relays;

/// <summary>
/// What a relayed session has carried so far: payload bytes each way, and when the last of them passed. Read from any thread.
/// </summary>
public sealed class RelayTraffic
{
    readonly TimeProvider _time;
    long _toServer, _toClient, _lastData;
    int _held;

    /// <summary>Creates it; the time until the first byte counts as idle too.</summary>
    public RelayTraffic(TimeProvider? time = null)
    {
        _time = time ?? TimeProvider.System;
        _lastData = _time.GetTimestamp();
    }

    /// <summary>Payload bytes of input and terminal sizes.</summary>
    public long BytesToServer => Interlocked.Read(ref _toServer);

    /// <summary>Payload bytes of outputs.</summary>
    public long BytesToClient => Interlocked.Read(ref _toClient);

    /// <summary>How long no payload has passed in either direction. Pings are none.</summary>
    public TimeSpan IdleFor => Volatile.Read(ref _held) > 0 ? TimeSpan.Zero : _time.GetElapsedTime(Interlocked.Read(ref _lastData));

    /// <summary>Notes that a forwarded connection was opened: while one is, the session is not idle.</summary>
    public void Hold() => Interlocked.Increment(ref _held);

    /// <summary>Notes that it has ended, and what it had carried.</summary>
    public void Release(long toServer, long toClient)
    {
        Add(toServer, toClient);
        Interlocked.Decrement(ref _held);
    }

    /// <summary>Notes payload that has passed each way.</summary>
    public void Add(long toServer, long toClient)
    {
        AddToServer(toServer);
        AddToClient(toClient);
    }

    /// <summary>Notes payload that passes on a channel.</summary>
    internal void Add(RemoteChannel channel, long bytes)
    {
        if (channel is RemoteChannel.StandardInput or RemoteChannel.Resize) AddToServer(bytes);
        else AddToClient(bytes);
    }

    internal void AddToServer(long bytes) => Add(ref _toServer, bytes);

    internal void AddToClient(long bytes) => Add(ref _toClient, bytes);

    void Add(ref long sum, long bytes)
    {
        Interlocked.Add(ref sum, bytes);
        Interlocked.Exchange(ref _lastData, _time.GetTimestamp());
    }
}
