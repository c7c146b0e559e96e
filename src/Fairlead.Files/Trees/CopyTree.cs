using System.Globalization;
using System.Security.Cryptography;
using Fairlead.Wire;

namespace Fairlead.Files.Trees;

/// <summary>
/// All that is to be copied, checked: the root first, each entry behind its folder, and what was refused, with the reason.
/// </summary>
sealed class CopyTree
{
    /// <summary>More entries than anybody copies at once; a listing without end would fill the memory.</summary>
    internal const int MostEntries = 1_000_000;

    readonly Dictionary<string, TreeEntry> _entries = new(StringComparer.Ordinal);
    readonly List<TreeEntry> _files = [], _folders = [], _links = [];
    readonly List<CopyProblem> _refused = [];
    readonly HashSet<string> _refusedPaths = new(StringComparer.Ordinal);
    string? _identity;
    bool _hasGone; // some of the files were refused after they had been taken in

    internal TreeEntry Root { get; private set; } = null!;

    internal IReadOnlyList<TreeEntry> Files
    {
        get
        {
            if (_hasGone) _files.RemoveAll(file => !_entries.ContainsKey(file.Path));
            _hasGone = false;
            return _files;
        }
    }

    /// <summary>The root is one of them where it is a folder.</summary>
    internal IReadOnlyList<TreeEntry> Folders => _folders;

    internal IReadOnlyList<TreeEntry> Links => _links;

    internal IReadOnlyList<CopyProblem> Refused => _refused;

    /// <summary>Bytes of all files.</summary>
    internal long Bytes { get; private set; }

    /// <summary>Takes an entry in, or refuses it.</summary>
    /// <returns>
    /// False where its path was told before, be it as something else: a folder may show a name twice that is replaced while it is read. The
    /// first one counts, and what has come of it since is seen when it is copied.
    /// </returns>
    /// <exception cref="InvalidDataException">Nobody honest sends this: the whole copy ends.</exception>
    internal bool Add(TreeEntry entry)
    {
        if (Root is null)
        {
            if (entry.Path.Length > 0)
                throw new InvalidDataException($"The listing does not begin with its root but with \"{entry.Name}\".");
            Root = entry;
            if (entry.Kind is EntryKind.Other or EntryKind.Link) throw new CopyException($"{entry.Name} is neither a file nor a directory");
        }
        else
        {
            if (!TreeRules.IsSafePath(entry.Path))
                throw new InvalidDataException($"The listing holds \"{entry.Name}\", which leads out of the folder: nothing was copied.");
            if (_entries.ContainsKey(entry.Path) || _refusedPaths.Contains(entry.Path)) return false;
            if (!_entries.TryGetValue(entry.Parent!, out TreeEntry? parent) || parent.Kind != EntryKind.Folder)
            {
                if (TreeRules.IsAtOrBelow(entry.Parent!, _refusedPaths)) return true;
                throw new InvalidDataException($"The listing holds \"{entry.Name}\", which is in no folder of it: nothing was copied.");
            }

            if (!TreeRules.IsOfUsualLength(entry.Path))
            {
                Refuse(entry, "its name is too long");
                return true;
            }
        }

        switch (entry.Kind)
        {
            case EntryKind.Other:
                Refuse(entry, "it is a device, a pipe or a socket");
                return true;
            case EntryKind.Link when entry.Target is null || !TreeRules.IsSafeLink(entry.Path, entry.Target):
                Refuse(entry, entry.Target is null
                    ? "where this link points cannot be told"
                    : $"this link leads out, to {new PeerText(entry.Target)}");
                return true;
        }

        if (_entries.Count >= MostEntries) throw new InvalidDataException($"There are more than {MostEntries} entries.");
        _entries.Add(entry.Path, entry);
        Bytes += entry.Size;
        (entry.Kind switch { EntryKind.File => _files, EntryKind.Folder => _folders, _ => _links }).Add(entry);
        return true;
    }

    /// <summary>Does not copy an entry, and what is below it; one that is of the tree already leaves it.</summary>
    internal void Refuse(TreeEntry entry, string reason)
    {
        _refused.Add(new CopyProblem(entry.Name.Raw, VisibleText.Line(reason)));
        _refusedPaths.Add(entry.Path);
        if (!_entries.Remove(entry.Path, out TreeEntry? taken)) return;
        if (taken.Kind == EntryKind.Link) _links.Remove(taken);
        Bytes -= taken.Size;
        _hasGone = true;
    }

    /// <summary>Why an entry has no place in a folder that was there before.</summary>
    internal const string NoFolderThere = "something else than a directory has this name in the destination",
        FolderThere = "a directory has this name in the destination";

    /// <summary>Does not copy an entry, nor what is below it, of which nothing is told.</summary>
    internal void RefuseWhole(TreeEntry entry, string reason)
    {
        Refuse(entry, reason);
        if (entry.Kind != EntryKind.Folder) return;
        string inside = entry.Path + "/";
        foreach (TreeEntry below in _entries.Values.Where(taken => taken.Path.StartsWith(inside, StringComparison.Ordinal)).ToList())
        {
            _entries.Remove(below.Path);
            Bytes -= below.Size;
        }

        _folders.RemoveAll(folder => !_entries.ContainsKey(folder.Path));
        _links.RemoveAll(link => !_entries.ContainsKey(link.Path));
    }

    /// <summary>Names what could not be listed in a folder, or not to its end. What is known of it is copied.</summary>
    internal void Report(CopyProblem problem, string folder)
    {
        string reason = problem.Path == "." ? problem.Reason : $"{folder.TrimEnd('/')}/{problem.Path}: {problem.Reason}";
        _refused.Add(problem with { Reason = VisibleText.Line(reason) });
    }

    /// <summary>The same as a refusal for a folder that cannot be listed.</summary>
    internal void RefuseFolder(TreeEntry folder, string reason)
    {
        Refuse(folder, reason);
        _folders.RemoveAll(taken => taken.Path == folder.Path);
    }

    internal TreeEntry? Find(string path) => _entries.GetValueOrDefault(path);

    /// <summary>Takes the place of an older version of the same file.</summary>
    internal void Replace(TreeEntry older, TreeEntry newer)
    {
        _files[_files.IndexOf(older)] = newer;
        _entries[newer.Path] = newer;
        Bytes += newer.Size - older.Size;
    }

    /// <summary>What tells this version of the tree from others, without reading a file: as it was when first asked for.</summary>
    internal string Identity() => _identity ??= ComputeIdentity();

    string ComputeIdentity()
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (TreeEntry file in Files)
            hash.AppendData(NameBytes.Encode(string.Create(CultureInfo.InvariantCulture, $"{file.Path}\0{file.Size} {file.Modified}\0")));
        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 16));
    }
}
