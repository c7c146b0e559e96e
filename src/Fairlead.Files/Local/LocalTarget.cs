using System.Security.Cryptography;
using System.Text;
using Fairlead.Files.Native;
using Fairlead.Files.Runs;
using Fairlead.Files.Trees;
using Microsoft.Win32.SafeHandles;

namespace Fairlead.Files.Local;

/// <summary>A place on this machine. What is not verified lies in a folder beside it that only its owner enters.</summary>
sealed class LocalTarget(string path, CopyOptions options) : ICopyTarget
{
    const string RootName = "r", VersionName = "version";

    LocalFolder? _base;
    LocalTree? _stage;
    string _stageName = "", _finalName = ""; // the final name is empty where the base itself is the folder that is filled
    SafeFileHandle? _file;
    TreeEntry? _fileEntry, _nameless;
    readonly List<(TreeEntry File, string Reason)> _refused = [];
    readonly HashSet<string> _finished = new(StringComparer.Ordinal); // have their permissions and time, by path

    public string Description => LocalPath.Full(path);

    public string Method => "files";

    public string HashTool => "fairlead";

    public bool IsLocal => true;

    public bool CanResume => true;

    public ValueTask OpenAsync(CancellationToken cancellationToken) => default;

    public ValueTask CloseAsync()
    {
        CloseFile();
        return default;
    }

    public async ValueTask<Kept> PrepareAsync(CopyTree tree, string leaf, string source, CancellationToken cancellationToken)
    {
        if (OperatingSystem.IsWindows()) WindowsNames.Refuse(tree);
        if (_stage is null) OpenStage(tree, leaf, source);
        if (OperatingSystem.IsMacOS()) MacNames.Refuse(tree, foldsCase: _base!.Status(_stageName.ToUpperInvariant()) is not null);
        LocalFolder stage = _stage!.Folder("");
        string version = tree.Identity();
        string? known = await ReadVersionAsync(stage, cancellationToken);
        if (known != version)
        {
            stage.Remove(RootName);
            stage.Remove(VersionName);
            _finished.Clear();
            using SafeFileHandle handle = stage.OpenOrCreateFile(VersionName);
            RandomAccess.Write(handle, Encoding.ASCII.GetBytes(version), 0);
        }

        _stage.Forget();
        foreach (TreeEntry folder in tree.Folders)
        {
            (LocalFolder parent, string name) = Locate(folder.Path);
            parent.OpenOrCreateFolder(name, 0x1C0 /* 0700 */).Dispose();
        }

        return new Kept(known == version ? Sizes(tree) : new Dictionary<string, long>(), known is not null && known != version);
    }

    void OpenStage(CopyTree tree, string leaf, string source)
    {
        string full = LocalPath.Full(path);
        bool isFolder = KindOf(full) == EntryKind.Folder;
        if (tree.Root.Kind == EntryKind.File && (isFolder || Path.EndsInDirectorySeparator(path)))
        {
            if (!isFolder) throw new CopyException($"{path}: no such directory here");
            CheckName(leaf);
            full = Path.Combine(full, leaf);
            if (KindOf(full) == EntryKind.Folder) throw new CopyException($"{full} is a directory here");
            isFolder = false;
        }

        if (!isFolder && KindOf(full) == EntryKind.Other)
        {
            throw new CopyException(
                $"{full} is a device, a pipe or a socket here, and would be replaced by a file. To write the content into it: " +
                $"fairlead exec POD -- cat FILE > {full}");
        }

        if (tree.Root.Kind == EntryKind.Folder && KindOf(full) == EntryKind.File)
            throw new CopyException($"{full} is not a directory here");
        _finalName = isFolder ? "" : Path.GetFileName(Path.TrimEndingDirectorySeparator(full));
        if (!isFolder) CheckName(_finalName.Length > 0 ? _finalName : Path.GetFileName(path)); // a device has no folder on Windows
        string parent = isFolder ? full : Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(full))!;
        if (KindOf(parent) != EntryKind.Folder) throw new CopyException($"{parent}: no such directory here");
        _base = LocalFolder.Open(parent);
        _stageName = ".fairlead-" + Convert.ToHexStringLower(SHA256.HashData(NameBytes.Encode($"{source}\0{full}")).AsSpan(0, 6));
        _stage = new LocalTree(OpenOwnStage(_base, parent, full));
    }

    /// <summary>Opens the stage and locks it. One that is somebody else's, or another copy's, stays as it is.</summary>
    LocalFolder OpenOwnStage(LocalFolder folder, string parent, string full)
    {
        LocalFolder stage = OpenStageFolder(folder, full);
        try
        {
            if (!stage.IsOwn) throw new CopyException($"{Path.Join(parent, _stageName)} belongs to somebody else here");
            if (!stage.TryLock()) throw new CopyException($"another copy to {full} is running here");
            stage.SetMode(0x1C0);
            return stage;
        }
        catch
        {
            stage.Dispose();
            throw;
        }
    }

    /// <summary>
    /// What is there, also behind a link: a link to a file is replaced, one to <c>/dev/stdout</c> stays. Null where there is nothing.
    /// </summary>
    static EntryKind? KindOf(string full)
    {
        try
        {
            return LocalPath.KindOf(full);
        }
        catch (LocalFaultException e)
        {
            throw new CopyException($"{full}: {e.Reason} here", e);
        }
    }

    /// <summary>The name that the user has given, or that goes with what the user has named in the container.</summary>
    static void CheckName(string name)
    {
        if (OperatingSystem.IsWindows() && WindowsNames.Problem(name) is { } problem)
            throw new CopyException($"\"{name}\" cannot be here: {problem}; name another one, as in: fairlead cp POD:PATH NAME");
    }

    LocalFolder OpenStageFolder(LocalFolder parent, string full)
    {
        try
        {
            return parent.OpenOrCreateFolder(_stageName, 0x1C0 /* 0700 */);
        }
        catch (IOException e)
        {
            string why = e.Message.Replace($"\"{_stageName}\": ", "", StringComparison.Ordinal); // the user has not heard of that folder
            throw new CopyException($"{full} cannot be written: {why}", e);
        }
    }

    static async ValueTask<string?> ReadVersionAsync(LocalFolder stage, CancellationToken cancellationToken)
    {
        if (stage.Status(VersionName) is null) return null;
        using SafeFileHandle handle = stage.OpenFile(VersionName);
        byte[] text = new byte[64];
        return Encoding.ASCII.GetString(text, 0, await RandomAccess.ReadAsync(handle, text, 0, cancellationToken));
    }

    (LocalFolder Folder, string Name) Locate(string entry)
    {
        if (entry.Length == 0) return (_stage!.Folder(""), RootName);
        int slash = entry.LastIndexOf('/');
        return (_stage!.Folder(slash < 0 ? RootName : $"{RootName}/{entry[..slash]}"), entry[(slash + 1)..]);
    }

    public ValueTask<bool> WriteAsync(Piece piece, CancellationToken cancellationToken)
    {
        if (piece.File == _nameless) return new(false);
        try
        {
            Write(piece);
            return new(true);
        }
        catch (LocalFaultException e)
            when ((OperatingSystem.IsLinux() || OperatingSystem.IsMacOS())
                && (e.Error == LibC.ENAMETOOLONG || e.Error == LibC.EINVAL || e.Error == LibC.EILSEQ))
        {
            _nameless = piece.File;
            _refused.Add((piece.File, $"it cannot be here by this name: {e.Reason}"));
            return new(false);
        }
        catch (Exception e)
            when (e is (IOException and not FairleadException) or UnauthorizedAccessException or ArgumentOutOfRangeException)
        {
            // .NET takes a file that is too large for a wrong argument
            string reason = (e as LocalFaultException)?.Reason ?? e.Message.Split(" (Parameter ")[0];
            throw new CopyException(
                $"{Description} cannot be written: {(piece.File.Path.Length > 0 ? piece.File.Name + ": " : "")}{reason}", e);
        }
    }

    void Write(Piece piece)
    {
        if (_fileEntry != piece.File)
        {
            CloseFile();
            (LocalFolder folder, string name) = Locate(piece.File.Path);
            _file = folder.OpenOrCreateFile(name, begins: piece.Offset == 0);
            _fileEntry = piece.File;
            if (piece.Offset > 0 && RandomAccess.GetLength(_file) > piece.Offset) RandomAccess.SetLength(_file, piece.Offset);
        }

        // zeros are left out: a sparse file stays one
        if (piece.Bytes.Length >= 4096 && !piece.Bytes.Span.ContainsAnyExcept((byte)0))
            RandomAccess.SetLength(_file!, piece.Offset + piece.Bytes.Length);
        else RandomAccess.Write(_file!, piece.Bytes.Span, piece.Offset);
        if (!piece.IsLast) return;
        if (!options.Owners && Mode(piece.File) is var mode && mode == (EntryModes.Staged(piece.File, options) & 0x1FF))
        {
            SetAttributes(_file!, piece.File);
            _finished.Add(piece.File.Path);
        }

        CloseFile();
    }

    public ValueTask DropAsync(TreeEntry file, CancellationToken cancellationToken)
    {
        CloseFile();
        return default;
    }

    void CloseFile()
    {
        _file?.Dispose();
        (_file, _fileEntry) = (null, null);
    }

    public ValueTask<WriteOutcome> FlushAsync(CancellationToken cancellationToken)
    {
        WriteOutcome outcome = new([.. _refused]);
        _refused.Clear();
        return new(outcome);
    }

    public bool ComparesBeside(TreeEntry file) => false;

    public ValueTask<IReadOnlySet<TreeEntry>> EqualAsync(CancellationToken cancellationToken) => new(new HashSet<TreeEntry>());

    public ValueTask RestartAsync(TreeEntry file, CancellationToken cancellationToken)
    {
        CloseFile();
        (LocalFolder folder, string name) = Locate(file.Path);
        folder.Remove(name);
        _finished.Remove(file.Path);
        return default;
    }

    public ValueTask<IReadOnlyDictionary<string, long>?> ReadSizesAsync(CopyTree tree, CancellationToken cancellationToken) =>
        new(Sizes(tree));

    Dictionary<string, long> Sizes(CopyTree tree)
    {
        Dictionary<string, long> sizes = new(StringComparer.Ordinal);
        foreach (TreeEntry file in tree.Files)
        {
            (LocalFolder parent, string name) = Locate(file.Path);
            if (parent.Status(name) is not { } status || TreeEntry.KindOf(status.Mode) != EntryKind.File) continue;
            sizes[file.Path] = status.Size == file.Size ? status.Size : status.Size & -Pods.Flight.Block; // pods are asked by whole blocks
        }

        return sizes;
    }

    public ValueTask<PrefixHash> HashPrefixAsync(TreeEntry file, long length, CancellationToken cancellationToken)
    {
        using SafeFileHandle handle = Open(file);
        IncrementalHash hash = LocalHash.OfPrefix(handle, length, cancellationToken);
        return new(new PrefixHash(hash.GetCurrentHash(), hash));
    }

    public FollowingHash Follow(TreeEntry file, IncrementalHash state, long from) => new(Open(file), state, from);

    public ValueTask<IReadOnlyDictionary<TreeEntry, byte[]>> HashAsync(
        IReadOnlyList<TreeEntry> files, CancellationToken cancellationToken) =>
        new(LocalHash.OfAll(files, Open, cancellationToken));

    SafeFileHandle Open(TreeEntry file)
    {
        (LocalFolder folder, string name) = Locate(file.Path);
        return folder.OpenFile(name, isOurs: true);
    }

    public ValueTask<bool> PlaceAsync(CopyTree tree, CancellationToken cancellationToken)
    {
        bool merges = _finalName.Length == 0;
        if (merges) RefuseClashes(tree);
        foreach (TreeEntry file in tree.Files.Where(file => !_finished.Contains(file.Path))) SetAttributes(file);
        foreach (TreeEntry link in tree.Links)
        {
            (LocalFolder folder, string name) = Locate(link.Path);
            folder.Remove(name);
            folder.CreateLink(name, link.Target!);
        }

        _stage!.Forget();
        if (!merges) _stage.Folder("").MoveTo(RootName, _base!, _finalName);
        else Merge(tree);

        SetFolderModes(tree, merges);
        DropStage();
        return new(true);
    }

    /// <summary>What the destination has something else for is refused by name, a folder with all that is in it.</summary>
    void RefuseClashes(CopyTree tree)
    {
        using LocalTree target = new(_base!.OpenFolder("."));
        HashSet<string> absent = new(StringComparer.Ordinal); // folders that are not there yet
        foreach (TreeEntry entry in (TreeEntry[])[.. tree.Folders.Skip(1), .. tree.Files, .. tree.Links])
        {
            if (tree.Find(entry.Path) is null) continue; // in a folder that was refused
            EntryKind? there = absent.Contains(entry.Parent!) ? null
                : target.Folder(entry.Parent!).Status(entry.Leaf) is { } status ? TreeEntry.KindOf(status.Mode) : null;
            if (entry.Kind != EntryKind.Folder)
            {
                if (there == EntryKind.Folder) tree.RefuseWhole(entry, CopyTree.FolderThere);
            }
            else if (there is null)
            {
                absent.Add(entry.Path);
            }
            else if (there is EntryKind.File or EntryKind.Other)
            {
                tree.RefuseWhole(entry, CopyTree.NoFolderThere);
            }
        }
    }

    /// <summary>Moves entry by entry into a folder that is there already, whose own links are not followed.</summary>
    void Merge(CopyTree tree)
    {
        using LocalTree target = new(_base!.OpenFolder("."));
        foreach (TreeEntry folder in tree.Folders.Skip(1)) target.Folder(folder.Parent!).OpenOrCreateFolder(folder.Leaf, 0x1C0).Dispose();
        foreach (TreeEntry entry in tree.Files.Concat(tree.Links))
        {
            (LocalFolder folder, string name) = Locate(entry.Path);
            folder.MoveTo(name, target.Folder(entry.Parent!), name);
        }
    }

    void SetAttributes(TreeEntry file)
    {
        using SafeFileHandle handle = Open(file);
        if (options.Owners) SetOwner(handle, file);
        SetAttributes(handle, file);
    }

    void SetOwner(SafeFileHandle handle, TreeEntry file)
    {
        try
        {
            _base!.SetOwner(handle, file.UserId, file.GroupId);
        }
        catch (LocalFaultException e)
        {
            throw new CopyException($"the owner of {file.Name} cannot be set: {e.Reason}", e);
        }
    }

    void SetAttributes(SafeFileHandle handle, TreeEntry file)
    {
        _base!.SetMode(handle, Mode(file));
        if (options.Preserve && file.Modified is { } seconds) _base.SetModified(handle, seconds);
    }

    /// <summary>Deepest first, and only now: nobody but root puts anything into a folder that is not writable.</summary>
    void SetFolderModes(CopyTree tree, bool merged)
    {
        if (tree.Folders.Count == 0) return;
        using LocalTree target = new(_base!.OpenFolder(merged ? "." : _finalName));
        foreach (TreeEntry entry in tree.Folders.Reverse())
        {
            if (merged && entry.Path.Length == 0) continue;
            LocalFolder folder = target.Folder(entry.Path);
            if (options.Owners) folder.SetOwner(entry.UserId, entry.GroupId);
            folder.SetMode(Mode(entry));
            if (options.Preserve && entry.Modified is { } seconds) folder.SetModified(seconds);
        }
    }

    int Mode(TreeEntry entry) => EntryModes.Of(entry, options);

    public ValueTask AbandonAsync(CancellationToken cancellationToken)
    {
        if (_stage is not null) DropStage();
        return default;
    }

    void DropStage()
    {
        CloseFile();
        _stage?.Forget();
        if (_stage is not null) _base?.RemoveLocked(_stageName, _stage);
    }

    public ValueTask DisposeAsync()
    {
        CloseFile();
        _stage?.Dispose();
        _base?.Dispose();
        return default;
    }
}
