using System.Buffers.Binary;

namespace Fairlead.Wire.PortForward;

/// <summary>What each record of <c>portforward.fairlead.v2</c> begins with.</summary>
/// <remarks>
/// <code>
/// | type (1) | length of the body (3) | conversation (4) | body ...
/// </code>
/// Numbers are big-endian. Source: docs/protocols/portforward.md.
/// </remarks>
/// <param name="Type">What it is; types that are not known are ignored.</param>
/// <param name="Length">Bytes of its body: 0 to 16,777,215.</param>
/// <param name="Conversation">Which conversation it belongs to; 0 for the carrier itself.</param>
public readonly record struct ForwardRecordHeader(ForwardRecordType Type, int Length, uint Conversation)
{
    /// <summary>Bytes of a header.</summary>
    public const int Size = 8;

    /// <summary>The longest body that the three bytes can name.</summary>
    public const int LongestBody = (1 << 24) - 1;

    /// <summary>Reads the eight bytes of a header, whatever they are.</summary>
    public static ForwardRecordHeader Read(ReadOnlySpan<byte> bytes) => new(
        (ForwardRecordType)bytes[0], (int)(BinaryPrimitives.ReadUInt32BigEndian(bytes) & LongestBody),
        BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]));

    /// <summary>Writes the eight bytes of a header.</summary>
    public void Write(Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)Length, (uint)LongestBody, nameof(Length));
        BinaryPrimitives.WriteUInt32BigEndian(destination, ((uint)Type << 24) | (uint)Length);
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], Conversation);
    }
}
