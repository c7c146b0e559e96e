namespace Fairlead.Files.Shells;

/// <summary>Words for a shell's command line: whatever a name holds, it stays one word and is never run.</summary>
static class ShellText
{
    /// <summary>Quotes a word. A line break is <c>$nl</c>, which the script defines, since commands are read by lines.</summary>
    internal static string Quote(string word) =>
        "'" + word.Replace("'", @"'\''", StringComparison.Ordinal).Replace("\n", "'\"$nl\"'", StringComparison.Ordinal) + "'";

    /// <summary>A path that no tool takes for an option.</summary>
    internal static string QuotePath(string path) => Quote(path.StartsWith('-') ? "./" + path : path);

    /// <summary>Cuts many words into groups that fit one command.</summary>
    internal static IEnumerable<T[]> Groups<T>(IEnumerable<T> items, Func<T, string> word)
    {
        const int MostItems = 4000, MostCharacters = 64 * 1024; // a command may have 128 KiB everywhere, and openssl takes 8 ms to start
        List<T> group = [];
        int length = 0;
        foreach (T item in items)
        {
            int next = word(item).Length + 1;
            if (group.Count > 0 && (group.Count == MostItems || length + next > MostCharacters))
            {
                yield return [.. group];
                group.Clear();
                length = 0;
            }

            group.Add(item);
            length += next;
        }

        if (group.Count > 0) yield return [.. group];
    }
}
