using System.Buffers;
using System.Globalization;
using System.Text;
using Fairlead.Files.Shells;
using Fairlead.Files.Trees;

namespace Fairlead.Files.Pods;

/// <summary>SHA-256 of files in a container, as its own tool computes it.</summary>
static class ShellHashes
{
    const int Digits = 64;

    /// <summary>Of more files than these a second session hashes the most while the first one moves the rest.</summary>
    const int Few = 1000;

    static readonly SearchValues<char> s_hexDigits = SearchValues.Create("0123456789abcdefABCDEF");

    /// <summary>Of a file's first bytes; empty where it cannot be read.</summary>
    internal static async ValueTask<byte[]> OfPrefixAsync(
        RemoteShell shell, string quoted, long length, CancellationToken cancellationToken)
    {
        string line = string.Create(CultureInfo.InvariantCulture, $"prefix {length} {quoted}");
        (_, byte[] said) = await shell.RunAsync(line, cancellationToken, work: length);
        return TryParse(Encoding.UTF8.GetString(said)) ?? [];
    }

    /// <summary>Of many files. One that cannot be read is absent.</summary>
    internal static async ValueTask OfAllAsync(
        RemoteShell shell, IReadOnlyList<TreeEntry> files, Func<TreeEntry, string> quoted, Dictionary<TreeEntry, byte[]> hashes,
        CancellationToken cancellationToken)
    {
        foreach (TreeEntry[] group in ShellText.Groups(files, quoted))
        {
            if (await AreHashedAsync(group)) continue;
            HashSet<TreeEntry> absent = await PodListing.SelectAsync(shell, "absent", group, quoted, cancellationToken);
            TreeEntry[] rest = [.. group.Where(file => !absent.Contains(file))];
            if (rest.Length == 0 || (rest.Length < group.Length && await AreHashedAsync(rest))) continue;

            // One by one, since there is one that cannot be read: a process for each.
            (_, byte[] text) = await shell.RunAsync($"hashes {string.Join(' ', rest.Select(quoted))}", cancellationToken, Work(rest));
            Keep(rest, Encoding.UTF8.GetString(text).Split('\n'), hashes);
        }

        async ValueTask<bool> AreHashedAsync(TreeEntry[] group)
        {
            (ShellEnding ending, byte[] text) = await shell.RunAsync(Line(group, quoted), cancellationToken, Work(group));
            return TryKeep(group, ending, text, hashes);
        }
    }

    /// <summary>One command for many files.</summary>
    internal static string Line(TreeEntry[] files, Func<TreeEntry, string> quoted) =>
        $"digest {string.Join(' ', files.Select(quoted))}";

    /// <summary>They are hashed right behind their content: a second session would take longer to begin.</summary>
    internal static bool AreFew(TreeEntry[] files, long worthASession) => files.Length <= Few && Work(files) < worthASession;

    /// <summary>Bytes that it reads.</summary>
    internal static long Work(TreeEntry[] files) => files.Sum(static file => file.Size);

    /// <summary>
    /// Takes what that command printed. Each tool prints names with unusual characters in its own way. So hashes are matched to files by
    /// their order, and the count of lines shows that none is missing.
    /// </summary>
    /// <returns>False where it does not tell of each.</returns>
    internal static bool TryKeep(TreeEntry[] files, ShellEnding ending, byte[] text, Dictionary<TreeEntry, byte[]> hashes)
    {
        string[] lines = Encoding.UTF8.GetString(text).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (!ending.IsSuccess || lines.Length != files.Length) return false;
        Keep(files, lines, hashes);
        return true;
    }

    static void Keep(TreeEntry[] files, string[] lines, Dictionary<TreeEntry, byte[]> hashes)
    {
        for (int i = 0; i < Math.Min(files.Length, lines.Length); i++)
        {
            if (TryParse(lines[i]) is { } hash) hashes[files[i]] = hash;
        }
    }

    /// <summary>Takes what such a command printed of files that it has found itself: those whose names it tells as they are.</summary>
    internal static void KeepNamed(IEnumerable<TreeEntry> files, byte[] text, Dictionary<TreeEntry, byte[]> hashes)
    {
        Dictionary<string, TreeEntry> known = files.ToDictionary(static file => "./" + file.Path, StringComparer.Ordinal);
        foreach (string line in NameBytes.Decode(text).Split('\n'))
        {
            if (line.Length > Digits + 2 && line[Digits] == ' ' && TryParse(line) is { } hash
                && known.Remove(line[(Digits + 2)..], out TreeEntry? file)) hashes[file] = hash;
        }
    }

    internal static byte[]? TryParse(string line)
    {
        ReadOnlySpan<char> digits = line.AsSpan().TrimStart('\\');
        return digits.Length >= Digits && !digits[..Digits].ContainsAnyExcept(s_hexDigits) ? Convert.FromHexString(digits[..Digits]) : null;
    }
}
