using System.Globalization;
using System.Text;
using Fairlead.Files.Shells;
using Fairlead.Files.Trees;

namespace Fairlead.Files.Pods;

/// <summary>Finds out what lies in a container, below the folder that the shell is in.</summary>
static class PodListing
{
    /// <summary>Reads a listing that was asked for; what the container could not list is refused by name.</summary>
    /// <param name="shell">Where.</param>
    /// <param name="root">What was listed, as the shell names it.</param>
    /// <param name="where">The same for people.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <param name="most">What it may take here.</param>
    /// <param name="behind">Reads the answers to what was sent behind it.</param>
    internal static async ValueTask<(List<TreeEntry> Entries, HashSet<TreeEntry> Closed, List<CopyProblem> Faults)> ReadAsync(
        RemoteShell shell, string root, string where, CancellationToken cancellationToken, long most = ListingReader.MostCost,
        Func<ValueTask>? behind = null)
    {
        List<TreeEntry> entries = await ListingReader.ReadAsync(shell, root, most, cancellationToken);
        ShellEnding ending = shell.Ending;
        if (behind is not null) await behind();
        if (ending.IsSuccess) return (entries, [], []);
        List<TreeEntry> folders = [.. entries.Where(static entry => entry.Kind == EntryKind.Folder)];
        HashSet<TreeEntry> closed = await SelectAsync(shell, "closed", folders, entry => Quoted(entry, root), cancellationToken);
        if (closed.Any(static folder => folder.Path.Length == 0)) throw new CopyException($"{where}: Permission denied");
        if (entries.Count == 0) throw new CopyException($"{where} cannot be listed: {ending.Reason}");
        (_, byte[] said) = await shell.RunAsync("faults", cancellationToken);
        HashSet<string> known = [.. closed.Select(static folder => folder.Path)];
        return (entries, closed, [.. Faults(NameBytes.Decode(said), root).Where(fault => !TreeRules.IsAtOrBelow(fault.Path, known))]);
    }

    /// <summary>
    /// Reads what find and stat said of what they could not list, for instance
    /// <c>stat: cannot statx './mnt': Transport endpoint is not connected</c>. What has gone meanwhile is nobody's fault.
    /// </summary>
    static IEnumerable<CopyProblem> Faults(string said, string root)
    {
        foreach (string line in said.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            int end = line.LastIndexOf(": ", StringComparison.Ordinal), begin = line.IndexOf(root + "/", StringComparison.Ordinal);
            if (line.EndsWith("No such file or directory", StringComparison.Ordinal)) continue;
            bool isNamed = begin >= 0 && begin < end;
            string path = isNamed ? line[(begin + root.Length + 1)..end].TrimEnd('\'') : "";
            yield return path.Length > 0 && TreeRules.IsSafePath(path)
                ? new CopyProblem(path, line[(end + 2)..])
                : new CopyProblem(".", line); // of the folder itself, or in words that nobody here has heard
        }
    }

    static string Quoted(TreeEntry entry, string root) => ShellText.QuotePath(entry.Path.Length == 0 ? root : $"{root}/{entry.Path}");

    /// <summary>The entries whose numbers a function of the script prints.</summary>
    internal static async ValueTask<HashSet<TreeEntry>> SelectAsync(
        RemoteShell shell, string function, IReadOnlyList<TreeEntry> entries, Func<TreeEntry, string> quoted,
        CancellationToken cancellationToken)
    {
        HashSet<TreeEntry> selected = [];
        foreach (TreeEntry[] group in ShellText.Groups(entries, quoted))
        {
            (_, byte[] text) = await shell.RunAsync($"{function} {string.Join(' ', group.Select(quoted))}", cancellationToken);
            foreach (string number in Encoding.ASCII.GetString(text).Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                if (int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int at) && at < group.Length)
                    selected.Add(group[at]);
            }
        }

        return selected;
    }

    /// <summary>Where links point; those of which that cannot be told are absent.</summary>
    internal static async ValueTask<Dictionary<string, string>> ReadLinksAsync(
        RemoteShell shell, IEnumerable<TreeEntry> links, Func<TreeEntry, string> quoted, CancellationToken cancellationToken)
    {
        Dictionary<string, string> targets = new(StringComparer.Ordinal);
        foreach (TreeEntry[] group in ShellText.Groups(links, quoted))
        {
            (ShellEnding ending, byte[] text) = await shell.RunAsync($"links {string.Join(' ', group.Select(quoted))}", cancellationToken);
            if (!ending.IsSuccess) continue; // without readlink: refused, with that reason
            ReadOnlyMemory<byte> rest = text;
            foreach (TreeEntry link in group)
            {
                int space = rest.Span.IndexOf((byte)' ');
                if (space < 1 || !int.TryParse(rest.Span[..space], NumberStyles.None, CultureInfo.InvariantCulture, out int length)
                    || length < 0 || length > rest.Length - space - 2)
                    throw new InvalidDataException("The container's list of links makes no sense.");
                if (length > 0) targets[link.Path] = NameBytes.Decode(rest.Span.Slice(space + 1, length));
                rest = rest[(space + 1 + length + 1)..];
            }
        }

        return targets;
    }
}
