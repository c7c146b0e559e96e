using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Fairlead.Wire.Spdy;

/// <summary>The headers of a stream, before compression.</summary>
/// <remarks>
/// <code>| count (32) | then count times: name length (32), name, value length (32), value |</code>
/// Names are lower case, not empty, and appear once. Source: the SPDY/3.1 draft, section 2.6.10.
/// </remarks>
public static class SpdyHeaderBlock
{
    /// <summary>Writes headers, their names in lower case, in the order given.</summary>
    /// <exception cref="ArgumentException">A name is empty, or a character has no byte in Latin-1.</exception>
    public static void Encode(IReadOnlyList<SpdyHeader> headers, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(headers);
        ArgumentNullException.ThrowIfNull(output);
        WriteInteger(headers.Count, output);
        foreach (SpdyHeader header in headers)
        {
            ArgumentException.ThrowIfNullOrEmpty(header.Name);
            WriteText(header.Name, lower: true, output);
            WriteText(header.Value, lower: false, output);
        }
    }

    /// <summary>Reads headers; the block must be used up exactly.</summary>
    /// <exception cref="SpdyProtocolException">The block is malformed or goes beyond a limit.</exception>
    public static IReadOnlyList<SpdyHeader> Decode(ReadOnlySpan<byte> block, SpdyLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        int offset = 0;
        int count = ReadInteger(block, ref offset, limits.Headers, "count");
        if (count > (block.Length - offset) / 8)
            throw new SpdyProtocolException($"A header block says {count} headers and has room for fewer.", 0);
        List<SpdyHeader> headers = new(count);
        HashSet<string> names = new(count, StringComparer.Ordinal);
        for (int i = 0; i < count; i++)
        {
            int start = offset;
            ReadOnlySpan<byte> name = ReadText(block, ref offset, limits.NameBytes, "name");
            if (name.IsEmpty) throw new SpdyProtocolException("A header has no name.", start);
            if (name.ContainsAnyInRange((byte)'A', (byte)'Z'))
                throw new SpdyProtocolException("A header's name has upper-case letters.", start);
            string text = Encoding.Latin1.GetString(name);
            if (!names.Add(text)) throw new SpdyProtocolException("A header appears twice.", start);
            headers.Add(new SpdyHeader(text, Encoding.Latin1.GetString(ReadText(block, ref offset, limits.ValueBytes, "value"))));
        }

        if (offset != block.Length) throw new SpdyProtocolException("A header block goes on behind its last header.", offset);
        return headers;
    }

    /// <summary>The value of a header; names are compared without regard to case.</summary>
    /// <returns>Null where there is none.</returns>
    public static string? Find(IReadOnlyList<SpdyHeader> headers, string name)
    {
        ArgumentNullException.ThrowIfNull(headers);
        foreach (SpdyHeader header in headers)
        {
            if (string.Equals(header.Name, name, StringComparison.OrdinalIgnoreCase)) return header.Value;
        }

        return null;
    }

    static ReadOnlySpan<byte> ReadText(ReadOnlySpan<byte> block, ref int offset, int most, string what)
    {
        int length = ReadInteger(block, ref offset, most, what + "'s length");
        if (length > block.Length - offset) throw new SpdyProtocolException($"A header's {what} is cut off.", offset);
        offset += length;
        return block.Slice(offset - length, length);
    }

    static int ReadInteger(ReadOnlySpan<byte> block, ref int offset, int most, string what)
    {
        if (!BinaryPrimitives.TryReadUInt32BigEndian(block[offset..], out uint value))
            throw new SpdyProtocolException($"A header block is cut off in a {what}.", offset);
        if (value > (uint)most)
            throw new SpdyProtocolException($"A header block has a {what} of {value}; at most {most} is taken.", offset);
        offset += sizeof(uint);
        return (int)value;
    }

    static void WriteInteger(int value, IBufferWriter<byte> output)
    {
        BinaryPrimitives.WriteInt32BigEndian(output.GetSpan(sizeof(int)), value);
        output.Advance(sizeof(int));
    }

    static void WriteText(string text, bool lower, IBufferWriter<byte> output)
    {
        WriteInteger(text.Length, output);
        Span<byte> bytes = output.GetSpan(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            char c = lower && text[i] is >= 'A' and <= 'Z' ? (char)(text[i] | 0x20) : text[i];
            bytes[i] = c <= 0xff ? (byte)c : throw new ArgumentException($"'{text}' has characters beyond Latin-1.", nameof(text));
        }

        output.Advance(text.Length);
    }
}
