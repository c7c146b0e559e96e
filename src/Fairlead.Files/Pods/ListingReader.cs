using System.Buffers;
using System.Globalization;
using Fairlead.Files.Shells;
using Fairlead.Files.Trees;
using Fairlead.Wire;

namespace Fairlead.Files.Pods;

/// <summary>
/// Reads a listing: records <c>MODE SIZE TIME[:INODE] UID GID NAME//</c>, each with a line break. No path holds two slashes, so any name
/// passes.
/// </summary>
static class ListingReader
{
    static ReadOnlySpan<byte> End => "//\n"u8;

    /// <summary>About what an entry takes here beside the letters of its path.</summary>
    const int EntryCost = 160;

    /// <summary>What a listing may take here: about two hundred thousand entries. One without an end would fill the memory.</summary>
    internal const int MostCost = 40 << 20;

    /// <summary>Longer than any record.</summary>
    const int LongestRecord = 16 * 1024;

    /// <summary>A listing that is here whole.</summary>
    /// <param name="text">The listing.</param>
    /// <param name="root">The name that was listed, of which all others are to be below.</param>
    /// <exception cref="InvalidDataException">It is no listing.</exception>
    internal static List<TreeEntry> Read(ReadOnlySpan<byte> text, string root)
    {
        List<TreeEntry> entries = [];
        long left = MostCost;
        return Read(text, root, entries, ref left) == text.Length ? entries : throw CutShort();
    }

    /// <summary>A listing that a shell prints: it is taken apart as it comes.</summary>
    /// <exception cref="InvalidDataException">It is no listing, or too long.</exception>
    internal static async ValueTask<List<TreeEntry>> ReadAsync(
        RemoteShell shell, string root, long most, CancellationToken cancellationToken)
    {
        List<TreeEntry> entries = [];
        ArrayBufferWriter<byte> text = new();
        long left = most;
        while (await shell.ReadAsync(cancellationToken) is { IsEmpty: false } bytes)
        {
            foreach (ReadOnlyMemory<byte> part in bytes) text.Write(part.Span);
            shell.Advance(bytes.Length);
            int read = Read(text.WrittenSpan, root, entries, ref left);
            byte[] rest = text.WrittenSpan[read..].ToArray();
            if (rest.Length > LongestRecord) throw CutShort();
            text.ResetWrittenCount();
            text.Write(rest);
        }

        return text.WrittenCount == 0 ? entries : throw CutShort();
    }

    /// <returns>How much of the text were whole records.</returns>
    static int Read(ReadOnlySpan<byte> text, string root, List<TreeEntry> entries, ref long left)
    {
        int read = 0;
        while (text[read..].IndexOf(End) is >= 0 and var length)
        {
            TreeEntry entry = ReadEntry(NameBytes.Decode(text.Slice(read, length)), root);
            left -= Cost(entry);
            if (left < 0)
                throw new InvalidDataException(
                $"The container lists more than {entries.Count} entries: more than are copied at once. Its folders may be copied one " +
                "by one.");
            entries.Add(entry);
            read += length + End.Length;
        }

        return read;
    }

    /// <summary>What an entry takes here.</summary>
    internal static long Cost(TreeEntry entry) => EntryCost + (sizeof(char) * entry.Path.Length);

    static InvalidDataException CutShort() => new("The container's listing is cut short, or has no end.");

    static TreeEntry ReadEntry(string record, string root)
    {
        string[] fields = record.Split(' ', 6);
        if (fields.Length != 6
            || !int.TryParse(fields[0], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int mode)
            || !long.TryParse(fields[1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long size) || size < -1
            || fields[2].Split(':', 2) is not [var time, .. var more]
            || (!long.TryParse(time, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long modified) && time != "-")
            || !uint.TryParse(fields[3], NumberStyles.None, CultureInfo.InvariantCulture, out uint user)
            || !uint.TryParse(fields[4], NumberStyles.None, CultureInfo.InvariantCulture, out uint group)
            || !ulong.TryParse(more is [var number] ? number : "0", NumberStyles.None, CultureInfo.InvariantCulture, out ulong inode))
            throw new InvalidDataException($"The container's listing holds \"{VisibleText.Line(record, 200)}\".");

        string name = fields[5];
        string path = name == root ? "" : name.StartsWith(root + "/", StringComparison.Ordinal) ? name[(root.Length + 1)..] : name;
        EntryKind kind = TreeEntry.KindOf(mode);
        return new TreeEntry(path, kind, mode & 0xFFF, kind == EntryKind.File ? size : 0, time == "-" ? null : modified, (int)user,
            (int)group, Inode: (long)inode);
    }
}
