using System.Runtime.CompilerServices;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using Fairlead.Files.Trees;
using Microsoft.Win32.SafeHandles;

namespace Fairlead.Files.Local;

/// <summary>Files of this machine. Links in the tree are copied, never followed.</summary>
[SupportedOSPlatform("linux")]
sealed class LocalSource : ICopySource
{
    readonly LocalTree _tree;
    readonly string _rootFile; // the file's name in the tree's root; empty for a folder
    readonly byte[] _buffer = new byte[LocalHash.BufferSize];

    internal LocalSource(string path)
    {
        string full = Path.GetFullPath(path);
        if (!Path.Exists(full)) throw new CopyException($"{path}: no such file or directory here");
        full = new FileInfo(full).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? full; // what the user names may be a link
        Description = full;
        bool isFolder = Directory.Exists(full);
        if (!isFolder && !File.Exists(full)) throw new CopyException($"{path}: no such file or directory");
        _rootFile = isFolder ? "" : Path.GetFileName(full);
        _tree = new LocalTree(LocalFolder.Open(isFolder ? full : Path.GetDirectoryName(full)!));
        string last = path.TrimEnd('/').Split('/')[^1];
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
        tree.Add(Look("")!);
        if (_rootFile.Length == 0) List("", tree, cancellationToken);
        return new(tree);
    }

    void List(string path, CopyTree tree, CancellationToken cancellationToken)
    {
        foreach (string name in _tree.Folder(path).Names().ToList())
        {
            cancellationToken.ThrowIfCancellationRequested();
            string inner = path.Length == 0 ? name : $"{path}/{name}";
            if (Look(inner) is not { } entry)
            {
                if (name.Contains('\uFFFD', StringComparison.Ordinal)) tree.Add(new TreeEntry(inner, EntryKind.Other, 0, 0, 0));
                continue; // otherwise it has gone meanwhile
            }

            tree.Add(entry);
            if (entry.Kind == EntryKind.Folder && tree.Find(inner) is not null) List(inner, tree, cancellationToken);
        }
    }

    TreeEntry? Look(string path)
    {
        (LocalFolder folder, string name) = Locate(path);
        if ((name.Length == 0 ? folder.Status() : folder.Status(name)) is not { } status) return null;
        EntryKind kind = TreeEntry.KindOf(status.Mode);
        string? target = kind == EntryKind.Link ? folder.ReadLink(name) : null;
        return new TreeEntry(path, kind, status.Mode & 0xFFF, kind == EntryKind.File ? status.Size : 0, status.Modified, status.UserId, status.GroupId, target);
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

    public async IAsyncEnumerable<Piece> ReadAsync(IReadOnlyList<FilePart> parts, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (FilePart part in parts)
        {
            using SafeFileHandle handle = Open(part.File);
            long offset = part.Offset;
            do
            {
                cancellationToken.ThrowIfCancellationRequested();
                int want = (int)Math.Min(_buffer.Length, part.File.Size - offset);
                int count = want == 0 ? 0 : RandomAccess.Read(handle, _buffer.AsSpan(0, want), offset);
                if (count == 0 && want > 0) throw new SourceChangedException(part.File);
                yield return new Piece(part.File, offset, _buffer.AsMemory(0, count));
                offset += count;
            }
            while (offset < part.File.Size);
        }

        await ValueTask.CompletedTask;
    }

    public ValueTask<PrefixHash> HashPrefixAsync(TreeEntry file, long length, CancellationToken cancellationToken)
    {
        using SafeFileHandle handle = Open(file);
        IncrementalHash hash = LocalHash.OfPrefix(handle, length, cancellationToken);
        return new(new PrefixHash(hash.GetCurrentHash(), hash));
    }

    public FollowingHash Follow(TreeEntry file, IncrementalHash state, long from) => new(Open(file), state, from);

    public ValueTask<IReadOnlyDictionary<TreeEntry, byte[]>> HashAsync(IReadOnlyList<TreeEntry> files, CancellationToken cancellationToken) =>
        new(LocalHash.OfAll(files, Open, cancellationToken));

    public ValueTask DisposeAsync()
    {
        _tree.Dispose();
        return default;
    }
}
