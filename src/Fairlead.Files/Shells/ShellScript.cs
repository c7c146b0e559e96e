using System.Security.Cryptography;
using Fairlead.Files.Trees;

namespace Fairlead.Files.Shells;

/// <summary>
/// The shell's side of a copy, <c>copy.sh</c>, and how it gets into a container: by the shell's own input, which nobody there can look at.
/// </summary>
static class ShellScript
{
    /// <summary>Digits of the random word that marks what the client sends and where an answer ends.</summary>
    internal const int WordLength = 32;

    /// <summary>Takes the word, which no list of processes shows, and the script, up to a line that is the word; runs it.</summary>
    internal static IReadOnlyList<string> Command { get; } =
        ["sh", "-c", "IFS= read -r w;c=;while IFS= read -r l&&[ \"$l\" != \"$w\" ];do c=\"$c$l\n\";done;eval \"$c\""];

    static readonly string s_text = Load();

    internal static string NewWord() => RandomNumberGenerator.GetHexString(WordLength, lowercase: true);

    /// <summary>What is sent first.</summary>
    /// <param name="word">The session's word.</param>
    /// <param name="known">What another shell of the same container has found; null where this is the first.</param>
    internal static byte[] Beginning(string word, ShellTools? known) =>
        NameBytes.Encode($"{word}\n{known?.Line ?? "K="}\n{s_text}{word}\n");

    static string Load()
    {
        using StreamReader reader = new(typeof(ShellScript).Assembly.GetManifestResourceStream("copy.sh")!);
        IEnumerable<string> lines = reader.ReadToEnd().Split('\n').Select(static line => line.TrimStart())
            .Where(static line => line.Length > 0 && line[0] != '#');
        return string.Concat(lines.Select(static line => line + '\n'));
    }
}
