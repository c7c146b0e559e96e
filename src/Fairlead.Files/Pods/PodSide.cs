using System.Security.Cryptography;
using Fairlead.Files.Local;
using Fairlead.Files.Runs;
using Fairlead.Files.Shells;
using Fairlead.Files.Trees;

namespace Fairlead.Files.Pods;

/// <summary>What both ends in a pod have in common: the shell, its tools, hashes.</summary>
abstract class PodSide(ShellSource shells, string path, CopyOptions options) : ICopySide
{
    /// <summary>Files that travel many together in a tar; larger ones go in pieces.</summary>
    internal const int SmallFile = 128 * 1024;

    /// <summary>From so long an answer on, it is the line that takes the time.</summary>
    static readonly TimeSpan s_far = TimeSpan.FromMilliseconds(50);

    bool _isFar;

    /// <summary>So much more than was asked for is still passed over: files grow. Whoever sends more does not stop.</summary>
    internal const long WorthSkipping = 64 << 20;

    /// <summary>The longest file of which nothing tells the size.</summary>
    const long MostUnsized = 64L << 30;

    RemoteShell? _shell;
    ShellTools? _tools;
    bool _wasOpen;

    /// <summary>
    /// From so many bytes on, hashing in a second session while the first one moves them costs less than hashing afterwards. Where the pod
    /// is far, a session takes four round trips to begin.
    /// </summary>
    protected long WorthASession => _isFar ? 128 << 20 : 8 << 20;

    public string Description => shells.Where;

    public string? HashTool => Tools.Hash?.Split(' ')[0] ?? (Tools.Sizes ? null : "reading it twice");

    public bool IsLocal => false;

    public string Method => Tools.Method;

    public bool CanResume => Tools.Pieces;

    protected string Path => path;

    protected CopyOptions Options => options;

    protected RemoteShell Shell => _shell ?? throw new InvalidOperationException("Not connected.");

    protected ShellTools Tools => _tools ?? throw new InvalidOperationException("Not connected.");

    protected Flight Flight { get; } = new();

    /// <summary>The container's own hashes are compared.</summary>
    protected bool Hashes => Tools.Hash is not null && Options.Verify == CopyVerification.Sha256;

    public async ValueTask OpenAsync(CancellationToken cancellationToken)
    {
        if (_shell is not null) return;
        try
        {
            _shell = await shells.OpenAsync(cancellationToken);
            long began = shells.Time.GetTimestamp();
            await _shell.SendAsync(":", cancellationToken);
            await _shell.SendAsync("tools", cancellationToken);
            await BeginAsync(_shell, cancellationToken);
            await _shell.ReadEndAsync(cancellationToken);
            _isFar = shells.Time.GetElapsedTime(began) >= s_far;
            if (_isFar) Flight.Far();
            _tools = ShellTools.Parse(NameBytes.Decode(await _shell.ReadTextAsync(cancellationToken)));
            if (!_tools.Pieces && _tools.Plain is null)
                throw new CopyException(
                "the container has a shell, but neither dd nor cat nor head: nothing there can read or write a file");
            _shell.TakesBlocks = _tools.Pieces;
            await BegunAsync(_shell, cancellationToken);
            _wasOpen = true;
        }
        catch (RemoteCommandException e) when (!_wasOpen && e.Message.Contains("exec", StringComparison.OrdinalIgnoreCase))
        {
            throw new CopyException($"the container has no shell: a copy needs sh there, with tar, dd, cat or head ({e.Message})", e);
        }
        catch (Exception e) when (!_wasOpen && e is (ShellDiedException or ShellSilentException or UnexpectedOutputException))
        {
            throw new CopyException($"{Description}: {e.Message}", e); // it never answered: another one would not either
        }
    }

    /// <summary>Sends what else is asked for at once.</summary>
    protected virtual ValueTask BeginAsync(RemoteShell shell, CancellationToken cancellationToken) => default;

    /// <summary>Reads the answers to that.</summary>
    protected virtual ValueTask BegunAsync(RemoteShell shell, CancellationToken cancellationToken) => default;

    public async ValueTask CloseAsync()
    {
        if (_shell is null) return;
        Flight.Cut();
        await CloseExtraAsync();
        await _shell.DisposeAsync();
        _shell = null;
    }

    /// <summary>Drops what was under way beside the shell.</summary>
    protected virtual ValueTask CloseExtraAsync() => default;

    /// <summary>A second shell, in that folder.</summary>
    protected async ValueTask<RemoteShell> OpenSecondAsync(string folder, CancellationToken cancellationToken)
    {
        RemoteShell shell = await shells.OpenAsync(cancellationToken, Tools);
        shell.TakesBlocks = Tools.Pieces;
        try
        {
            if (folder.Length > 0) await shell.DoAsync($"cd {ShellText.QuotePath(folder)}", cancellationToken);
            return shell;
        }
        catch
        {
            await shell.DisposeAsync();
            throw;
        }
    }

    /// <summary>How the shell names the file, quoted.</summary>
    protected abstract string Quoted(TreeEntry file);

    /// <summary>The folder in which those names are meant; empty for the shell's first one.</summary>
    protected abstract string Folder { get; }

    public async ValueTask<PrefixHash> HashPrefixAsync(TreeEntry file, long length, CancellationToken cancellationToken) =>
        new(Tools.Hash is null ? [] : await ShellHashes.OfPrefixAsync(Shell, Quoted(file), length, cancellationToken), null);

    public FollowingHash? Follow(TreeEntry file, IncrementalHash state, long from) => null;

    public abstract ValueTask<IReadOnlyDictionary<TreeEntry, byte[]>> HashAsync(
        IReadOnlyList<TreeEntry> files, CancellationToken cancellationToken);

    /// <summary>The files that were not hashed beside the copy are hashed now.</summary>
    protected async ValueTask<IReadOnlyDictionary<TreeEntry, byte[]>> HashOthersAsync(
        IReadOnlyDictionary<TreeEntry, byte[]> known, IReadOnlyList<TreeEntry> files, CancellationToken cancellationToken)
    {
        List<TreeEntry> others = [.. files.Where(file => !known.ContainsKey(file))];
        if (others.Count == 0) return known;
        Dictionary<TreeEntry, byte[]> all = new(known);
        if (Tools.Hash is not null) await ShellHashes.OfAllAsync(Shell, others, Quoted, all, cancellationToken);
        else foreach (TreeEntry file in others)
            if ((await ReadTwiceAsync(Quoted(file), cancellationToken)).Hash is { } hash) all[file] = hash;
        return all;
    }

    /// <summary>Where nothing tells a size or a hash: the file is read once more than needed.</summary>
    protected async ValueTask<(long Size, byte[]? Hash, string Reason)> ReadTwiceAsync(string quoted, CancellationToken cancellationToken)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        long size = 0;
        await Shell.SendAsync($"pour {quoted}", cancellationToken);
        while (await Shell.ReadAsync(cancellationToken) is { IsEmpty: false } bytes)
        {
            foreach (ReadOnlyMemory<byte> part in bytes) hash.AppendData(part.Span);
            size += bytes.Length;
            Shell.Advance(bytes.Length);
            if (size > MostUnsized) throw new CopyException($"{Description}: nothing there tells sizes, and a file comes to no end");
        }

        return (size, Shell.Ending.IsSuccess ? hash.GetHashAndReset() : null, Shell.Ending.Reason);
    }

    /// <summary>What may be cured by a new connection.</summary>
    internal static bool IsLoss(Exception exception) => exception switch
    {
        SessionLostException or ServerUnreachableException or TimeoutException or UnexpectedOutputException
            or ShellDiedException => true,
        UpgradeException upgrade => (int)upgrade.StatusCode is >= 500 or 429,
        RemoteCommandException remote => remote.Status.Code >= 500 && remote.Status.Reason != "AuthorizationRevoked",
        _ => false,
    };

    public async ValueTask DisposeAsync()
    {
        await CloseExtraAsync();
        if (_shell is not null) await _shell.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}
