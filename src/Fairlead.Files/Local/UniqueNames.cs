using Fairlead.Files.Trees;

namespace Fairlead.Files.Local;

/// <summary>What of a tree a system takes for one, or cannot hold.</summary>
static class UniqueNames
{
    /// <summary>
    /// Takes it out of the tree, before anything of it is written: what cannot be there, all below it, and the second of two that would be
    /// one.
    /// </summary>
    /// <param name="tree">The tree.</param>
    /// <param name="system">Who takes two for one, for people.</param>
    /// <param name="same">Which paths are one there.</param>
    /// <param name="problem">Why an entry cannot be there, for people; null where it can.</param>
    internal static void Refuse(CopyTree tree, string system, StringComparer same, Func<TreeEntry, string?> problem)
    {
        Dictionary<string, string> taken = new(same);
        HashSet<string> refused = new(StringComparer.Ordinal);
        foreach (TreeEntry entry in tree.Folders.Skip(1).Concat(tree.Files).Concat(tree.Links).ToList())
        {
            if (entry.Path.Length == 0) continue;
            string? reason = Reason(entry);
            if (reason is null) continue;
            refused.Add(entry.Path);
            if (entry.Kind == EntryKind.Folder) tree.RefuseFolder(entry, reason);
            else tree.Refuse(entry, reason);
        }

        string? Reason(TreeEntry entry)
        {
            if (TreeRules.IsAtOrBelow(entry.Parent!, refused)) return "it is in a folder that cannot be here by its name";
            if (problem(entry) is { } reason) return reason;
            return taken.TryAdd(entry.Path, entry.Path)
                ? null
                : $"it cannot be here by this name: {system} takes it for {taken[entry.Path]}, which is copied";
        }
    }
}
