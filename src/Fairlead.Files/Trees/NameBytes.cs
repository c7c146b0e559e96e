using System.Buffers;
using System.Text;

namespace Fairlead.Files.Trees;

/// <summary>
/// Names are bytes on Linux, and text here. A byte that is no UTF-8 becomes a lone half of a surrogate pair, U+DC80 to U+DCFF, which no
/// text holds, so that every name comes back as the bytes that it was.
/// </summary>
public static class NameBytes
{
    const int LoneHalf = 0xDC00;

    /// <summary>The text that stands for a name in paths of <see cref="PodFiles"/>.</summary>
    /// <param name="bytes">The name, or a path, as Linux has it.</param>
    public static string Decode(ReadOnlySpan<byte> bytes)
    {
        if (System.Text.Unicode.Utf8.IsValid(bytes)) return Encoding.UTF8.GetString(bytes);
        StringBuilder text = new(bytes.Length);
        while (!bytes.IsEmpty)
        {
            bool isText = Rune.DecodeFromUtf8(bytes, out Rune rune, out int length) == OperationStatus.Done;
            if (isText) text.Append(rune);
            else foreach (byte odd in bytes[..length]) text.Append((char)(LoneHalf + odd));
            bytes = bytes[length..];
        }

        return text.ToString();
    }

    internal static byte[] Encode(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF')) return Encoding.UTF8.GetBytes(text);
        byte[] bytes = new byte[Encoding.UTF8.GetMaxByteCount(text.Length)];
        int written = 0;
        for (ReadOnlySpan<char> rest = text; !rest.IsEmpty;)
        {
            if (Rune.DecodeFromUtf16(rest, out Rune rune, out int length) == OperationStatus.Done)
                written += rune.EncodeToUtf8(bytes.AsSpan(written));
            else if (rest[0] is > (char)(LoneHalf + 0x7F) and <= (char)(LoneHalf + 0xFF)) bytes[written++] = (byte)(rest[0] - LoneHalf);
            else throw new ArgumentException("The name holds half of a surrogate pair, which no file's name is.", nameof(text));
            rest = rest[length..];
        }

        return bytes[..written];
    }

    /// <summary>Its length where it lies on a disk.</summary>
    internal static int Count(string text) => text.All(char.IsAscii) ? text.Length : Encode(text).Length;
}
