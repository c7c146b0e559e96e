using Fairlead.Files.Trees;

namespace Fairlead.Files.Runs;

/// <summary>Where files come from.</summary>
interface ICopySource : ICopySide
{
    /// <summary>The last part of what the user named, for a target that is a folder; empty for <c>.</c> and such.</summary>
    string Leaf { get; }

    ValueTask<CopyTree> ListAsync(CancellationToken cancellationToken);

    /// <summary>The file as it is now; null where it is gone.</summary>
    ValueTask<TreeEntry?> LookAgainAsync(TreeEntry file, CancellationToken cancellationToken);

    /// <summary>Those that are gone, of many at once.</summary>
    ValueTask<HashSet<TreeEntry>> FindGoneAsync(IReadOnlyList<TreeEntry> files, CancellationToken cancellationToken);

    /// <summary>
    /// Reads files from their offsets on, in an order of the source's own, each to its end before the next one. One that cannot be read so
    /// far ends with a piece that says why; the others are read all the same.
    /// </summary>
    IAsyncEnumerable<Piece> ReadAsync(IReadOnlyList<FilePart> parts, CancellationToken cancellationToken);
}

/// <summary>A file and where to go on in it.</summary>
readonly record struct FilePart(TreeEntry File, long Offset);

/// <summary>Some bytes of a file.</summary>
/// <param name="File">The file.</param>
/// <param name="Offset">Where they belong.</param>
/// <param name="Bytes">They are good until the next piece is asked for.</param>
/// <param name="Fault">Why there are none, and no more of this file; null where there are. <see cref="ReadFault.Longer"/> comes behind the
/// last of them.</param>
readonly record struct Piece(TreeEntry File, long Offset, ReadOnlyMemory<byte> Bytes, ReadFault? Fault = null)
{
    internal bool IsLast => Offset + Bytes.Length == File.Size;
}
