using Fairlead.Wire;

namespace Fairlead.Files.Trees;

/// <summary>One file, folder or link of what is copied.</summary>
/// <param name="Path">Below the root, with slashes; empty for the root itself.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Mode">Permission bits, special ones included.</param>
/// <param name="Size">Bytes of a file.</param>
/// <param name="Modified">Seconds since 1970, below zero for those before; null where the container cannot tell.</param>
/// <param name="UserId">Owner.</param>
/// <param name="GroupId">Group.</param>
/// <param name="Target">Where a link points.</param>
/// <param name="Inode">Its number on its disk; 0 where the container cannot tell.</param>
sealed record TreeEntry(
    string Path, EntryKind Kind, int Mode, long Size, long? Modified, int UserId = 0, int GroupId = 0, string? Target = null,
    long Inode = 0)
{
    /// <summary>What the user calls the root.</summary>
    internal string? Given { get; init; }

    /// <summary>The name that people are told.</summary>
    internal PeerText Name => Path.Length > 0 ? Path : Given is { Length: > 0 } given ? given : ".";

    /// <summary>The path of the folder that it is in; null for the root.</summary>
    internal string? Parent => Path.Length == 0 ? null : Path.LastIndexOf('/') is var slash and >= 0 ? Path[..slash] : "";

    /// <summary>The last part of its path.</summary>
    internal string Leaf => Path[(Path.LastIndexOf('/') + 1)..];

    /// <summary>Still the same version of the file, by all that can be told without reading it.</summary>
    internal bool IsSameVersion(TreeEntry other) => Kind == other.Kind && Size == other.Size && Modified == other.Modified;

    /// <summary>May be what <paramref name="older"/> was, with more behind it, as a log is that is being written.</summary>
    internal bool MayHaveGrownFrom(TreeEntry older) => Kind == older.Kind && Size >= older.Size && Inode == older.Inode;

    /// <summary>Of its path alone, since entries are looked up much more often than two of one path meet.</summary>
    public override int GetHashCode() => string.GetHashCode(Path, StringComparison.Ordinal);

    /// <summary>The type and permission bits of a Unix mode, taken apart.</summary>
    internal static EntryKind KindOf(int mode) => (mode & 0xF000) switch
    {
        0x8000 => EntryKind.File,
        0x4000 => EntryKind.Folder,
        0xA000 => EntryKind.Link,
        _ => EntryKind.Other,
    };
}
