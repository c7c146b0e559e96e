using System.Globalization;
using Fairlead.Files.Runs;
using Fairlead.Files.Shells;
using Fairlead.Files.Trees;

namespace Fairlead.Files.Pods;

/// <summary>
/// A place in a container. Small files go many together in a tar, larger ones in pieces, each written where it belongs: a shell of a lost
/// session that is still at it writes the same bytes to the same places.
/// </summary>
sealed class PodTarget : PodSide, ICopyTarget
{
    /// <summary>What systems say of a name that they cannot have, and of a disk that has no room.</summary>
    static readonly string[] s_name = [
        "File name too long", "Filename too long", "Invalid argument", "Illegal byte sequence", "Invalid or incomplete multibyte"],
        s_room = ["No space left", "Disk quota exceeded", "File too large"];

    readonly Queue<(int Bytes, TreeEntry[] Files, long End)> _onTheWay = new();
    readonly List<(TreeEntry File, string Reason)> _refused = [];
    readonly List<TreeEntry> _packed = [];
    readonly MemoryStream _pack = new();
    readonly PodFollower _follower;
    readonly Dictionary<TreeEntry, byte[]> _hashes = []; // of what was hashed right behind its writing
    readonly List<TreeEntry> _written = [];
    readonly string _leaf;
    PodDestination? _destination;
    string[] _kinds = [];
    byte[] _piece = [];
    int _filled, _flying;
    RemoteShell? _plain;
    bool _isPlaced; // but for the stage, which is still to be removed
    bool _packsNothing; // a tar failed: what it held goes file by file, so that the one that it failed for has a name

    internal PodTarget(ShellSource shells, string path, string leaf, CopyOptions options) : base(shells, path, options)
    {
        _leaf = leaf;
        _follower = new PodFollower(token => OpenSecondAsync(Folder, token), Quoted);
    }

    PodDestination Destination => _destination ?? throw new InvalidOperationException("Nothing was prepared.");

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

        if (!IsStaged) return new Kept(new Dictionary<string, long>(), false);
        string version = tree.Identity();
        string known = (await Shell.DoAllAsync(
            [
                $"stage {ShellText.QuotePath(Destination.Base)} {Destination.Stage}",
                $"version {version}",
                .. ShellText.Groups(tree.Folders, Quoted).Select(folders => $"mkdir -p {string.Join(' ', folders.Select(Quoted))}"),
            ],
            cancellationToken))[1];

        Dictionary<string, long> sizes = new(StringComparer.Ordinal);
        if (known != version || !Tools.Pieces) return new Kept(sizes, known.Length > 0 && known != version);
        foreach ((string name, long size) in await SizesAsync(tree, cancellationToken))
        {
            if (tree.Find(name) is { Kind: EntryKind.File } file) sizes[name] = size == file.Size ? size : file.Size > SmallFile
                ? size & -Flight.Block
                : 0;
        }

        return new Kept(sizes, false);
    }

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
        else if (Tools.Tar && !_packsNothing && piece.File.Size <= SmallFile && IsStaged && piece.File.Path.Length > 0)
            await PackAsync(piece, cancellationToken);
        else await WritePieceAsync(piece, cancellationToken);
        return true;
    }

    async ValueTask PackAsync(Piece piece, CancellationToken cancellationToken)
    {
        if (_piece.Length < SmallFile) _piece = new byte[Flight.Largest];
        piece.Bytes.CopyTo(_piece.AsMemory((int)piece.Offset));
        if (!piece.IsLast) return;

        TreeEntry file = piece.File;
        TarHeader.Write(_pack, $"{Destination.Root}/{file.Path}", file.Size, EntryModes.Staged(file, Options), file.Modified);
        _pack.Write(_piece.AsSpan(0, (int)file.Size));
        TarHeader.Pad(_pack, file.Size);
        _packed.Add(file);
        if (_pack.Length >= Flight.Piece) await SendPackAsync(cancellationToken);
    }

    async ValueTask SendPackAsync(CancellationToken cancellationToken)
    {
        if (_packed.Count == 0) return;
        _pack.Write(new byte[TarHeader.Length * 2]); // the end of an archive
        int length = (int)_pack.Length;
        string line = string.Create(CultureInfo.InvariantCulture, $"unpack {length} {(Options.Preserve ? "xpof" : "xpomf")}");
        await PostAsync(line, _pack.GetBuffer().AsMemory(0, length), [.. _packed], 0, cancellationToken);
        _pack.SetLength(0);
        _packed.Clear();
    }

    async ValueTask WritePieceAsync(Piece piece, CancellationToken cancellationToken)
    {
        if (_piece.Length < Flight.Largest) _piece = new byte[Flight.Largest];
        long at = piece.Offset;
        for (ReadOnlyMemory<byte> rest = piece.Bytes; !rest.IsEmpty;)
        {
            int count = Math.Min(rest.Length, Flight.Piece - _filled);
            rest[..count].CopyTo(_piece.AsMemory(_filled));
            (_filled, at, rest) = (_filled + count, at + count, rest[count..]);
            if (_filled >= Flight.Piece && at < piece.File.Size) await SendPieceAsync(piece.File, at, cancellationToken);
        }

        if (piece.IsLast) await SendPieceAsync(piece.File, at, cancellationToken);
    }

    async ValueTask SendPieceAsync(TreeEntry file, long end, CancellationToken cancellationToken)
    {
        string quoted = Quoted(file);
        string line = _filled > 0 ? string.Create(CultureInfo.InvariantCulture, $"put {(end - _filled) / Flight.Block} {_filled} {quoted}")
            : $"clear {quoted}";
        if (end == file.Size) line += "&&" + Attributes(file);
        int length = _filled;
        _filled = 0;
        await PostAsync(line, _piece.AsMemory(0, length), [file], end, cancellationToken);
    }

    string Attributes(TreeEntry file) => string.Create(
        CultureInfo.InvariantCulture,
        $"mode {Convert.ToString(IsStaged ? EntryModes.Staged(file, Options) : EntryModes.Of(file, Options), 8)} {Quoted(file)} " +
        $"{(Options.Preserve && file.Modified > 0 ? file.Modified : null)}");

    /// <summary>Sends a line and its bytes when enough of the earlier ones have arrived.</summary>
    async ValueTask PostAsync(string line, ReadOnlyMemory<byte> bytes, TreeEntry[] files, long end, CancellationToken cancellationToken)
    {
        while (_onTheWay.Count > 0 && _flying + bytes.Length > Flight.Window) await ArriveAsync(cancellationToken);
        await Shell.SendAsync(line, bytes, 0, cancellationToken);
        _onTheWay.Enqueue((bytes.Length, files, end));
        if (files[0].Size < WorthASession && (end == files[0].Size || end == 0)) _written.AddRange(files);
        _flying += bytes.Length;
    }

    async ValueTask ArriveAsync(CancellationToken cancellationToken)
    {
        (ShellEnding ending, _) = await Shell.ReadEndAsync(cancellationToken);
        (int bytes, TreeEntry[] files, long end) = _onTheWay.Dequeue();
        _flying -= bytes;
        Flight.Arrived(bytes);
        if (!ending.IsSuccess) Fail(files, ending, isPack: end == 0 && bytes > 0);
        else if (Tools.Hash is null || Options.Verify != CopyVerification.Sha256) return;
        else if (files[0].Size >= WorthASession) await _follower.FollowAsync(files[0], end, cancellationToken);
        else if (files[0].Size <= SmallFile) await _follower.HashAsync(files, cancellationToken);
    }

    /// <exception cref="CopyException">It is nothing that another name would cure.</exception>
    void Fail(TreeEntry[] files, ShellEnding ending, bool isPack)
    {
        bool isOfTheName = s_name.Any(ending.Reason.StartsWith);
        if (isPack && (isOfTheName || s_room.Any(ending.Reason.StartsWith)))
        {
            _packsNothing = true;
            return;
        }

        if (!isOfTheName)
            throw new CopyException(
            $"{Description}: {(isPack ? "" : $"{files[0].Name} cannot be written in the container: ")}{ending.Reason}");
        if (!_refused.Exists(refused => refused.File == files[0]))
            _refused.Add((files[0], $"it cannot be there by this name: {ending.Reason}"));
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
        if (!ending.IsSuccess) Fail([piece.File], ending, isPack: false);
        else await Shell.DoAsync(Attributes(piece.File), cancellationToken);
    }

    public async ValueTask DropAsync(TreeEntry file, CancellationToken cancellationToken)
    {
        _filled = 0;
        await ClosePlainAsync();
        while (_onTheWay.Count > 0) await ArriveAsync(cancellationToken); // the follower knows of all that is there
        await _follower.DropAsync(file, cancellationToken);
    }

    public async ValueTask<WriteOutcome> FlushAsync(CancellationToken cancellationToken)
    {
        bool packed = !_packsNothing;
        await SendPackAsync(cancellationToken);
        TreeEntry[] few = await AskForHashesAsync(cancellationToken);
        while (_onTheWay.Count > 0) await ArriveAsync(cancellationToken);
        if (few.Length > 0)
        {
            byte[] text = await Shell.ReadTextAsync(cancellationToken);
            ShellHashes.TryKeep(few, Shell.Ending, text, _hashes);
        }

        WriteOutcome outcome = new([.. _refused], IsIncomplete: packed && _packsNothing);
        _refused.Clear();
        return outcome;
    }

    /// <summary>Where few small files were written, their hashes are asked for at once: that spares a round trip.</summary>
    async ValueTask<TreeEntry[]> AskForHashesAsync(CancellationToken cancellationToken)
    {
        TreeEntry[] few = ShellText.Groups(_written, Quoted).FirstOrDefault([]);
        bool isWorthIt = Tools.Hash is not null && Options.Verify == CopyVerification.Sha256 && few.Length == _written.Count
            && ShellHashes.Work(few) < WorthASession;
        _written.Clear();
        if (!isWorthIt || few.Length == 0) return [];
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
        if (IsStaged) await Shell.DoAsync($"rm -f {Quoted(file)}", cancellationToken);
    }

    public async ValueTask<bool> PlaceAsync(CopyTree tree, CancellationToken cancellationToken)
    {
        if (!IsStaged) return true;
        _isPlaced = _isPlaced || await new PodPlacing(Shell, Destination, Options).PlaceAsync(tree, cancellationToken);
        if (_isPlaced) await Shell.DoAsync(Leave, cancellationToken); // only when it is sure: a stage that is gone proves nothing
        return _isPlaced;
    }

    string Leave => $"leave {ShellText.QuotePath(Destination.Base)} {Destination.Stage}";

    public async ValueTask AbandonAsync(CancellationToken cancellationToken)
    {
        if (_destination is null || !IsStaged) return;
        await CloseAsync(); // a shell that a failure has left behind reads no more lines
        await OpenAsync(cancellationToken);
        await Shell.DoAsync(Leave, cancellationToken);
    }

    async ValueTask ClosePlainAsync()
    {
        if (_plain is not null) await _plain.DisposeAsync();
        _plain = null;
    }

    protected override async ValueTask CloseExtraAsync()
    {
        _onTheWay.Clear();
        (_flying, _filled) = (0, 0);
        _pack.SetLength(0);
        _packed.Clear();
        _refused.Clear();
        _written.Clear();
        _hashes.Clear();
        await ClosePlainAsync();
        await _follower.DisposeAsync();
    }
}
