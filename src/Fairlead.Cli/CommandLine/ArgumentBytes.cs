using System.Text;
using Fairlead.Cli.Options;
using Fairlead.Cli.Usage;
using Fairlead.Files.Trees;
using Fairlead.Wire;

namespace Fairlead.Cli.CommandLine;

/// <summary>
/// Arguments that are no UTF-8. Linux hands bytes over and .NET makes text of them, in which what is no UTF-8 has become U+FFFD: another
/// file would be copied, and another command run, than was written. A copy can name such bytes; a command travels as text.
/// </summary>
static class ArgumentBytes
{
    const string Replacement = "\uFFFD", Source = "/proc/self/cmdline";

    /// <summary>
    /// The arguments as they are to be read: those of <c>cp</c> with what stands for bytes in names (<see cref="NameBytes"/>).
    /// </summary>
    /// <param name="arguments">As .NET has made text of them.</param>
    /// <param name="refusal">Of another verb the first that is no text; null where there is none, or where nobody can tell.</param>
    public static string[] Read(string[] arguments, out string? refusal)
    {
        refusal = null;
        bool isWhole = !arguments.Any(static argument => argument.Contains(Replacement, StringComparison.Ordinal)) || !File.Exists(Source);
        return isWhole ? arguments : Read(File.ReadAllBytes(Source), arguments, out refusal);
    }

    /// <param name="line">The words of the whole line, each with a zero behind it.</param>
    /// <param name="arguments">What .NET has made of the last of them.</param>
    /// <param name="refusal">See above.</param>
    internal static string[] Read(ReadOnlySpan<byte> line, string[] arguments, out string? refusal)
    {
        refusal = null;
        List<byte[]> words = [];
        if (line is [.., 0]) line = line[..^1];
        foreach (Range word in line.Split((byte)0)) words.Add(line[word].ToArray());
        int first = Math.Max(0, words.Count - arguments.Length);
        int at = words.FindIndex(first, static word => !System.Text.Unicode.Utf8.IsValid(word));
        if (at < 0) return arguments;
        if (LeadingOptions.MoveBehindVerb(ArgumentSplit.Of(arguments).Own, new ConnectionOptions().All) is ["cp", ..])
            return [.. words.Skip(first).Select(static word => NameBytes.Decode(word))];
        refusal = $"error: argument {at - first + 1} is not UTF-8: \"{Show(words[at])}\". It would reach the container as another. " +
            "Let a shell in the container make it: sh -c 'touch \"$(printf \"caf\\351\")\"'";
        return arguments;
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
