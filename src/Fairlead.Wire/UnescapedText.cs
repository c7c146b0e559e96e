using System.Buffers;
using System.Globalization;
using System.Net;
using System.Text;

namespace Fairlead.Wire;

/// <summary>
/// A text with the escapes undone that URLs, JSON, HTML, programming languages and <see cref="VisibleText"/> write characters in, and where
/// in the original each of its characters stands: what is found here can be taken out there.
/// </summary>
/// <remarks>For finding, not for reading: a plus is a space here, and what only looks like an escape is undone too.</remarks>
/// <param name="text">The text.</param>
/// <param name="starts">Where in the original each character begins, and the end; null where this is the original.</param>
sealed class UnescapedText(string text, int[]? starts = null)
{
    const int LongestEntity = 12;

    internal string Text => text;

    int Start(int index) => starts is null ? index : starts[index];

    /// <summary>What of the original some characters stand for: escapes whole, also those that are several characters.</summary>
    internal Range Origin(int from, int to)
    {
        while (to < text.Length && to > from && Start(to) == Start(to - 1)) to++;
        return Start(from)..Start(to);
    }

    /// <summary>
    /// The text as it is, with one layer of escapes undone, with two, and so on; a text that was escaped more often was not written for
    /// people.
    /// </summary>
    internal static IEnumerable<UnescapedText> Layers(string text)
    {
        UnescapedText? layer = new(text);
        for (int i = 0; i < 4 && layer is not null; i++, layer = layer.Unescape()) yield return layer;
    }

    /// <returns>Null where nothing is escaped.</returns>
    UnescapedText? Unescape()
    {
        if (text.AsSpan().IndexOfAny(@"%\&+") < 0) return null;
        StringBuilder plain = new(text.Length);
        List<int> origins = new(text.Length + 1);
        for (int at = 0; at < text.Length;)
        {
            (string piece, int length) = TryReadBytes(at, origins, plain, out int bytes) ? ("", bytes) : Read(at);
            foreach (char c in piece) Add(c, at);
            at += length;
        }

        origins.Add(Start(text.Length));
        string found = plain.ToString();
        return found == text ? null : new UnescapedText(found, [.. origins]);

        void Add(char c, int from)
        {
            plain.Append(c);
            origins.Add(Start(from));
        }
    }

    /// <summary>A run of bytes by their numbers, which is UTF-8: <c>%c3%a4</c>, <c>\xc3\xa4</c>.</summary>
    bool TryReadBytes(int at, List<int> origins, StringBuilder plain, out int length)
    {
        length = 0;
        List<byte> bytes = [];
        List<int> froms = [];
        while (IsByte(at + length, out byte value, out int size))
        {
            bytes.Add(value);
            froms.Add(Start(at + length));
            length += size;
        }

        byte[] all = [.. bytes];
        for (int i = 0; i < all.Length;)
        {
            bool isRune = Rune.DecodeFromUtf8(all.AsSpan(i), out Rune rune, out int taken) == OperationStatus.Done;
            foreach (char c in isRune ? rune.ToString() : ((char)all[i]).ToString())
            {
                plain.Append(c);
                origins.Add(froms[i]);
            }

            i += isRune ? taken : 1;
        }

        return length > 0;
    }

    bool IsByte(int at, out byte value, out int size)
    {
        ReadOnlySpan<char> rest = text.AsSpan(Math.Min(at, text.Length));
        int digits = rest.StartsWith("%") ? 1 : rest.StartsWith(@"\x") ? 2 : 0;
        (value, size) = (0, digits + 2);
        return digits > 0 && rest.Length >= size && byte.TryParse(rest[digits..size], NumberStyles.AllowHexSpecifier, null, out value);
    }

    /// <summary>One character or escape, and its length.</summary>
    (string Piece, int Length) Read(int at)
    {
        ReadOnlySpan<char> rest = text.AsSpan(at);
        switch (rest[0])
        {
            case '+': return (" ", 1);
            case '&' when rest[..Math.Min(rest.Length, LongestEntity)].IndexOf(';') is > 0 and var end:
                string entity = rest[..(end + 1)].ToString();
                return (WebUtility.HtmlDecode(entity), entity.Length);
            case '\\' when rest.Length > 1: return ReadBackslash(rest);
            default: return (rest[..1].ToString(), 1);
        }
    }

    static (string Piece, int Length) ReadBackslash(ReadOnlySpan<char> rest)
    {
        int digits = rest[1] switch { 'u' => 4, 'U' => 8, _ => 0 };
        if (digits > 0 && rest.Length >= 2 + digits
            && uint.TryParse(rest[2..(2 + digits)], NumberStyles.AllowHexSpecifier, null, out uint value))
        {
            if (value <= char.MaxValue) return (((char)value).ToString(), 2 + digits); // half a pair too: the other half follows
            if (Rune.TryCreate(value, out Rune rune)) return (rune.ToString(), 2 + digits);
        }

        return rest[1] switch
        {
            'n' => ("\n", 2),
            'r' => ("\r", 2),
            't' => ("\t", 2),
            var c when !char.IsAsciiLetterOrDigit(c) => (c.ToString(), 2),
            _ => ("\\", 1),
        };
    }
}
