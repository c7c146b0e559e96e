using System.Globalization;
using Fairlead.Files.Trees;
using Fairlead.Wire;

namespace Fairlead.Files.Pods;

/// <summary>Reads a listing: records <c>MODE SIZE TIME[:INODE] UID GID NAME//</c>, each with a line break. No path holds two slashes, so any name passes.</summary>
static class ListingReader
{
    static ReadOnlySpan<byte> End => "//\n"u8;

    /// <param name="text">The listing.</param>
    /// <param name="root">The name that was listed, of which all others are to be below.</param>
    /// <exception cref="InvalidDataException">It is no listing.</exception>
    internal static List<TreeEntry> Read(ReadOnlySpan<byte> text, string root)
    {
        List<TreeEntry> entries = [];
        while (!text.IsEmpty)
        {
            int end = text.IndexOf(End);
            if (end < 0 || entries.Count > CopyTree.MostEntries) throw new InvalidDataException("The container's listing is cut short, or has no end.");
            entries.Add(ReadEntry(NameBytes.Decode(text[..end]), root));
            text = text[(end + End.Length)..];
        }

        return entries;
    }

    static TreeEntry ReadEntry(string record, string root)
    {
        string[] fields = record.Split(' ', 6);
        if (fields.Length != 6
            || !int.TryParse(fields[0], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int mode)
            || !long.TryParse(fields[1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long size) || size < -1
            || fields[2].Split(':', 2) is not [var time, .. var more]
            || !long.TryParse(time, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long modified)
            || !uint.TryParse(fields[3], NumberStyles.None, CultureInfo.InvariantCulture, out uint user)
            || !uint.TryParse(fields[4], NumberStyles.None, CultureInfo.InvariantCulture, out uint group)
            || !ulong.TryParse(more is [var number] ? number : "0", NumberStyles.None, CultureInfo.InvariantCulture, out ulong inode))
            throw new InvalidDataException($"The container's listing holds \"{VisibleText.Line(record, 200)}\".");

        string name = fields[5];
        string path = name == root ? "" : name.StartsWith(root + "/", StringComparison.Ordinal) ? name[(root.Length + 1)..] : name;
        EntryKind kind = TreeEntry.KindOf(mode);
        return new TreeEntry(path, kind, mode & 0xFFF, kind == EntryKind.File ? size : 0, modified, (int)user, (int)group, Inode: (long)inode);
    }
}
