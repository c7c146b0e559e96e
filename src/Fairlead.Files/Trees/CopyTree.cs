using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Fairlead.Wire;

namespace Fairlead.Files.Trees;

/// <summary>All that is to be copied, checked: the root first, each entry behind its folder, and what was refused, with the reason.</summary>
sealed class CopyTree
{
    /// <summary>More entries than anybody copies; a listing without end would fill the memory.</summary>
    internal const int MostEntries = 2_000_000;

    readonly Dictionary<string, TreeEntry> _entries = new(StringComparer.Ordinal);
    readonly List<TreeEntry> _files = [], _folders = [], _links = [];
    readonly List<CopyProblem> _refused = [];
    string? _identity;

    internal TreeEntry Root { get; private set; } = null!;

    internal IReadOnlyList<TreeEntry> Files => _files;

    /// <summary>The root is one of them where it is a folder.</summary>
    internal IReadOnlyList<TreeEntry> Folders => _folders;

    internal IReadOnlyList<TreeEntry> Links => _links;

    internal IReadOnlyList<CopyProblem> Refused => _refused;

    /// <summary>Bytes of all files.</summary>
    internal long Bytes { get; private set; }

    /// <summary>Takes an entry in, or refuses it.</summary>
    /// <exception cref="InvalidDataException">Nobody honest sends this: the whole copy ends.</exception>
    internal void Add(TreeEntry entry)
    {
        if (Root is null)
        {
            if (entry.Path.Length > 0) throw new InvalidDataException($"The listing does not begin with its root but with \"{entry.Name}\".");
            Root = entry;
            if (entry.Kind is EntryKind.Other or EntryKind.Link) throw new IOException("It is neither a file nor a folder.");
        }
        else
        {
            if (!TreeRules.IsSafePath(entry.Path))
            {
                if (entry.Path.Contains('\uFFFD', StringComparison.Ordinal))
                {
                    _refused.Add(new CopyProblem(entry.Path, "its name is not UTF-8, or too long"));
                    return;
                }

                throw new InvalidDataException($"The listing holds \"{entry.Name}\", which leads out of the folder: nothing was copied.");
            }

            if (!_entries.TryGetValue(entry.Parent!, out TreeEntry? parent) || parent.Kind != EntryKind.Folder)
            {
                if (_refused.Any(refused => entry.Path.StartsWith(refused.Path + "/", StringComparison.Ordinal))) return;
                throw new InvalidDataException($"The listing holds \"{entry.Name}\", which is in no folder of it: nothing was copied.");
            }
        }

        switch (entry.Kind)
        {
            case EntryKind.Other:
                _refused.Add(new CopyProblem(entry.Name.Raw, "it is a device, a pipe or a socket"));
                return;
            case EntryKind.Link when entry.Target is null || !TreeRules.IsSafeLink(entry.Path, entry.Target):
                string why = entry.Target is null ? "where this link points cannot be told" : $"this link leads out, to {new PeerText(entry.Target)}";
                _refused.Add(new CopyProblem(entry.Name.Raw, why));
                return;
        }

        if (_entries.Count >= MostEntries) throw new InvalidDataException($"There are more than {MostEntries} entries.");
        if (!_entries.TryAdd(entry.Path, entry)) throw new InvalidDataException($"The listing holds \"{entry.Name}\" twice.");
        Bytes += entry.Size;
        (entry.Kind switch { EntryKind.File => _files, EntryKind.Folder => _folders, _ => _links }).Add(entry);
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
        foreach (TreeEntry file in _files)
            hash.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{file.Path}\0{file.Size} {file.Modified}\0")));
        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 16));
    }
}
