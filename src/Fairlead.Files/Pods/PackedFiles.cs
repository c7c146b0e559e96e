using System.Runtime.CompilerServices;
using Fairlead.Files.Runs;
using Fairlead.Files.Trees;
using Fairlead.Wire;

namespace Fairlead.Files.Pods;

/// <summary>
/// Whole files in an archive that a container was asked for. Nothing of it is believed before it is bounded: names and extensions are
/// short, contents as long as the files that were asked for.
/// </summary>
static class PackedFiles
{
    /// <summary>Longer than any name, and than what comes with one.</summary>
    const int LongestExtension = 16 * 1024, MostExtensions = 8;

    /// <summary>How much files may have grown since they were listed. Where they have grown by more, the archive is given up.</summary>
    const long MostSurplus = 64 << 20;

    /// <summary>Reads them, up to the end of the archive. What it could not hold, and what it breaks off in, does not come.</summary>
    /// <param name="archive">The archive; it is not closed.</param>
    /// <param name="files">What was asked for. A name that the container makes up goes nowhere, and each comes once.</param>
    /// <param name="buffer">Where a file's content is; longer than the longest of them.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <param name="othersMayCome">What was not asked for is passed over: the container has chosen what it sends.</param>
    /// <exception cref="InvalidDataException">It is no archive, or holds what was not asked for.</exception>
    internal static async IAsyncEnumerable<Piece> ReadAsync(
        Stream archive, IEnumerable<TreeEntry> files, byte[] buffer, [EnumeratorCancellation] CancellationToken cancellationToken,
        bool othersMayCome = false)
    {
        Dictionary<string, TreeEntry> expected = files.ToDictionary(static file => "./" + file.Path, StringComparer.Ordinal);
        byte[] block = new byte[TarHeader.Length], extension = new byte[LongestExtension];
        (string? Name, long? Size) told = default;
        int extensions = 0;
        long surplus = 0;
        while (await ReadAsync(archive, block, cancellationToken) && block.AsSpan().ContainsAnyExcept((byte)0))
        {
            TarHeader header = TarHeader.Read(block);
            if (header.Type is 'L' or 'K' or 'x' or 'g')
            {
                if (header.Size > LongestExtension || ++extensions > MostExtensions)
                    throw new InvalidDataException("The container's tar sent a header that is too long.");
                if (!await ReadAsync(archive, extension.AsMemory(0, (int)header.PaddedSize), cancellationToken)) yield break;
                told = Extend(told, header, extension.AsSpan(0, (int)header.Size));
                continue;
            }

            header = header with { Name = told.Name ?? header.Name, Size = told.Size ?? header.Size };
            (told, extensions) = (default, 0);
            if (!expected.Remove(header.Name, out TreeEntry? file))
            {
                if (othersMayCome)
                {
                    if (await SkipAsync(archive, header.PaddedSize, block, cancellationToken)) continue;
                    yield break;
                }

                throw new InvalidDataException(
                    $"The container's tar sent \"{new PeerText(header.Name)}\", which was not asked for: nothing was placed.");
            }

            if (!header.IsFile) continue; // a hard link, which has no content: fetched by itself

            int length = (int)file.Size;
            if (header.Size < length) yield return new Piece(file, 0, default, ReadFault.Shorter);
            else if (!await ReadAsync(archive, buffer.AsMemory(0, length), cancellationToken)) yield break;
            else yield return new Piece(file, 0, buffer.AsMemory(0, length));
            if (header.Size > length) yield return new Piece(file, length, default, ReadFault.Longer);

            long rest = header.PaddedSize - (header.Size < length ? 0 : length);
            surplus += rest;
            if (surplus > MostSurplus || !await SkipAsync(archive, rest, block, cancellationToken)) yield break;
        }
    }

    static (string? Name, long? Size) Extend((string? Name, long? Size) told, TarHeader header, ReadOnlySpan<byte> content)
    {
        if (header.Type == 'L') return told with { Name = NameBytes.Decode(content.TrimEnd((byte)0)) };
        if (header.Type != 'x') return told;
        (string? name, long? size) = TarHeader.ReadExtension(content);
        return (name ?? told.Name, size ?? told.Size);
    }

    /// <returns>False where the archive ends before.</returns>
    static async ValueTask<bool> ReadAsync(Stream archive, Memory<byte> buffer, CancellationToken cancellationToken) =>
        await archive.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken) == buffer.Length;

    static async ValueTask<bool> SkipAsync(Stream archive, long count, byte[] scratch, CancellationToken cancellationToken)
    {
        for (; count > 0; count -= Math.Min(count, scratch.Length))
        {
            if (!await ReadAsync(archive, scratch.AsMemory(0, (int)Math.Min(count, scratch.Length)), cancellationToken)) return false;
        }

        return true;
    }
}
