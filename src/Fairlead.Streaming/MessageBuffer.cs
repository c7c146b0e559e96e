using System.Buffers;

namespace Fairlead.Streaming;

/// <summary>
/// A pooled buffer with room in front of the payload, so that the next protocol writes its header where the payload already lies.
/// Owned by one holder at a time; whoever holds it last calls <see cref="Return"/>.
/// </summary>
struct MessageBuffer
{
    /// <summary>Room for the longest header that any adapter puts in front.</summary>
    internal const int Headroom = 16;

    /// <summary>
    /// The array as rented. With a WebSocket header, a mask and a channel byte the frame stays within 32 KiB, which Go peers read in
    /// one piece and which fills whole TLS records.
    /// </summary>
    internal const int ArrayLength = 32 * 1024;

    /// <summary>The most payload that one buffer takes.</summary>
    internal const int PayloadCapacity = ArrayLength - Headroom;

    byte[]? _array;

    internal int Length { get; private set; }

    internal readonly bool IsRented => _array is not null;

    internal readonly int Free => _array is null ? PayloadCapacity : _array.Length - Headroom - Length;

    internal readonly Memory<byte> Unused => _array.AsMemory(Headroom + Length);

    internal static MessageBuffer Rent(int payload) =>
        new() { _array = ArrayPool<byte>.Shared.Rent(Headroom + Math.Max(payload, PayloadCapacity)) };

    internal void Advance(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)bytes, (uint)Free, nameof(bytes));
        Length += bytes;
    }

    internal readonly ReadOnlySpan<byte> Payload => _array.AsSpan(Headroom, Length);

    /// <summary>The payload with <paramref name="header"/> directly in front of it.</summary>
    internal readonly ReadOnlyMemory<byte> WithHeader(byte header)
    {
        _array![Headroom - 1] = header;
        return _array.AsMemory(Headroom - 1, Length + 1);
    }

    /// <summary>
    /// Part of the payload with room in front of it for a header. Behind the first part the room is the end of the part before, so
    /// take the parts in order, each when the one before has gone out.
    /// </summary>
    internal readonly Memory<byte> WithRoom(int headerLength, int start, int length) =>
        _array.AsMemory(Headroom + start - headerLength, headerLength + length);

    internal void Return()
    {
        byte[]? array = _array;
        this = default;
        if (array is not null) ArrayPool<byte>.Shared.Return(array);
    }
}
