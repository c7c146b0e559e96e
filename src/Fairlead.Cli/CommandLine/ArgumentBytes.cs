using System.Text;
using Fairlead.Wire;

namespace Fairlead.Cli.CommandLine;

/// <summary>
/// Arguments that are no UTF-8. Linux hands bytes over and .NET makes text of them, in which what is no UTF-8 has become U+FFFD: another
/// file would be copied, and another command run, than was written.
/// </summary>
static class ArgumentBytes
{
    const string Replacement = "\uFFFD", Source = "/proc/self/cmdline";

    /// <summary>Refuses the first of them; null where there is none, or where nobody can tell.</summary>
    public static string? Refusal(IReadOnlyList<string> arguments)
    {
        if (!arguments.Any(static argument => argument.Contains(Replacement, StringComparison.Ordinal)) || !File.Exists(Source))
            return null;
        return Refusal(File.ReadAllBytes(Source), arguments.Count);
    }

    /// <param name="line">The words of the whole line, each with a zero behind it.</param>
    /// <param name="count">How many of the last are arguments.</param>
    internal static string? Refusal(ReadOnlySpan<byte> line, int count)
    {
        List<byte[]> words = [];
        if (line is [.., 0]) line = line[..^1];
        foreach (Range word in line.Split((byte)0)) words.Add(line[word].ToArray());
        int first = Math.Max(0, words.Count - count);
        int at = words.FindIndex(first, static word => !System.Text.Unicode.Utf8.IsValid(word));
        if (at < 0) return null;
        return $"error: argument {at - first + 1} is not UTF-8: \"{Show(words[at])}\". It would reach the container as another. " +
            "For a command, let a shell in the container make it: sh -c 'touch \"$(printf \"caf\\351\")\"'; for cp, copy the folder " +
            "that it is in";
    }

    static string Show(byte[] word)
    {
        StringBuilder text = new();
        for (ReadOnlySpan<byte> rest = word; !rest.IsEmpty;)
        {
            bool isText = Rune.DecodeFromUtf8(rest, out Rune rune, out int length) == System.Buffers.OperationStatus.Done;
            if (isText) text.Append(rune.ToString());
            else foreach (byte odd in rest[..length]) text.Append($"\\x{odd:x2}");
            rest = rest[length..];
        }

        return VisibleText.Line(text.ToString());
    }
}
