namespace Fairlead.Files.Trees;

/// <summary>Which names and links may come from the other side: whatever it says, nothing leads out of the tree.</summary>
static class TreeRules
{
    const int LongestName = 255, LongestPath = 4096; // bytes

    /// <summary>True for a path of plain names below the root.</summary>
    internal static bool IsSafePath(string path)
    {
        foreach (string name in path.Split('/'))
        {
            if (name is "" or "." or ".." || name.Contains('\0', StringComparison.Ordinal)) return false;
        }

        return true;
    }

    /// <summary>True for a path that is one of these folders, or in one.</summary>
    internal static bool IsAtOrBelow(string path, IReadOnlySet<string> folders)
    {
        for (int end = path.Length; end > 0; end = path.LastIndexOf('/', end - 1))
        {
            if (folders.Contains(path[..end])) return true;
        }

        return false;
    }

    /// <summary>True where names and path are no longer than Linux has them.</summary>
    internal static bool IsOfUsualLength(string path) =>
        NameBytes.Count(path) <= LongestPath && path.Split('/').All(static name => NameBytes.Count(name) <= LongestName);

    /// <summary>
    /// True for a link that stays in the tree: relative, with <c>..</c> in front only and no more of them than it lies deep. Behind a name
    /// that may be a link itself, <c>..</c> could be anywhere.
    /// </summary>
    internal static bool IsSafeLink(string path, string target)
    {
        if (target.Length is 0 or > LongestPath || target[0] == '/' || target.Contains('\0', StringComparison.Ordinal)) return false;
        int depth = path.Count(c => c == '/');
        bool named = false;
        foreach (string name in target.Split('/'))
        {
            if (name == "..")
            {
                if (named || --depth < 0) return false;
            }
            else if (name is not ("" or "."))
            {
                named = true;
            }
        }

        return true;
    }
}
