using System.Formats.Tar;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Fairlead.Client;
using Fairlead.Files.Trees;
using Fairlead.Upgrades;

namespace Fairlead.Files.Pods;

/// <summary>
/// A place in a container. Small files go many together in a tar, larger ones in pieces, each written where it belongs: a shell of a lost
/// session that is still at it writes the same bytes to the same places.
/// </summary>
sealed class PodTarget(StreamingClient client, PodReference pod, string path, CopyOptions options) : PodSide(client, pod, path, options), ICopyTarget
{
    const long FollowedAtOnce = 8 << 20;

    const int HashedAtOnce = 1000; // files: a process is started for so many

    readonly Queue<(int Bytes, TreeEntry[] Files, long End)> _onTheWay = new();
    readonly Dictionary<TreeEntry, byte[]> _followed = [];
    readonly List<TreeEntry> _packed = [], _arrived = [];
    readonly MemoryStream _pack = new();
    TarWriter? _packer;
    byte[] _piece = [];
    int _filled, _flying;
    RemoteShell? _plain, _follower;
    TreeEntry? _following;
    long _followedTo;
    Task _hashing = Task.CompletedTask;
    bool _followsNothing; // the server gives no second session
    string? _base; // null until the place is known
    string _stage = "", _final = ""; // the final name is empty where the base itself is filled; the stage where nothing can be renamed

    protected override string Folder => _stage.Length > 0 ? $"{_base}/{_stage}" : "";

    string Root => _stage.Length > 0 ? "./r" : $"{_base}/{_final}";

    protected override string Quoted(TreeEntry file) => ShellText.QuotePath(file.Path.Length == 0 ? Root : $"{Root}/{file.Path}");

    /// <summary>Where an entry belongs, seen from the stage.</summary>
    string Place(string entry) => (_final, entry) switch
    {
        ("", "") => "..",
        ("", _) => "../" + entry,
        (_, "") => "../" + _final,
        _ => $"../{_final}/{entry}",
    };

    public async ValueTask<Kept> PrepareAsync(CopyTree tree, string leaf, string source, CancellationToken cancellationToken)
    {
        if (_base is null) await FindPlaceAsync(tree, leaf, source, cancellationToken);
        if (_stage.Length == 0) return new Kept(new Dictionary<string, long>(), false);
        await Shell.DoAsync($"cd {ShellText.QuotePath(_base!)}&&{{ [ -d {_stage} ]||mkdir {_stage};}}&&[ ! -h {_stage} ]&&[ -O {_stage} ]&&cd {_stage}", cancellationToken);
        string version = tree.Identity();
        string known = await Shell.DoAsync("v=;if [ -f version ];then read -r v<version;fi;echo \"$v\"", cancellationToken);
        if (known != version) await Shell.DoAsync($"rm -rf ./r version&&echo {version} >version", cancellationToken);
        foreach (TreeEntry[] folders in ShellText.Groups(tree.Folders, Quoted)) await Shell.DoAsync($"mkdir -p {string.Join(' ', folders.Select(Quoted))}", cancellationToken);

        Dictionary<string, long> sizes = new(StringComparer.Ordinal);
        if (known != version || !Tools.Pieces) return new Kept(sizes, known.Length > 0 && known != version);
        foreach ((string name, long size) in await SizesAsync(cancellationToken))
        {
            if (tree.Find(name) is { Kind: EntryKind.File } file) sizes[name] = size == file.Size ? size : file.Size > SmallFile ? size & -Flight.Block : 0;
        }

        return new Kept(sizes, false);
    }

    async ValueTask FindPlaceAsync(CopyTree tree, string leaf, string source, CancellationToken cancellationToken)
    {
        string final = Path.Length > 1 ? Path.TrimEnd('/') : Path;
        string kind = await KindAsync(Path);
        if (kind == "d" && leaf.Length > 0)
        {
            final = (final == "/" ? "" : final) + "/" + leaf;
            kind = await KindAsync(final);
        }
        else if (kind != "d" && Path.EndsWith('/') && tree.Root.Kind == EntryKind.File)
        {
            throw new CopyException($"{Path}: no such directory in the container");
        }

        if (kind == "d" && tree.Root.Kind == EntryKind.File) throw new CopyException($"{final} is a directory in the container");
        if (kind is "f" or "o" && tree.Root.Kind == EntryKind.Folder) throw new CopyException($"{final} is not a directory in the container");

        int slash = final.LastIndexOf('/');
        (string folder, string name) = kind == "d" ? (final, "") : (slash < 0 ? "." : slash == 0 ? "/" : final[..slash], final[(slash + 1)..]);
        if (await KindAsync(folder) != "d") throw new CopyException($"{folder}: no such directory in the container");
        if (Tools.Moves)
        {
            _stage = ".fairlead-" + (Tools.Pieces
                ? Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{source}\0{final}")).AsSpan(0, 6))
                : RandomNumberGenerator.GetHexString(12, lowercase: true)); // without pieces nothing is gone on with
        }
        else if (tree.Root.Kind == EntryKind.Folder)
        {
            throw new CopyException("a directory needs mkdir, mv and rm in the container, and one of them is missing");
        }
        else
        {
            Options.Notice?.Invoke("the container has no mkdir, mv and rm: the file is written in its place, not renamed into it");
        }

        (_base, _final) = (folder, name);

        async ValueTask<string> KindAsync(string name) => await Shell.DoAsync($"k {ShellText.QuotePath(name)}", cancellationToken);
    }

    async ValueTask<Dictionary<string, long>> SizesAsync(CancellationToken cancellationToken)
    {
        Dictionary<string, long> sizes = new(StringComparer.Ordinal);
        if (_stage.Length > 0 && await Shell.DoAsync("k ./r", cancellationToken) == "n") return sizes;
        foreach (TreeEntry entry in await ListAsync(ShellText.QuotePath(Root), Root, cancellationToken))
        {
            if (entry.Kind == EntryKind.File) sizes[entry.Path] = entry.Size;
        }

        return sizes;
    }

    public async ValueTask<IReadOnlyDictionary<string, long>?> ReadSizesAsync(CopyTree tree, CancellationToken cancellationToken) => Tools.Sizes ? await SizesAsync(cancellationToken) : null;

    public ValueTask WriteAsync(Piece piece, CancellationToken cancellationToken) => Tools switch
    {
        { Pieces: false } => WritePlainAsync(piece, cancellationToken),
        { Tar: true } when piece.File.Size <= SmallFile && _stage.Length > 0 && piece.File.Path.Length > 0 => PackAsync(piece, cancellationToken),
        _ => WritePieceAsync(piece, cancellationToken),
    };

    async ValueTask PackAsync(Piece piece, CancellationToken cancellationToken)
    {
        if (_piece.Length < SmallFile) _piece = new byte[Flight.Largest];
        piece.Bytes.CopyTo(_piece.AsMemory((int)piece.Offset));
        if (!piece.IsLast) return;

        _packer ??= new TarWriter(_pack, TarEntryFormat.Gnu, leaveOpen: true);
        TreeEntry file = piece.File;
        _packer.WriteEntry(new GnuTarEntry(TarEntryType.RegularFile, $"{Root}/{file.Path}")
        {
            Mode = (UnixFileMode)Mode(file),
            ModificationTime = DateTimeOffset.FromUnixTimeSeconds(Math.Max(0, file.Modified)),
            DataStream = new MemoryStream(_piece, 0, (int)file.Size),
        });
        _packed.Add(file);
        if (_pack.Length >= Flight.Piece) await SendPackAsync(cancellationToken);
    }

    async ValueTask SendPackAsync(CancellationToken cancellationToken)
    {
        if (_packer is null) return;
        await _packer.DisposeAsync(); // writes the end of the archive
        _packer = null;
        int length = (int)_pack.Length;
        string line = string.Create(CultureInfo.InvariantCulture, $"x {length} {(Options.Preserve ? "xpof" : "xpomf")}");
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
        string line = _filled > 0 ? string.Create(CultureInfo.InvariantCulture, $"p {(end - _filled) / Flight.Block} {_filled} {quoted}") : $": >{quoted}";
        if (end == file.Size) line += ";" + Attributes(file, quoted);
        int length = _filled;
        _filled = 0;
        await PostAsync(line, _piece.AsMemory(0, length), [file], end, cancellationToken);
    }

    string Attributes(TreeEntry file, string quoted) => string.Create(CultureInfo.InvariantCulture, $"if has chmod;then chmod {Octal(file)} {quoted};fi")
        + (Options.Preserve && file.Modified > 0 ? string.Create(CultureInfo.InvariantCulture, $";if has touch;then touch -d @{file.Modified} {quoted} 2>/dev/null;fi;:") : "");

    /// <summary>Sends a line and its bytes when enough of the earlier ones have arrived.</summary>
    async ValueTask PostAsync(string line, ReadOnlyMemory<byte> bytes, TreeEntry[] files, long end, CancellationToken cancellationToken)
    {
        while (_onTheWay.Count > 0 && _flying + bytes.Length > Flight.Window) await ArriveAsync(cancellationToken);
        await Shell.SendAsync(line, cancellationToken);
        await Shell.SendAsync(bytes, cancellationToken);
        _onTheWay.Enqueue((bytes.Length, files, end));
        _flying += bytes.Length;
    }

    async ValueTask ArriveAsync(CancellationToken cancellationToken)
    {
        int status = await Shell.ReadStatusAsync(cancellationToken);
        if (status != 0) throw new CopyException($"writing in the container ended with code {status}");
        (int bytes, TreeEntry[] files, long end) = _onTheWay.Dequeue();
        _flying -= bytes;
        Flight.Arrived(bytes);
        if (Tools.Hash is null) return;
        if (files[0].Size >= WorthASession) await FollowAsync(files[0], end, cancellationToken);
        else if (files[0].Size <= SmallFile) await HashBehindAsync(files, cancellationToken);
    }

    /// <summary>A second session hashes what lies in the file already, while this one still writes behind it.</summary>
    async ValueTask FollowAsync(TreeEntry file, long end, CancellationToken cancellationToken)
    {
        if (await FollowerAsync(cancellationToken) is not { } follower) return;
        if (_following != file)
        {
            await follower.SendAsync($"f {Quoted(file)}", cancellationToken);
            (_following, _followedTo) = (file, 0);
        }

        if (end < file.Size && end - _followedTo < FollowedAtOnce) return;
        long blocks = (end - _followedTo + Flight.Block - 1) / Flight.Block;
        string range = string.Create(CultureInfo.InvariantCulture, $"{_followedTo / Flight.Block} {blocks}\n{(end == file.Size ? "e\n" : "")}");
        await follower.SendAsync(Encoding.ASCII.GetBytes(range), cancellationToken);
        _followedTo = end;
        if (end < file.Size) return;
        _following = null;
        _hashing = KeepHashesAsync(_hashing, follower, [file], cancellationToken);
    }

    /// <summary>The same for small files, many at once. None comes while a larger one is followed: they arrive in the order in which they were sent.</summary>
    async ValueTask HashBehindAsync(TreeEntry[] files, CancellationToken cancellationToken)
    {
        _arrived.AddRange(files);
        if (_arrived.Count < HashedAtOnce || await FollowerAsync(cancellationToken) is not { } follower) return;
        foreach (TreeEntry[] group in ShellText.Groups(_arrived, Quoted))
        {
            await follower.SendAsync(HashLine(group), cancellationToken);
            _hashing = KeepHashesAsync(_hashing, follower, group, cancellationToken);
        }

        _arrived.Clear();
    }

    /// <summary>Null where the server gives no second session: what lies there is hashed at the end.</summary>
    async ValueTask<RemoteShell?> FollowerAsync(CancellationToken cancellationToken)
    {
        if (_followsNothing) return null;
        try
        {
            return _follower ??= await OpenSecondAsync(Folder, cancellationToken);
        }
        catch (UpgradeException)
        {
            _followsNothing = true;
            return null;
        }
    }

    async Task KeepHashesAsync(Task earlier, RemoteShell shell, TreeEntry[] files, CancellationToken cancellationToken)
    {
        await earlier;
        (int status, byte[] text) = await shell.ReadTextAsync(cancellationToken);
        TryKeepHashes(files, status, text, _followed); // what it does not tell is asked for at the end
    }

    public override async ValueTask<IReadOnlyDictionary<TreeEntry, byte[]>> HashAsync(IReadOnlyList<TreeEntry> files, CancellationToken cancellationToken)
    {
        await _hashing.WaitAsync(cancellationToken);
        return await HashOthersAsync(_followed, files, cancellationToken);
    }

    async ValueTask WritePlainAsync(Piece piece, CancellationToken cancellationToken)
    {
        string quoted = Quoted(piece.File);
        _plain ??= await OpenPlainAsync(Folder, Tools.Plain switch
        {
            "cat" => $"cat >{quoted}",
            "head" => string.Create(CultureInfo.InvariantCulture, $"head -c {piece.File.Size} >{quoted}"),
            _ => $"dd bs=65536 of={quoted} 2>/dev/null",
        }, cancellationToken);
        await _plain.SendAsync(piece.Bytes, cancellationToken);
        if (!piece.IsLast) return;

        await _plain.CompleteAsync();
        int status = await _plain.ReadToEndAsync(_ => default, cancellationToken);
        await CloseExtraAsync();
        if (status != 0) throw new CopyException($"{piece.File.Name} cannot be written in the container");
        await Shell.DoAsync(Attributes(piece.File, quoted), cancellationToken);
    }

    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        await SendPackAsync(cancellationToken);
        while (_onTheWay.Count > 0) await ArriveAsync(cancellationToken);
    }

    public async ValueTask RestartAsync(TreeEntry file, CancellationToken cancellationToken)
    {
        _followed.Remove(file);
        if (_stage.Length > 0) await Shell.DoAsync($"rm -f {Quoted(file)}", cancellationToken);
    }

    public async ValueTask PlaceAsync(CopyTree tree, CancellationToken cancellationToken)
    {
        if (_stage.Length == 0) return;

        // Once more after a lost connection: a stage that is gone was placed.
        string at = await Shell.DoAsync($"if [ -d ./r ]||[ -f ./r ];then echo in;elif cd {ShellText.QuotePath(_base!)}&&[ -d {_stage} ];then cd {_stage}&&echo in;else echo gone;fi", cancellationToken);
        if (at == "gone") return;

        foreach (TreeEntry[] links in ShellText.Groups(tree.Links, link => Quoted(link) + link.Target))
            await Shell.DoAsync(string.Join("&&", links.Select(link => $"{{ [ ! -d ./r ]||[ -h {Quoted(link)} ]||ln -s -- {ShellText.Quote(link.Target!)} {Quoted(link)};}}")), cancellationToken);
        if (_final.Length > 0) await Shell.DoAsync($"if [ -e ./r ];then if [ -d {Q(Place(""))} ];then echo it has become a directory;(exit 96);else mv -f ./r {Q(Place(""))};fi;fi", cancellationToken);
        else await MergeAsync(tree, cancellationToken);

        IEnumerable<TreeEntry> folders = tree.Folders.Where(folder => folder.Path.Length > 0 || _final.Length > 0).Reverse();
        foreach (IGrouping<int, TreeEntry> mode in folders.GroupBy(Mode))
        {
            foreach (TreeEntry[] group in ShellText.Groups(mode, folder => Place(folder.Path)))
                await Shell.DoAsync($"if has chmod;then chmod {Octal(group[0])} {string.Join(' ', group.Select(folder => Q(Place(folder.Path))))};fi", cancellationToken);
        }

        if (Options.Owners) await SetOwnersAsync(tree, cancellationToken);
        if (Options.Preserve) await SetFolderTimesAsync(tree, cancellationToken);
        await Shell.DoAsync($"cd ..&&rm -rf ./{_stage}", cancellationToken);
    }

    async ValueTask MergeAsync(CopyTree tree, CancellationToken cancellationToken)
    {
        foreach (TreeEntry folder in tree.Folders.Skip(1))
        {
            string place = Q(Place(folder.Path));
            await Shell.DoAsync($"if [ -h {place} ];then echo {place} is a symbolic link, which is not followed;(exit 96);else mkdir -p {place};fi", cancellationToken);
        }

        foreach (IGrouping<string, TreeEntry> folder in tree.Files.Concat(tree.Links).GroupBy(entry => entry.Parent ?? ""))
        {
            string place = Q(Place(folder.Key) + "/");
            foreach (TreeEntry[] group in ShellText.Groups(folder, Quoted)) await Shell.DoAsync($"mm {place} {string.Join(' ', group.Select(Quoted))}", cancellationToken);
        }
    }

    /// <summary>Last of all: every file that comes into a folder changes its time.</summary>
    async ValueTask SetFolderTimesAsync(CopyTree tree, CancellationToken cancellationToken)
    {
        IEnumerable<TreeEntry> folders = tree.Folders.Where(folder => folder.Modified > 0 && (folder.Path.Length > 0 || _final.Length > 0));
        IEnumerable<string> touches = folders.GroupBy(folder => folder.Modified).SelectMany(time => ShellText.Groups(time, folder => Place(folder.Path)), Touch);
        foreach (string[] lines in ShellText.Groups(touches, line => line)) await Shell.DoAsync($"if has touch;then {string.Join(';', lines)};fi;:", cancellationToken);

        string Touch(IGrouping<long, TreeEntry> time, TreeEntry[] group) =>
            string.Create(CultureInfo.InvariantCulture, $"touch -d @{time.Key} {string.Join(' ', group.Select(folder => Q(Place(folder.Path))))} 2>/dev/null");
    }

    async ValueTask SetOwnersAsync(CopyTree tree, CancellationToken cancellationToken)
    {
        foreach (IGrouping<(int User, int Group), TreeEntry> owner in tree.Folders.Concat(tree.Files).Concat(tree.Links).Where(entry => entry.Path.Length > 0 || _final.Length > 0).GroupBy(entry => (entry.UserId, entry.GroupId)))
        {
            foreach (TreeEntry[] group in ShellText.Groups(owner, entry => Place(entry.Path)))
                await Shell.DoAsync(string.Create(CultureInfo.InvariantCulture, $"chown -h {owner.Key.User}:{owner.Key.Group} {string.Join(' ', group.Select(entry => Q(Place(entry.Path))))}"), cancellationToken);
        }
    }

    public async ValueTask AbandonAsync(CancellationToken cancellationToken)
    {
        if (_stage.Length == 0 || _base is null) return;
        await CloseAsync(); // a shell that a failure has left behind reads no more lines
        await OpenAsync(cancellationToken);
        await Shell.DoAsync($"cd {ShellText.QuotePath(_base)}&&rm -rf ./{_stage}", cancellationToken);
    }

    protected override async ValueTask CloseExtraAsync()
    {
        _onTheWay.Clear();
        (_flying, _filled, _packer) = (0, 0, null);
        _pack.SetLength(0);
        _packed.Clear();
        _arrived.Clear();
        if (_plain is not null) await _plain.DisposeAsync();
        if (_follower is not null) await _follower.DisposeAsync();
        await _hashing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // whoever needed the hashes was told
        (_plain, _follower, _following, _hashing) = (null, null, null, Task.CompletedTask);
        _followed.Clear();
    }

    int Mode(TreeEntry entry) => EntryModes.Of(entry, Options);

    string Octal(TreeEntry entry) => Convert.ToString(Mode(entry), 8);

    static string Q(string text) => ShellText.Quote(text);
}
