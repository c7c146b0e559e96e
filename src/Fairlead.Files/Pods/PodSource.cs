using System.Buffers;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Threading.Channels;
using Fairlead.Client;
using Fairlead.Files.Trees;
using Fairlead.Upgrades;

namespace Fairlead.Files.Pods;

/// <summary>Files of a container. Small ones come many together in a tar, larger ones in pieces that are asked for ahead.</summary>
sealed class PodSource(StreamingClient client, PodReference pod, string path, CopyOptions options) : PodSide(client, pod, path, options), ICopySource
{
    readonly Dictionary<TreeEntry, byte[]> _readTwice = [];
    bool? _isFolder;
    RemoteShell? _aheadShell;
    Task<IReadOnlyDictionary<TreeEntry, byte[]>>? _ahead;

    public string Leaf => Path.TrimEnd('/').Split('/')[^1] is var last && last is "." or ".." ? "" : last;

    protected override string Folder => _isFolder == true ? Path : "";

    protected override string Quoted(TreeEntry file) => _isFolder == true ? ShellText.Quote("./" + file.Path) : ShellText.QuotePath(Path);

    public override async ValueTask OpenAsync(CancellationToken cancellationToken)
    {
        await base.OpenAsync(cancellationToken);
        string kind = _isFolder is null ? await Shell.DoAsync($"k {ShellText.QuotePath(Path)}", cancellationToken) : "";
        if (kind == "n") throw new CopyException($"{Path}: no such file or directory in the container");
        if (kind == "o") throw new CopyException($"{Path} is neither a file nor a directory in the container");
        _isFolder ??= kind == "d";
        if (_isFolder == true) await Shell.DoAsync($"cd {ShellText.QuotePath(Path)}", cancellationToken);
    }

    public async ValueTask<CopyTree> ListAsync(CancellationToken cancellationToken)
    {
        CopyTree tree = new();
        if (_isFolder != true)
        {
            tree.Add(await WithSizeAsync(await LookAsync(cancellationToken) ?? throw new CopyException($"{Path} cannot be read in the container"), cancellationToken));
            return tree;
        }

        List<TreeEntry> entries = await ListAsync(".", ".", cancellationToken);
        Dictionary<string, string> targets = await ReadLinksAsync(entries.Where(entry => entry.Kind == EntryKind.Link && TreeRules.IsSafePath(entry.Path)), cancellationToken);
        foreach (TreeEntry entry in entries)
        {
            if (entry.Kind == EntryKind.Link) tree.Add(entry with { Target = targets.GetValueOrDefault(entry.Path) });
            else tree.Add(entry.Size < 0 ? await WithSizeAsync(entry, cancellationToken) : entry);
        }

        return tree;
    }

    async ValueTask<TreeEntry?> LookAsync(CancellationToken cancellationToken)
    {
        string name = Path.StartsWith('-') ? "./" + Path : Path, quoted = ShellText.Quote(name);
        (int status, byte[] text) = await Shell.RunAsync($"if [ $S ];then stat -L -c \"$E\" {quoted};else i {quoted};fi", cancellationToken);
        return status == 0 ? ListingReader.Read(text, name) is [var entry] ? entry with { Path = "" } : null : null;
    }

    async ValueTask<TreeEntry> WithSizeAsync(TreeEntry entry, CancellationToken cancellationToken)
    {
        if (entry.Size >= 0) return entry;
        (long size, byte[] hash) = await ReadTwiceAsync(Quoted(entry), cancellationToken);
        TreeEntry known = entry with { Size = size };
        _readTwice[known] = hash;
        return known;
    }

    async ValueTask<Dictionary<string, string>> ReadLinksAsync(IEnumerable<TreeEntry> links, CancellationToken cancellationToken)
    {
        Dictionary<string, string> targets = new(StringComparer.Ordinal);
        foreach (TreeEntry[] group in ShellText.Groups(links, Quoted))
        {
            (int status, byte[] text) = await Shell.RunAsync($"rl {string.Join(' ', group.Select(Quoted))}", cancellationToken);
            if (status != 0) continue; // without readlink: refused, with that reason
            ReadOnlyMemory<byte> rest = text;
            foreach (TreeEntry link in group)
            {
                int space = rest.Span.IndexOf((byte)' ');
                if (space < 1 || !int.TryParse(rest.Span[..space], NumberStyles.None, CultureInfo.InvariantCulture, out int length) || length < 0 || length > rest.Length - space - 2)
                    throw new InvalidDataException("The container's list of links makes no sense.");
                if (length > 0) targets[link.Path] = Encoding.UTF8.GetString(rest.Span.Slice(space + 1, length));
                rest = rest[(space + 1 + length + 1)..];
            }
        }

        return targets;
    }

    public async ValueTask<TreeEntry?> LookAgainAsync(TreeEntry file, CancellationToken cancellationToken)
    {
        if (_isFolder != true) return await LookAsync(cancellationToken) is { } root ? await WithSizeAsync(root, cancellationToken) : null;
        string quoted = Quoted(file);
        (int status, byte[] text) = await Shell.RunAsync($"i {quoted} 2>/dev/null", cancellationToken);
        return status == 0 && ListingReader.Read(text, ".") is [var entry] && entry.Path == file.Path ? await WithSizeAsync(entry, cancellationToken) : null;
    }

    public override async ValueTask<IReadOnlyDictionary<TreeEntry, byte[]>> HashAsync(IReadOnlyList<TreeEntry> files, CancellationToken cancellationToken) =>
        _readTwice.Count > 0 ? _readTwice : await HashOthersAsync(_ahead is null ? new Dictionary<TreeEntry, byte[]>() : await _ahead.WaitAsync(cancellationToken), files, cancellationToken);

    public async IAsyncEnumerable<Piece> ReadAsync(IReadOnlyList<FilePart> parts, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await HashAheadAsync(parts, cancellationToken);
        List<FilePart> single = [];
        if (Tools is { Pieces: true, Tar: true } && _isFolder == true)
        {
            List<TreeEntry> small = [.. parts.Where(IsSmall).Select(part => part.File)];
            HashSet<TreeEntry> missing = [.. small];
            await foreach (Piece piece in ReadPackedAsync(small, missing, cancellationToken)) yield return piece;
            single.AddRange(parts.Where(part => !IsSmall(part) || missing.Contains(part.File)));
        }
        else
        {
            single.AddRange(parts);
        }

        await foreach (Piece piece in Tools.Pieces ? ReadPiecesAsync(single, cancellationToken) : ReadPlainAsync(single, cancellationToken)) yield return piece;
    }

    /// <summary>A second session hashes the files while this one sends them.</summary>
    async ValueTask HashAheadAsync(IReadOnlyList<FilePart> parts, CancellationToken cancellationToken)
    {
        if (Tools is not { Hash: not null, Pieces: true } || _ahead is not null || parts.Sum(part => part.File.Size) < WorthASession) return;
        try
        {
            _aheadShell = await OpenSecondAsync(Folder, cancellationToken);
        }
        catch (UpgradeException)
        {
            return; // one session is what this server gives: they are hashed when it has sent all
        }

        _ahead = HashAsync(_aheadShell, [.. parts.Select(part => part.File)], cancellationToken).AsTask();
    }

    protected override async ValueTask CloseExtraAsync()
    {
        if (_aheadShell is not null) await _aheadShell.DisposeAsync();
        if (_ahead is not null) await ((Task)_ahead).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // whoever needed the hashes was told
        (_aheadShell, _ahead) = (null, null);
    }

    static bool IsSmall(FilePart part) => part is { Offset: 0, File.Size: <= SmallFile };

    async IAsyncEnumerable<Piece> ReadPackedAsync(List<TreeEntry> files, HashSet<TreeEntry> missing, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Queue<(TreeEntry[] Group, int Cost)> asked = new();
        int flying = 0;
        using IEnumerator<TreeEntry[]> groups = Packs(files).GetEnumerator();
        bool more = groups.MoveNext();
        byte[] buffer = new byte[SmallFile];
        while (more || asked.Count > 0)
        {
            while (more && (asked.Count == 0 || flying < Flight.Window))
            {
                TreeEntry[] group = groups.Current;
                int cost = group.Sum(file => (int)file.Size + 1024);
                await Shell.SendAsync($"t {string.Join(' ', group.Select(Quoted))}", cancellationToken);
                asked.Enqueue((group, cost));
                flying += cost;
                more = groups.MoveNext();
            }

            (TreeEntry[] packed, int bytes) = asked.Dequeue();
            ShellOutputStream output = new(Shell);
            await foreach ((TreeEntry file, ReadOnlyMemory<byte> content) in PackedFiles.ReadAsync(output, packed, buffer, cancellationToken))
            {
                missing.Remove(file);
                yield return new Piece(file, 0, content);
            }

            await output.SkipZerosAsync(cancellationToken);
            await Shell.ReadStatusAsync(cancellationToken); // what a tar could not read is fetched by itself, and fails there by name
            flying -= bytes;
            Flight.Arrived(bytes);
        }
    }

    IEnumerable<TreeEntry[]> Packs(List<TreeEntry> files)
    {
        foreach (TreeEntry[] group in ShellText.Groups(files, Quoted))
        {
            int start = 0;
            long size = 0;
            for (int i = 0; i < group.Length; i++)
            {
                size += group[i].Size + 1024;
                if (size < Flight.Piece && i + 1 < group.Length) continue;
                yield return group[start..(i + 1)];
                (start, size) = (i + 1, 0);
            }
        }
    }

    async IAsyncEnumerable<Piece> ReadPiecesAsync(List<FilePart> parts, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Queue<(TreeEntry File, long Offset, int Length)> asked = new();
        int flying = 0;
        using IEnumerator<(TreeEntry File, long Offset, int Length)> pieces = Pieces(parts).GetEnumerator();
        bool more = pieces.MoveNext();
        while (more || asked.Count > 0)
        {
            while (more && (asked.Count == 0 || flying < Flight.Window))
            {
                (TreeEntry next, long from, int count) = pieces.Current;
                long blocks = (count + Flight.Block - 1) / Flight.Block;
                await Shell.SendAsync(string.Create(CultureInfo.InvariantCulture, $"g {from / Flight.Block} {blocks} {Quoted(next)}"), cancellationToken);
                asked.Enqueue(pieces.Current);
                flying += count;
                more = pieces.MoveNext();
            }

            (TreeEntry file, long offset, int length) = asked.Dequeue();
            if (length == 0) yield return new Piece(file, 0, default);
            for (int left = length; left > 0;)
            {
                ReadOnlySequence<byte> bytes = await ReadOfAsync(file, left, cancellationToken);
                foreach (ReadOnlyMemory<byte> part in bytes)
                {
                    if (part.IsEmpty) continue; // a cut between two segments leaves an empty one
                    yield return new Piece(file, offset + length - left, part);
                    left -= part.Length;
                }

                Shell.Advance(bytes.End);
            }

            await ReadEndAsync(file, cancellationToken);
            flying -= length;
            Flight.Arrived(length);
        }
    }

    IEnumerable<(TreeEntry File, long Offset, int Length)> Pieces(List<FilePart> parts)
    {
        foreach (FilePart part in parts)
        {
            long offset = part.Offset;
            do
            {
                // the last piece is asked for in whole blocks: of a file that has grown, more comes than it was long, and it is read again
                int length = (int)Math.Min(Flight.Piece, part.File.Size - offset);
                yield return (part.File, offset, length);
                offset += length;
            }
            while (offset < part.File.Size);
        }
    }

    async ValueTask<ReadOnlySequence<byte>> ReadOfAsync(TreeEntry file, long left, CancellationToken cancellationToken)
    {
        try
        {
            return await Shell.ReadAsync(left, cancellationToken);
        }
        catch (UnexpectedOutputException)
        {
            throw new SourceChangedException(file);
        }
    }

    async ValueTask ReadEndAsync(TreeEntry file, CancellationToken cancellationToken)
    {
        try
        {
            if (await Shell.ReadStatusAsync(cancellationToken) != 0) throw new CopyException($"{file.Name} cannot be read in the container");
        }
        catch (UnexpectedOutputException)
        {
            throw new SourceChangedException(file);
        }
    }

    /// <summary>A session a file, from its beginning, for containers that have nothing better than cat.</summary>
    async IAsyncEnumerable<Piece> ReadPlainAsync(List<FilePart> parts, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (FilePart part in parts)
        {
            Channel<ReadOnlyMemory<byte>> pieces = Channel.CreateBounded<ReadOnlyMemory<byte>>(4);
            Task reading = ReadAllAsync(part.File, pieces.Writer, cancellationToken);
            long offset = 0;
            await foreach (ReadOnlyMemory<byte> bytes in pieces.Reader.ReadAllAsync(cancellationToken))
            {
                if (offset + bytes.Length > part.File.Size) throw new SourceChangedException(part.File);
                yield return new Piece(part.File, offset, bytes);
                offset += bytes.Length;
            }

            await reading;
            if (offset < part.File.Size) throw new SourceChangedException(part.File);
            if (part.File.Size == 0) yield return new Piece(part.File, 0, default);
        }
    }

    async Task ReadAllAsync(TreeEntry file, ChannelWriter<ReadOnlyMemory<byte>> pieces, CancellationToken cancellationToken)
    {
        try
        {
            await using RemoteShell shell = await OpenPlainAsync(Folder, PlainRead(Quoted(file), file.Size), cancellationToken);
            await shell.CompleteAsync();
            int status = await shell.ReadToEndAsync(part => pieces.WriteAsync(part.ToArray(), cancellationToken), cancellationToken);
            if (status != 0) throw new CopyException($"{file.Name} cannot be read in the container");
            pieces.Complete();
        }
#pragma warning disable CA1031 // told to the reader of the queue, which throws it
        catch (Exception e)
#pragma warning restore CA1031
        {
            pieces.Complete(e);
        }
    }
}
