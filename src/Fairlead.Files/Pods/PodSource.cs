using System.Runtime.CompilerServices;
using System.Text;
using Fairlead.Files.Runs;
using Fairlead.Files.Shells;
using Fairlead.Files.Trees;

namespace Fairlead.Files.Pods;

/// <summary>Files of a container. Small ones come many together in a tar, larger ones in pieces that are asked for ahead.</summary>
sealed class PodSource : PodSide, ICopySource
{
    readonly Dictionary<TreeEntry, byte[]> _readTwice = [];
    bool? _isFolder;
    readonly Dictionary<TreeEntry, byte[]> _hashes = []; // of what was hashed right behind its reading, each taken once
    bool _isListed; // what was asked for at once is not read yet
    byte[]? _early; // what a small file holds, or an archive of few of them
    byte[] _earlyHashes = []; // of those, as the tool prints them
    readonly HashesAhead _ahead;

    internal PodSource(ShellSource shells, string path, CopyOptions options) : base(shells, path, options) =>
        _ahead = new HashesAhead(token => OpenSecondAsync(Folder, token), Quoted);

    public string Leaf => Path.TrimEnd('/').Split('/')[^1] is var last && last is "." or ".." ? "" : last;

    protected override string Folder => _isFolder == true ? Path : "";

    protected override string Quoted(TreeEntry file) => _isFolder == true ? ShellText.Quote("./" + file.Path) : RootQuoted;

    string RootName => Path.StartsWith('-') ? "./" + Path : Path;
    string RootQuoted => ShellText.QuotePath(Path);
    /// <summary>The path of an entry as the user would write it.</summary>
    string PathOf(TreeEntry entry) => entry.Path.Length == 0 ? Path : $"{Path.TrimEnd('/')}/{entry.Path}";

    protected override async ValueTask BeginAsync(RemoteShell shell, CancellationToken cancellationToken)
    {
        if (_isFolder is null)
        {
            await shell.SendAsync($"kind {RootQuoted}", cancellationToken);
            await shell.SendAsync($"look {RootQuoted}", cancellationToken);
            await shell.SendAsync($"early {RootQuoted}", cancellationToken);
            await shell.SendAsync(Options.Verify == CopyVerification.Sha256 ? $"[ $y ]&&$y {RootQuoted}" : ":", cancellationToken);
        }
        else if (_isFolder == true)
        {
            await shell.SendAsync($"cd {RootQuoted}", cancellationToken);
        }
    }

    protected override async ValueTask BegunAsync(RemoteShell shell, CancellationToken cancellationToken)
    {
        if (_isFolder is null)
        {
            string kind = Encoding.ASCII.GetString(await shell.ReadTextAsync(cancellationToken)).Trim();
            if (kind == "n") throw new CopyException($"{Path}: no such file or directory in the container");
            if (kind == "p") throw new CopyException($"{Path}: Permission denied in the container");
            if (kind == "o") throw new CopyException($"{Path} is neither a file nor a directory in the container");
            _isFolder = kind == "d";
            _isListed = true;
        }
        else if (_isFolder == true)
        {
            (ShellEnding ending, _) = await shell.ReadEndAsync(cancellationToken);
            if (!ending.IsSuccess) throw new CopyException($"{Path}: it is no directory any more that can be read in the container");
        }
    }

    public async ValueTask<CopyTree> ListAsync(CancellationToken cancellationToken)
    {
        // the connection was lost meanwhile
        if (!_isListed) await Shell.SendAsync(_isFolder == true ? "list ." : $"look {RootQuoted}", cancellationToken);
        Func<ValueTask>? behind = _isListed ? () => ReadEarlyAsync(cancellationToken) : null;
        (_isListed, _early) = (false, null);
        CopyTree tree = new();
        if (_isFolder != true)
        {
            TreeEntry? root = await ReadRootAsync(cancellationToken);
            if (behind is not null) await behind();
            await AddAsync(tree, [root ?? throw new CopyException($"{Path} cannot be read in the container")], cancellationToken);
            return tree;
        }

        (List<TreeEntry> entries, HashSet<TreeEntry> closed, List<CopyProblem> faults) = await PodListing.ReadAsync(
            Shell, ".", Description, cancellationToken, behind: behind);
        await AddAsync(tree, entries, cancellationToken);
        foreach (TreeEntry folder in closed) tree.RefuseFolder(folder, $"{PathOf(folder)}: Permission denied");
        foreach (CopyProblem fault in faults) tree.Report(fault, Path);
        return tree;
    }

    /// <summary>A small file, or few of them, have come with the listing, and their hashes: that spares a round trip.</summary>
    async ValueTask ReadEarlyAsync(CancellationToken cancellationToken)
    {
        byte[] content = await Shell.ReadTextAsync(cancellationToken, 1 << 20); // it sends less
        if (Shell.Ending.IsSuccess) _early = content;
        _earlyHashes = await Shell.ReadTextAsync(cancellationToken);
    }

    async ValueTask AddAsync(CopyTree tree, List<TreeEntry> entries, CancellationToken cancellationToken)
    {
        Dictionary<string, string> targets = await PodListing.ReadLinksAsync(
            Shell, entries.Where(static entry => entry.Kind == EntryKind.Link && TreeRules.IsSafePath(entry.Path)), Quoted,
            cancellationToken);
        HashSet<TreeEntry> filled = await PodListing.SelectAsync(
            Shell, "filled", [.. entries.Where(MayBeFilled)], Quoted, cancellationToken);
        foreach (TreeEntry entry in entries)
        {
            bool isNew = tree.Add(entry.Kind == EntryKind.Link ? entry with { Target = targets.GetValueOrDefault(entry.Path) } : entry);
            if (!isNew || entry.Kind != EntryKind.File || tree.Find(entry.Path) is null) continue;
            if (entry.Size < 0) await MeasureAsync(tree, entry, cancellationToken);
            else if (filled.Contains(entry) && await LookAgainAsync(entry, cancellationToken) is { Size: 0 })
                tree.Refuse(entry, ReadFault.Unsized);
        }
    }

    /// <summary>Listed as empty, and not read early: a folder's files come early only where none holds more than is listed.</summary>
    bool MayBeFilled(TreeEntry entry) =>
        entry is { Kind: EntryKind.File, Size: 0 } && !(_isFolder == true ? _early is not null : _early?.Length == 0);

    async ValueTask MeasureAsync(CopyTree tree, TreeEntry entry, CancellationToken cancellationToken)
    {
        if (await WithSizeAsync(entry, cancellationToken) is { } known) tree.Replace(entry, known);
        else tree.Refuse(entry, (await FaultAsync(entry, cancellationToken)).Reason);
    }

    async ValueTask<TreeEntry?> ReadRootAsync(CancellationToken cancellationToken)
    {
        byte[] text = await Shell.ReadTextAsync(cancellationToken);
        return Shell.Ending.IsSuccess && ListingReader.Read(text, RootName) is [var entry] ? entry with { Path = "", Given = Leaf } : null;
    }

    /// <summary>Null where it cannot be read.</summary>
    async ValueTask<TreeEntry?> WithSizeAsync(TreeEntry entry, CancellationToken cancellationToken)
    {
        if (entry.Size >= 0) return entry;
        (long size, byte[]? hash, _) = await ReadTwiceAsync(Quoted(entry), cancellationToken);
        if (hash is null) return null;
        TreeEntry known = entry with { Size = size };
        _readTwice[known] = hash;
        return known;
    }

    public async ValueTask<TreeEntry?> LookAgainAsync(TreeEntry file, CancellationToken cancellationToken)
    {
        TreeEntry? now;
        if (_isFolder != true)
        {
            await Shell.SendAsync($"look {RootQuoted}", cancellationToken);
            now = await ReadRootAsync(cancellationToken);
        }
        else
        {
            (ShellEnding ending, byte[] text) = await Shell.RunAsync($"record {Quoted(file)} 2>/dev/null", cancellationToken);
            now = ending.IsSuccess && ListingReader.Read(text, ".") is [var entry] && entry.Path == file.Path ? entry : null;
        }

        return now is null ? null : await WithSizeAsync(now, cancellationToken);
    }

    public ValueTask<HashSet<TreeEntry>> FindGoneAsync(IReadOnlyList<TreeEntry> files, CancellationToken cancellationToken) =>
        PodListing.SelectAsync(Shell, "absent", files, Quoted, cancellationToken);

    /// <summary>Why a file cannot be read, or why its tool failed.</summary>
    async ValueTask<ReadFault> FaultAsync(TreeEntry file, CancellationToken cancellationToken)
    {
        (ShellEnding why, _) = await Shell.RunAsync($"why {Quoted(file)}", cancellationToken);
        return ReadFault.Of(PathOf(file), why.IsSuccess ? "it cannot be read" : why.Reason);
    }

    public override async ValueTask<IReadOnlyDictionary<TreeEntry, byte[]>> HashAsync(
        IReadOnlyList<TreeEntry> files, CancellationToken cancellationToken)
    {
        Dictionary<TreeEntry, byte[]> known = new(_ahead.HasBegun ? await _ahead.HashesAsync(cancellationToken) : _readTwice);
        foreach ((TreeEntry file, byte[] hash) in _hashes) known[file] = hash;
        _hashes.Clear();
        return await HashOthersAsync(known, files, cancellationToken);
    }

    public async IAsyncEnumerable<Piece> ReadAsync(
        IReadOnlyList<FilePart> parts, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        HashAhead(parts);
        PodFileReader reader = new(Shell, Flight, Quoted, PathOf);
        List<FilePart> single = [.. parts];
        (byte[]? early, _early) = (_early, null); // once: what is asked for again is to be read again
        if (early is not null && parts is [{ Offset: 0, File: { Path: "" } only }] && only.Size == early.Length)
        {
            if (Hashes && ShellHashes.TryParse(Encoding.ASCII.GetString(_earlyHashes)) is { } hash) _hashes[only] = hash;
            single.Clear();
            yield return new Piece(only, 0, early);
        }

        if (Tools is { Pieces: true, Tar: true } && _isFolder == true)
        {
            List<TreeEntry> small = [.. parts.Where(IsSmall).Select(static part => part.File)];
            if (early is { Length: > 0 })
            {
                HashSet<TreeEntry> come = [];
                await foreach (Piece piece in PodFileReader.ReadEarlyAsync(early, small, come, cancellationToken)) yield return piece;
                if (Hashes) ShellHashes.KeepNamed(come, _earlyHashes, _hashes);
                small.RemoveAll(come.Contains);
                single.RemoveAll(part => come.Contains(part.File));
            }

            HashSet<TreeEntry> missing = [.. small]; // what a tar could not read is fetched by itself, and fails there by name
            TreeEntry[] few = FewOf(small);
            await foreach (Piece piece in reader.ReadPackedAsync(
                small, missing, few.Length > 0 ? ShellHashes.Line(few, Quoted) : null, cancellationToken)) yield return piece;
            ShellHashes.TryKeep(few, reader.Behind.Ending, reader.Behind.Text ?? [], _hashes);
            foreach (TreeEntry absent in missing) _hashes.Remove(absent);
            single.RemoveAll(part => IsSmall(part) && !missing.Contains(part.File));
            if (reader.HasOverrun)
            {
                await CloseAsync();
                await OpenAsync(cancellationToken);
                reader = new PodFileReader(Shell, Flight, Quoted, PathOf);
            }

            if (missing.Count > 0)
            {
                HashSet<TreeEntry> gone = await FindGoneAsync([.. missing], cancellationToken);
                foreach (TreeEntry file in gone) yield return new Piece(file, 0, default, ReadFault.Gone);
                single.RemoveAll(part => gone.Contains(part.File));
            }
        }

        TreeEntry[] last = FewOf([.. single.Select(static part => part.File)]);
        await foreach (Piece piece in Tools.Pieces
            ? reader.ReadPiecesAsync(single, last.Length > 0 ? ShellHashes.Line(last, Quoted) : null, cancellationToken)
            : reader.ReadPouredAsync(single, cancellationToken)) yield return piece;
        if (Tools.Pieces) ShellHashes.TryKeep(last, reader.Behind.Ending, reader.Behind.Text ?? [], _hashes);
    }

    /// <summary>Where there are few, their hashes are asked for at once: that spares a round trip.</summary>
    TreeEntry[] FewOf(List<TreeEntry> files)
    {
        TreeEntry[] few = ShellText.Groups(files, Quoted).FirstOrDefault([]);
        return Hashes && !_ahead.HasBegun && few.Length == files.Count && ShellHashes.AreFew(few, WorthASession) ? few : [];
    }

    static bool IsSmall(FilePart part) => part is { Offset: 0, File.Size: <= SmallFile };

    /// <summary>A second session hashes the files while this one sends them.</summary>
    void HashAhead(IReadOnlyList<FilePart> parts)
    {
        if (!Hashes || !Tools.Pieces || _ahead.HasBegun || parts.Sum(static part => part.File.Size) < WorthASession) return;
        _ahead.Begin([.. parts.Select(static part => part.File)]);
    }

    protected override ValueTask CloseExtraAsync() => _ahead.DisposeAsync();
}
