using System.Buffers;

namespace Fairlead.Node.CriProxy;

/// <summary>Gives the <c>:authority</c> of an HTTP/2 header block a value that every server takes, where it has none.</summary>
/// <remarks>
/// Clients of a Unix socket put its path there, escaped or not, which is no host: Kestrel refuses the request. On a Unix socket the name
/// says nothing, so it is replaced, by one of the same length: the table of recent headers that both ends keep (RFC 7541 section 2.3.2) is
/// filled by length, and stays the same on both. Everything else in the block stays byte for byte, an ordinary name too.
/// </remarks>
static class HpackAuthority
{
    const int StaticAuthority = 1; // RFC 7541 appendix A

    static ReadOnlySpan<byte> Name => ":authority"u8;

    /// <summary>Rewrites a whole block.</summary>
    /// <param name="block">The block, with all of its continuations.</param>
    /// <param name="output">Where it goes.</param>
    /// <returns>False where nothing had to be changed.</returns>
    /// <exception cref="InvalidDataException">It is no header block.</exception>
    public static bool Rewrite(ReadOnlySpan<byte> block, IBufferWriter<byte> output)
    {
        bool changed = false;
        while (!block.IsEmpty)
        {
            int length = FieldLength(block, out int value, out int characters);
            if (value < 0)
            {
                output.Write(block[..length]);
            }
            else
            {
                changed = true;
                output.Write(block[..value]);
                WriteLength(characters, output);
                Span<byte> name = output.GetSpan(characters)[..characters];
                name.Fill((byte)'x');
                output.Advance(characters);
            }

            block = block[length..];
        }

        return changed;
    }

    /// <returns>How long the first field is.</returns>
    /// <param name="block">The block from that field on.</param>
    /// <param name="value">Where the value begins, if it is that of an authority that no server takes; else -1.</param>
    /// <param name="characters">How long that value is, decoded.</param>
    static int FieldLength(ReadOnlySpan<byte> block, out int value, out int characters)
    {
        (value, characters) = (-1, 0);
        int at = 0;
        byte first = block[0];
        if ((first & 0x80) != 0) // indexed
        {
            ReadInteger(block, 7, ref at);
            return at;
        }

        if ((first & 0xe0) == 0x20) // another size for the table
        {
            ReadInteger(block, 5, ref at);
            return at;
        }

        int name = ReadInteger(block, (first & 0x40) != 0 ? 6 : 4, ref at);
        bool isAuthority = name == StaticAuthority;
        if (name == 0)
        {
            ReadOnlySpan<byte> text = ReadText(block, ref at, out bool isCoded);
            isAuthority = isCoded ? text.SequenceEqual(CodedName) : text.SequenceEqual(Name);
        }

        int begin = at;
        ReadOnlySpan<byte> found = ReadText(block, ref at, out bool coded);
        if (!isAuthority || found.IsEmpty) return at;
        if (coded) found = HuffmanText.Decode(found);
        if (!HostName.IsOrdinary(found)) (value, characters) = (begin, found.Length);
        return at;
    }

    /// <summary>The name as the Huffman code has it.</summary>
    static ReadOnlySpan<byte> CodedName => [0xb8, 0x3b, 0x53, 0x39, 0xec, 0x32, 0x7d, 0x7f];

    static ReadOnlySpan<byte> ReadText(ReadOnlySpan<byte> block, ref int at, out bool isCoded)
    {
        if (at >= block.Length) throw Cut();
        isCoded = (block[at] & 0x80) != 0;
        int length = ReadInteger(block, 7, ref at);
        if (length > block.Length - at) throw Cut();
        ReadOnlySpan<byte> text = block.Slice(at, length);
        at += length;
        return text;
    }

    /// <summary>RFC 7541 section 5.1.</summary>
    static int ReadInteger(ReadOnlySpan<byte> block, int bits, ref int at)
    {
        int most = (1 << bits) - 1, value = block[at++] & most;
        if (value < most) return value;
        for (int shift = 0; shift < 28; shift += 7)
        {
            if (at >= block.Length) throw Cut();
            byte next = block[at++];
            value += (next & 0x7f) << shift;
            if (next < 0x80) return value;
        }

        throw new InvalidDataException("a number in an HTTP/2 header block is too large");
    }

    static void WriteLength(int length, IBufferWriter<byte> output)
    {
        const int most = 0x7f;
        Span<byte> bytes = output.GetSpan(6);
        int at = 0;
        if (length < most)
        {
            bytes[at++] = (byte)length;
        }
        else
        {
            bytes[at++] = most;
            for (length -= most; length >= 0x80; length >>= 7) bytes[at++] = (byte)(length | 0x80);
            bytes[at++] = (byte)length;
        }

        output.Advance(at);
    }

    static InvalidDataException Cut() => new("an HTTP/2 header block is cut short");
}
