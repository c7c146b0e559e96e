using System.Formats.Tar;
using System.Runtime.CompilerServices;
using Fairlead.Files.Trees;
using Fairlead.Wire;

namespace Fairlead.Files.Pods;

/// <summary>Whole files in an archive that a container was asked for.</summary>
static class PackedFiles
{
    /// <summary>Reads them, up to the end of the archive. What it could not hold does not come.</summary>
    /// <param name="archive">The archive; it is not closed.</param>
    /// <param name="files">What was asked for. A name that the container makes up goes nowhere, and each comes once.</param>
    /// <param name="buffer">Where a file's content is; longer than the longest of them.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="SourceChangedException">A file has another length than it had.</exception>
    /// <exception cref="InvalidDataException">It is no archive, or holds what was not asked for.</exception>
    internal static async IAsyncEnumerable<(TreeEntry File, ReadOnlyMemory<byte> Content)> ReadAsync(
        Stream archive, IEnumerable<TreeEntry> files, byte[] buffer, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Dictionary<string, TreeEntry> expected = files.ToDictionary(static file => "./" + file.Path, StringComparer.Ordinal);
        await using TarReader reader = new(archive, leaveOpen: true);
        while (await NextAsync(reader, cancellationToken) is { } entry)
        {
            if (!expected.Remove(entry.Name, out TreeEntry? file))
                throw new InvalidDataException($"The container's tar sent \"{new PeerText(entry.Name)}\", which was not asked for: nothing was placed.");
            if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile)) continue; // a hard link: fetched by itself
            if (entry.Length != file.Size) throw new SourceChangedException(file);
            for (int got = 0; got < file.Size;)
            {
                int count = await entry.DataStream!.ReadAsync(buffer.AsMemory(got, (int)file.Size - got), cancellationToken);
                if (count == 0) throw new SourceChangedException(file);
                got += count;
            }

            yield return (file, buffer.AsMemory(0, (int)file.Size));
        }
    }

    static async ValueTask<TarEntry?> NextAsync(TarReader reader, CancellationToken cancellationToken)
    {
        try
        {
            return await reader.GetNextEntryAsync(copyData: false, cancellationToken);
        }
        catch (Exception e) when (e is ArithmeticException or FormatException or ArgumentException or InvalidOperationException and not ObjectDisposedException)
        {
            throw new InvalidDataException("The container's tar sent what is no archive.", e); // the library tells some of it so
        }
    }
}
