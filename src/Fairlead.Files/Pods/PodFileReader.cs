using System.Globalization;
using System.Runtime.CompilerServices;
using Fairlead.Files.Runs;
using Fairlead.Files.Shells;
using Fairlead.Files.Trees;

namespace Fairlead.Files.Pods;

/// <summary>
/// Reads files of a container by one shell, with the next ones asked for ahead. Each answer ends where its line ends, so that a file which
/// is shorter, longer or gone costs nobody but itself.
/// </summary>
sealed class PodFileReader(RemoteShell shell, Flight flight, Func<TreeEntry, string> quoted, Func<TreeEntry, string> pathOf)
{
    /// <summary>Bytes of an archive, about.</summary>
    const int PackSize = 4 << 20;

    /// <summary>So much of them is asked for ahead: the names take room on the way there, which is not without end.</summary>
    const int MostPacked = 24 << 20;

    /// <summary>
    /// An archive came to no end, as where a file grows fast: this shell is of no more use, another one may read what is missing.
    /// </summary>
    internal bool HasOverrun { get; private set; }

    /// <summary>What the line behind all that was asked for printed, and how it ended.</summary>
    internal (ShellEnding Ending, byte[] Text) Behind { get; private set; }

    /// <summary>Many whole files at once, in archives.</summary>
    /// <param name="files">Them.</param>
    /// <param name="missing">Those that have not come: each that comes is taken out.</param>
    /// <param name="behind">A line that is sent behind the last of them; null for none.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    internal async IAsyncEnumerable<Piece> ReadPackedAsync(
        List<TreeEntry> files, HashSet<TreeEntry> missing, string? behind, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Queue<(TreeEntry[] Group, int Cost)> asked = new();
        int flying = 0;
        using IEnumerator<TreeEntry[]> groups = Packs(files).GetEnumerator();
        bool more = groups.MoveNext();
        byte[] buffer = new byte[PodSide.SmallFile];
        while (more || asked.Count > 0)
        {
            while (more && (asked.Count == 0 || flying < Math.Min(flight.Window, MostPacked)))
            {
                TreeEntry[] group = groups.Current;
                int cost = group.Sum(static file => (int)file.Size + TarHeader.Length * 2);
                await shell.SendAsync($"pack {string.Join(' ', group.Select(quoted))}", cancellationToken, cost);
                asked.Enqueue((group, cost));
                flying += cost;
                more = groups.MoveNext();
                if (!more && behind is not null) await shell.SendAsync(behind, cancellationToken, ShellHashes.Work([.. files]));
            }

            (TreeEntry[] packed, int bytes) = asked.Dequeue();
            await using LineContent archive = new(shell);
            await foreach (Piece piece in PackedFiles.ReadAsync(archive, packed, buffer, cancellationToken))
            {
                missing.Remove(piece.File);
                yield return piece;
            }

            try
            {
                await archive.SkipRestAsync(PodSide.WorthSkipping, cancellationToken); // zeros, which fill an archive up
            }
            catch (UnexpectedOutputException)
            {
                HasOverrun = true;
            }

            if (HasOverrun) yield break;
            flying -= bytes;
            flight.Arrived(bytes);
        }

        if (behind is not null && files.Count > 0) Behind = await ReadBehindAsync(cancellationToken);
    }

    /// <summary>Files of an archive that came before anybody knew what is in it.</summary>
    /// <param name="archive">All of it.</param>
    /// <param name="files">What may be in it. What else is there is passed over, and what is shorter by now is to be read again.</param>
    /// <param name="come">Takes those that come.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    internal static async IAsyncEnumerable<Piece> ReadEarlyAsync(
        byte[] archive, List<TreeEntry> files, HashSet<TreeEntry> come, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using MemoryStream stream = new(archive);
        await foreach (Piece piece in PackedFiles.ReadAsync(
            stream, files, new byte[PodSide.SmallFile], cancellationToken, othersMayCome: true))
        {
            if (piece.Fault is null ? come.Add(piece.File) : come.Contains(piece.File)) yield return piece;
        }
    }

    async ValueTask<(ShellEnding Ending, byte[] Text)> ReadBehindAsync(CancellationToken cancellationToken)
    {
        byte[] text = await shell.ReadTextAsync(cancellationToken);
        return (shell.Ending, text);
    }

    IEnumerable<TreeEntry[]> Packs(List<TreeEntry> files)
    {
        foreach (TreeEntry[] group in ShellText.Groups(files, quoted))
        {
            int start = 0;
            long size = 0;
            for (int i = 0; i < group.Length; i++)
            {
                size += group[i].Size + TarHeader.Length * 2;
                if (size < Math.Min(PackSize, flight.Piece) && i + 1 < group.Length) continue;
                yield return group[start..(i + 1)];
                (start, size) = (i + 1, 0);
            }
        }
    }

    /// <summary>Files in pieces of whole blocks.</summary>
    /// <param name="parts">Them.</param>
    /// <param name="behind">A line that is sent behind the last of them; null for none.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    internal async IAsyncEnumerable<Piece> ReadPiecesAsync(
        List<FilePart> parts, string? behind, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Behind = default;
        Queue<(TreeEntry File, long Offset, int Length)> asked = new();
        int flying = 0;
        TreeEntry? failed = null;
        using IEnumerator<(TreeEntry File, long Offset, int Length)> pieces = Pieces(parts).GetEnumerator();
        bool more = pieces.MoveNext();
        while (more || asked.Count > 0)
        {
            while (more && (asked.Count == 0 || flying < flight.Window))
            {
                (TreeEntry next, long from, int count) = pieces.Current;
                if (next != failed)
                {
                    // The last piece is asked for in whole blocks, and a block of an empty one: of a file that has grown, more comes than
                    // it was long.
                    long blocks = Math.Max(1, (count + Flight.Block - 1) / Flight.Block);
                    await shell.SendAsync(string.Create(CultureInfo.InvariantCulture, $"get {from / Flight.Block} {blocks} {quoted(next)}"),
                        cancellationToken, count);
                    asked.Enqueue(pieces.Current);
                    flying += count;
                }

                more = pieces.MoveNext();
                if (!more && behind is not null)
                    await shell.SendAsync(behind, cancellationToken, ShellHashes.Work([.. parts.Select(static part => part.File)]));
            }

            if (!asked.TryDequeue(out (TreeEntry File, long Offset, int Length) piece)) break;
            await foreach (Piece part in ReadLineAsync(
                piece.File, piece.Offset, piece.Length, Flight.Block, piece.File == failed, cancellationToken))
            {
                if (part.Fault is not null) failed = piece.File;
                yield return part;
            }

            flying -= piece.Length;
            flight.Arrived(piece.Length);
        }

        if (behind is not null && parts.Count > 0) Behind = await ReadBehindAsync(cancellationToken);
    }

    IEnumerable<(TreeEntry File, long Offset, int Length)> Pieces(List<FilePart> parts)
    {
        foreach (FilePart part in parts)
        {
            long offset = part.Offset;
            do
            {
                int length = (int)Math.Min(flight.Piece, part.File.Size - offset);
                yield return (part.File, offset, length);
                offset += length;
            }
            while (offset < part.File.Size);
        }
    }

    /// <summary>Files whole, each from its beginning, for containers that have nothing better than cat.</summary>
    internal async IAsyncEnumerable<Piece> ReadPouredAsync(
        List<FilePart> parts, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (FilePart part in parts)
        {
            await shell.SendAsync(string.Create(CultureInfo.InvariantCulture, $"pour {quoted(part.File)} {part.File.Size}"),
                cancellationToken);
            await foreach (Piece piece in ReadLineAsync(
                part.File, 0, part.File.Size, PodSide.WorthSkipping, false, cancellationToken)) yield return piece;
        }
    }

    /// <summary>What one line prints of a file, up to the length that it is to have; what is behind that is passed over.</summary>
    async IAsyncEnumerable<Piece> ReadLineAsync(
        TreeEntry file, long offset, long length, long mostBehind, bool isForNobody,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long left = length;
        while (left > 0 && await shell.ReadAsync(cancellationToken) is { IsEmpty: false } bytes)
        {
            bytes = bytes.Slice(0, Math.Min(bytes.Length, left));
            foreach (ReadOnlyMemory<byte> part in bytes)
            {
                // a cut between two segments leaves an empty one
                if (!part.IsEmpty && !isForNobody) yield return new Piece(file, offset + length - left, part);
                left -= part.Length;
            }

            shell.Advance(bytes.Length);
        }

        long behind = left > 0 ? 0 : (await shell.ReadEndAsync(cancellationToken, mostBehind)).Skipped;
        if (isForNobody) yield break;
        bool isShort = left > 0 || (length == 0 && !shell.Ending.IsSuccess);
        if (isShort)
            yield return new Piece(file, offset, default, shell.Ending.IsSuccess
            ? ReadFault.Shorter
            : ReadFault.Of(pathOf(file), shell.Ending.Reason));
        else if (length == 0) yield return new Piece(file, 0, default);
        if (behind > 0 && !isShort) yield return new Piece(file, file.Size, default, ReadFault.Longer);
    }
}
