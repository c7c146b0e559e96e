namespace Fairlead.Node.CriProxy;

/// <summary>The Huffman code of HTTP/2 headers (RFC 7541 appendix B), read as far as a host's name needs it.</summary>
static class HuffmanText
{
    /// <summary>Stands for every character that has a code of more than 13 bits: no name of a host has one.</summary>
    public const byte Other = 0;

    /// <summary>
    /// How many codes have each length in bits. The code is canonical: together with the order of its characters that is all there is to
    /// know.
    /// </summary>
    static ReadOnlySpan<byte> CodesOfLength =>
        [0, 0, 0, 0, 0, 10, 26, 32, 6, 0, 5, 3, 2, 6, 2, 3, 0, 0, 0, 3, 8, 13, 26, 29, 12, 4, 15, 19, 29, 0, 4];

    /// <summary>The characters of the codes of 5 to 13 bits, in the order of the codes.</summary>
    static ReadOnlySpan<byte> Characters =>
        "012aceiost %-./3456789=A_bdfghlmnpru:BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz&*,;XZ!\"()?'+|#>\0$@[]~"u8;

    /// <summary>Reads a text.</summary>
    /// <returns>As many characters as it has.</returns>
    /// <exception cref="InvalidDataException">It is in no code.</exception>
    public static byte[] Decode(ReadOnlySpan<byte> coded)
    {
        byte[] text = new byte[coded.Length * 8 / 5]; // no code is shorter
        int count = 0, bits = 0, before = 0;
        uint code = 0, first = 0;
        foreach (byte part in coded)
        {
            for (int bit = 7; bit >= 0; bit--)
            {
                if (++bits >= CodesOfLength.Length) throw new InvalidDataException("a text in an HTTP/2 header block is in no code");
                (code, first) = (code << 1 | (uint)(part >> bit & 1), first + CodesOfLength[bits - 1] << 1);
                uint number = code - first;
                if (number < CodesOfLength[bits])
                {
                    int place = before + (int)number;
                    text[count++] = place < Characters.Length ? Characters[place] : Other;
                    (code, first, bits, before) = (0, 0, 0, 0);
                }
                else
                {
                    before += CodesOfLength[bits];
                }
            }
        }

        return text[..count]; // what is left are the ones that fill the last byte
    }
}
