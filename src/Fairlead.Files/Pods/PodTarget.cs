using System.Globalization;
using Fairlead.Files.Runs;
using Fairlead.Files.Shells;
using Fairlead.Files.Trees;
using Microsoft.Win32.SafeHandles;

namespace Fairlead.Files.Pods;

/// <summary>
/// A place in a container. Little content is sent right behind the lines that prepare the place, and a single small file is placed and its
/// stage removed by one line: each of these saves a round trip.
/// </summary>
sealed class PodTarget : PodSide, ICopyTarget
{
    /// <summary>After a loss, a copy of at most so many bytes and entries is sent again from its beginning, not resumed.</summary>
    const int FewBytes = 1 << 20, FewEntries = 1000;

    readonly PodFollower _follower;
    readonly Dictionary<TreeEntry, byte[]> _hashes = []; // of what was hashed right behind its writing
    readonly List<TreeEntry> _written = [];
    readonly string _leaf;
    PodDestination? _destination;
    string[] _kinds = [];
    PodWriter? _writer;
    RemoteShell? _plain;
    bool _isPlaced; // but for the stage, which is still to be removed
    bool _packsNothing, _wasStaged;

    internal PodTarget(ShellSource shells, string path, string leaf, CopyOptions options) : base(shells, path, options)
    {
        _leaf = leaf;
        _follower = new PodFollower(token => OpenSecondAsync(Folder, token), Quoted) { OpenHere = file => OpenHere!(file) };
    }

    /// <summary>Opens a file that is sent, null where it cannot be opened any more; none where files do not come from here.</summary>
    internal Func<TreeEntry, SafeFileHandle?>? OpenHere { get; init; }

    PodDestination Destination => _destination ?? throw new InvalidOperationException("Nothing was prepared.");

    PodWriter Writer => _writer ??= new PodWriter(Shell, Destination, Tools, Flight, Options)
    {
        PacksNothing = _packsNothing,
        Arrived = Hash,
        Written = Note,
    };

    protected override string Folder => Destination.Folder;

    protected override string Quoted(TreeEntry file) => Destination.Quoted(file);

    bool IsStaged => Destination.Stage.Length > 0;

    protected override async ValueTask BeginAsync(RemoteShell shell, CancellationToken cancellationToken)
    {
        if (_destination is null) await PodDestination.AskAsync(shell, Path, _leaf, cancellationToken);
    }

    protected override async ValueTask BegunAsync(RemoteShell shell, CancellationToken cancellationToken)
    {
        if (_destination is null) _kinds = await PodDestination.ReadKindsAsync(shell, Path, _leaf, cancellationToken);
    }

    public async ValueTask<Kept> PrepareAsync(CopyTree tree, string leaf, string source, CancellationToken cancellationToken)
    {
        if (_destination is null)
        {
            _destination = PodDestination.Of(_kinds, Path, leaf, tree.Root, source, Tools);
            if (!IsStaged)
                Options.Notice?.Invoke("the container has no mkdir, mv and rm: the file is written in its place, not renamed into it");
        }

        Dictionary<string, long> sizes = new(StringComparer.Ordinal);
        if (!IsStaged) return new Kept(sizes, false);
        string version = tree.Identity(), stage = Destination.Enter(_wasStaged);
        IEnumerable<string> folders = ShellText.Groups(tree.Folders, Quoted)
            .Select(group => $"mkdir -p {string.Join(' ', group.Select(Quoted))}");
        if (Tools.Pieces && IsLittle(tree))
        {
            await Writer.PrepareAsync([stage, $"fresh {version}", .. folders], cancellationToken);
            _wasStaged = true;
            return new Kept(sizes, false);
        }

        string known = (await Shell.DoAllAsync([stage, $"version {version}", .. folders], cancellationToken))[1];
        _wasStaged = true;
        if (known != version || !Tools.Pieces) return new Kept(sizes, known.Length > 0 && known != version);
        foreach ((string name, long size) in await SizesAsync(tree, cancellationToken))
        {
            if (tree.Find(name) is { Kind: EntryKind.File } file) sizes[name] = size == file.Size ? size : file.Size > SmallFile
                ? size & -Flight.Block
                : 0;
        }

        return new Kept(sizes, false);
    }

    static bool IsLittle(CopyTree tree) =>
        tree.Bytes <= FewBytes && tree.Files.Count + tree.Folders.Count + tree.Links.Count <= FewEntries;

    async ValueTask<Dictionary<string, long>> SizesAsync(CopyTree tree, CancellationToken cancellationToken)
    {
        Dictionary<string, long> sizes = new(StringComparer.Ordinal);
        string root = Destination.Root;
        if (await Shell.DoAsync($"kind {ShellText.QuotePath(root)}", cancellationToken) == "n") return sizes;
        await Shell.SendAsync($"list {ShellText.QuotePath(root)}", cancellationToken);
        IEnumerable<TreeEntry> known = tree.Folders.Concat(tree.Files).Concat(tree.Links);
        long most = ListingReader.MostCost + known.Sum(ListingReader.Cost); // a tree of this machine has no such bound
        foreach (TreeEntry entry in (await PodListing.ReadAsync(Shell, root, Description, cancellationToken, most)).Entries)
        {
            if (entry.Kind == EntryKind.File) sizes[entry.Path] = entry.Size;
        }

        return sizes;
    }

    public async ValueTask<IReadOnlyDictionary<string, long>?> ReadSizesAsync(CopyTree tree, CancellationToken cancellationToken) =>
        Tools.Sizes ? await SizesAsync(tree, cancellationToken) : null;

    public async ValueTask<bool> WriteAsync(Piece piece, CancellationToken cancellationToken)
    {
        if (!Tools.Pieces) await WritePlainAsync(piece, cancellationToken);
        else await Writer.WriteAsync(piece, cancellationToken);
        return true;
    }

    void Hash(TreeEntry[] files, long end)
    {
        if (!Hashes) return;
        if (ComparesBeside(files[0])) _follower.Follow(files[0], end);
        else if (files[0].Size <= SmallFile) _follower.Hash(files);
    }

    public bool ComparesBeside(TreeEntry file) => Hashes && Tools.Pieces && OpenHere is not null && file.Size >= WorthASession;

    public ValueTask<IReadOnlySet<TreeEntry>> EqualAsync(CancellationToken cancellationToken) => _follower.EqualAsync(cancellationToken);

    void Note(TreeEntry[] files)
    {
        if (files[0].Size < WorthASession) _written.AddRange(files);
    }

    async ValueTask WritePlainAsync(Piece piece, CancellationToken cancellationToken)
    {
        if (_plain is null)
        {
            _plain = await OpenSecondAsync(Folder, cancellationToken);
            await _plain.SendAsync(string.Create(CultureInfo.InvariantCulture, $"fill {Quoted(piece.File)} {piece.File.Size}"),
                cancellationToken);
        }

        await _plain.WriteAsync(piece.Bytes, cancellationToken);
        if (!piece.IsLast) return;

        await _plain.CompleteAsync();
        (ShellEnding ending, _) = await _plain.ReadEndAsync(cancellationToken);
        await ClosePlainAsync();
        if (!ending.IsSuccess) Writer.Fail(piece.File, ending);
        else await Shell.DoAsync(Destination.Attributes(piece.File, Options), cancellationToken);
    }

    public async ValueTask DropAsync(TreeEntry file, CancellationToken cancellationToken)
    {
        await ClosePlainAsync();
        await Writer.DropAsync(cancellationToken);
        _follower.Drop();
    }

    public async ValueTask<WriteOutcome> FlushAsync(CancellationToken cancellationToken)
    {
        bool packed = !_packsNothing;
        await Writer.SendRestAsync(cancellationToken);
        TreeEntry[] few = await AskForHashesAsync(cancellationToken);
        await Writer.SettleAsync(cancellationToken);
        if (few.Length > 0)
        {
            byte[] text = await Shell.ReadTextAsync(cancellationToken);
            ShellHashes.TryKeep(few, Shell.Ending, text, _hashes);
        }

        _packsNothing = Writer.PacksNothing;
        return new WriteOutcome(Writer.TakeRefused(), IsIncomplete: packed && _packsNothing);
    }

    /// <summary>Where few small files were written, their hashes are asked for at once: that spares a round trip.</summary>
    async ValueTask<TreeEntry[]> AskForHashesAsync(CancellationToken cancellationToken)
    {
        TreeEntry[] few = ShellText.Groups(_written, Quoted).FirstOrDefault([]);
        bool isWorthIt = Hashes && few.Length > 0 && few.Length == _written.Count && ShellHashes.AreFew(few, WorthASession);
        _written.Clear();
        if (!isWorthIt) return [];
        await Shell.SendAsync(ShellHashes.Line(few, Quoted), cancellationToken, ShellHashes.Work(few));
        return few;
    }

    public override async ValueTask<IReadOnlyDictionary<TreeEntry, byte[]>> HashAsync(
        IReadOnlyList<TreeEntry> files, CancellationToken cancellationToken)
    {
        IReadOnlyDictionary<TreeEntry, byte[]> followed = await _follower.HashesAsync(cancellationToken);
        return await HashOthersAsync(
            new Dictionary<TreeEntry, byte[]>(_hashes.Concat(followed.Where(hash => !_hashes.ContainsKey(hash.Key)))), files,
            cancellationToken);
    }

    public async ValueTask RestartAsync(TreeEntry file, CancellationToken cancellationToken)
    {
        _follower.Forget(file);
        _hashes.Remove(file);
        await Writer.SettleAsync(cancellationToken);
        if (IsStaged) await Shell.DoAsync($"rm -f {Quoted(file)}", cancellationToken);
    }

    public async ValueTask<bool> PlaceAsync(CopyTree tree, CancellationToken cancellationToken)
    {
        if (!IsStaged) return true;
        PodPlacing placing = new(Shell, Destination, Options);

        // A missing stage does not prove that everything was placed, so it is removed by a step of its own at the end. Only a single small
        // file, which is cheap to send again, is placed and cleaned up in one step.
        if (tree.Root.Kind == EntryKind.File && IsLittle(tree) && !_isPlaced)
            return await placing.PlaceAsync(tree, Destination.Leave, cancellationToken);
        _isPlaced = _isPlaced || await placing.PlaceAsync(tree, null, cancellationToken);
        if (_isPlaced) await Shell.DoAsync(Destination.Leave, cancellationToken);
        return _isPlaced;
    }

    public async ValueTask AbandonAsync(CancellationToken cancellationToken)
    {
        if (_destination is null || !IsStaged) return;
        await CloseAsync(); // a shell that a failure has left behind reads no more lines
        await OpenAsync(cancellationToken);
        await Shell.DoAsync(Destination.Leave, cancellationToken);
    }

    async ValueTask ClosePlainAsync()
    {
        if (_plain is not null) await _plain.DisposeAsync();
        _plain = null;
    }

    protected override async ValueTask CloseExtraAsync()
    {
        _writer?.Dispose();
        _writer = null;
        _written.Clear();
        _hashes.Clear();
        await ClosePlainAsync();
        await _follower.DisposeAsync();
    }
}
