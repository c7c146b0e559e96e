using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Fairlead.Files.Runs;
using Fairlead.Files.Trees;
using Microsoft.Win32.SafeHandles;

namespace Fairlead.Files.Local;

/// <summary>Files of this machine. Links in the tree are copied, never followed.</summary>
sealed class LocalSource : ICopySource
{
    readonly LocalTree _tree;
    readonly string _rootFile; // the file's name in the tree's root; empty for a folder
    readonly byte[] _buffer = new byte[LocalHash.BufferSize];

    /// <exception cref="CopyException">It is not there, or this user may not open it.</exception>
    internal static LocalSource Open(string path)
    {
        try
        {
            return new LocalSource(path);
        }
        catch (LocalFaultException e)
        {
            throw new CopyException($"{path}: {e.Reason} here", e);
        }
    }

    LocalSource(string path)
    {
        string full = LocalPath.Full(path);
        if (LocalPath.KindOf(full) is not null) full = LocalPath.Followed(full); // what the user names may be a link
        if (LocalPath.KindOf(full) is not { } kind) throw new CopyException($"{path}: no such file or directory here");
        Description = full;
        bool isFolder = kind == EntryKind.Folder;
        _rootFile = isFolder ? "" : Path.GetFileName(full);
        _tree = new LocalTree(LocalFolder.Open(isFolder ? full : Path.GetDirectoryName(full)!));
        string last = Path.GetFileName(path.TrimEnd(Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar));
        Leaf = last is "." or ".." ? "" : last;
    }

    public string Description { get; }

    public string Leaf { get; }

    public string HashTool => "fairlead";

    public bool IsLocal => true;

    public bool CanResume => true;

    public ValueTask OpenAsync(CancellationToken cancellationToken) => default;

    public ValueTask CloseAsync() => default;

    public ValueTask<CopyTree> ListAsync(CancellationToken cancellationToken)
    {
        CopyTree tree = new();
        Add(Look("")!, tree, cancellationToken);
        return new(tree);
    }

    void Add(TreeEntry entry, CopyTree tree, CancellationToken cancellationToken)
    {
        if (!tree.Add(entry) || tree.Find(entry.Path) is null) return;
        if (entry.Kind == EntryKind.Folder) List(entry, tree, cancellationToken);
        else if (entry is { Kind: EntryKind.File, Size: 0 } && IsFilled(entry)) tree.Refuse(entry, ReadFault.Unsized);
    }

    void List(TreeEntry folder, CopyTree tree, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> names;
        try
        {
            names = _tree.Folder(folder.Path).Names();
        }
        catch (LocalFaultException e) when (folder.Path.Length > 0)
        {
            tree.RefuseFolder(folder, $"{PathOf(folder)}: {e.Reason}");
            return;
        }

        foreach (string name in names)
        {
            cancellationToken.ThrowIfCancellationRequested();
            string path = folder.Path.Length == 0 ? name : $"{folder.Path}/{name}";
            try
            {
                if (Look(path) is { } entry) Add(entry, tree, cancellationToken); // otherwise it has gone meanwhile
            }
            catch (LocalFaultException e)
            {
                TreeEntry unknown = new(path, EntryKind.Other, 0, 0, 0);
                tree.Refuse(unknown, $"{PathOf(unknown)}: {e.Reason}");
            }
        }
    }

    /// <summary>Files of <c>/proc</c> say that they are empty.</summary>
    bool IsFilled(TreeEntry file)
    {
        try
        {
            using SafeFileHandle handle = Open(file);
            return RandomAccess.GetLength(handle) == 0 && RandomAccess.Read(handle, _buffer.AsSpan(0, 1), 0) > 0
                && RandomAccess.GetLength(handle) == 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // told when it is read
        }
    }

    string PathOf(TreeEntry entry) => entry.Path.Length == 0 ? Description : Path.Combine(Description, entry.Path);

    TreeEntry? Look(string path)
    {
        (LocalFolder folder, string name) = Locate(path);
        if ((name.Length == 0 ? folder.Status() : folder.Status(name)) is not { } status) return null;
        EntryKind kind = TreeEntry.KindOf(status.Mode);
        string? target = kind == EntryKind.Link ? folder.ReadLink(name) : null;
        return new TreeEntry(path, kind, status.Mode & 0xFFF, kind == EntryKind.File ? status.Size : 0, status.Modified, status.UserId,
            status.GroupId, target, status.Inode)
        { Given = path.Length == 0 ? Leaf : null };
    }

    (LocalFolder Folder, string Name) Locate(string path)
    {
        if (path.Length == 0) return (_tree.Folder(""), _rootFile);
        int slash = path.LastIndexOf('/');
        return (_tree.Folder(slash < 0 ? "" : path[..slash]), path[(slash + 1)..]);
    }

    SafeFileHandle Open(TreeEntry file)
    {
        (LocalFolder folder, string name) = Locate(file.Path);
        return folder.OpenFile(name);
    }

    public ValueTask<TreeEntry?> LookAgainAsync(TreeEntry file, CancellationToken cancellationToken) => new(Look(file.Path));

    public ValueTask<HashSet<TreeEntry>> FindGoneAsync(IReadOnlyList<TreeEntry> files, CancellationToken cancellationToken) =>
        new([.. files.Where(file => Look(file.Path) is null)]);

    public async IAsyncEnumerable<Piece> ReadAsync(
        IReadOnlyList<FilePart> parts, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (FilePart part in parts)
        {
            (SafeFileHandle? opened, ReadFault? fault) = TryOpen(part.File);
            using SafeFileHandle? handle = opened;
            for (long offset = part.Offset; fault is null;)
            {
                cancellationToken.ThrowIfCancellationRequested();
                int want = (int)Math.Min(_buffer.Length, part.File.Size - offset), count = 0;
                if (want > 0) (count, fault) = Read(handle!, part.File, offset, want);
                if (fault is not null) break;
                bool isLast = offset + count == part.File.Size;
                bool hasMore = isLast && RandomAccess.GetLength(handle!) > part.File.Size;
                yield return new Piece(part.File, offset, _buffer.AsMemory(0, count));
                offset += count;
                if (hasMore) fault = ReadFault.Longer;
                if (isLast) break;
            }

            if (fault is not null) yield return new Piece(part.File, part.Offset, default, fault);
        }

        await ValueTask.CompletedTask;
    }

    /// <summary>Opens a file once more; null where it cannot be opened any more.</summary>
    internal SafeFileHandle? OpenAgain(TreeEntry file) => TryOpen(file).Handle;

    (SafeFileHandle? Handle, ReadFault? Fault) TryOpen(TreeEntry file)
    {
        try
        {
            return (Open(file), null);
        }
        catch (LocalFaultException e)
        {
            return (null, ReadFault.Of(PathOf(file), e.Reason));
        }
    }

    (int Count, ReadFault? Fault) Read(SafeFileHandle handle, TreeEntry file, long offset, int want)
    {
        try
        {
            int count = RandomAccess.Read(handle, _buffer.AsSpan(0, want), offset);
            return (count, count == 0 ? ReadFault.Shorter : null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (0, ReadFault.Of(PathOf(file), e.Message));
        }
    }

    public ValueTask<PrefixHash> HashPrefixAsync(TreeEntry file, long length, CancellationToken cancellationToken)
    {
        (SafeFileHandle? opened, _) = TryOpen(file);
        using SafeFileHandle? handle = opened;
        if (handle is null) return new(new PrefixHash([], null));
        IncrementalHash hash = LocalHash.OfPrefix(handle, length, cancellationToken);
        return new(new PrefixHash(hash.GetCurrentHash(), hash));
    }

    public FollowingHash? Follow(TreeEntry file, IncrementalHash state, long from)
    {
        if (TryOpen(file).Handle is { } handle) return new(handle, state, from);
        state.Dispose();
        return null;
    }

    public ValueTask<IReadOnlyDictionary<TreeEntry, byte[]>> HashAsync(
        IReadOnlyList<TreeEntry> files, CancellationToken cancellationToken) =>
        new(LocalHash.OfAll(files, file => TryOpen(file).Handle, cancellationToken));

    public ValueTask DisposeAsync()
    {
        _tree.Dispose();
        return default;
    }
}
