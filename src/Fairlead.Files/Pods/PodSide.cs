using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Fairlead.Client;
using Fairlead.Files.Local;
using Fairlead.Files.Trees;
using Fairlead.Streaming;
using Fairlead.Upgrades;
using Fairlead.Wire;

namespace Fairlead.Files.Pods;

/// <summary>What both ends in a pod have in common: the shell, its tools, hashes.</summary>
abstract class PodSide(StreamingClient client, PodReference pod, string path, CopyOptions options) : ICopySide
{
    /// <summary>Files that travel many together in a tar; larger ones go in pieces.</summary>
    internal const int SmallFile = 128 * 1024;

    /// <summary>From so many bytes on, hashing in a second session while the first one moves them costs less than hashing afterwards.</summary>
    private protected const long WorthASession = 8 << 20;

    static readonly SearchValues<char> s_hexDigits = SearchValues.Create("0123456789abcdefABCDEF");

    RemoteShell? _shell;
    ShellTools? _tools;
    bool _wasOpen;

    public string Description => $"{pod.Namespace}/{pod.Name}/{pod.Container}:{path}";

    public string? HashTool => Tools.Hash?.Split(' ')[0] ?? (Tools.Sizes ? null : "reading it twice");

    public bool IsLocal => false;

    public string Method => Tools.Method;

    public bool CanResume => Tools.Pieces;

    protected string Path => path;

    protected CopyOptions Options => options;

    protected RemoteShell Shell => _shell ?? throw new InvalidOperationException("Not connected.");

    protected ShellTools Tools => _tools ?? throw new InvalidOperationException("Not connected.");

    protected Flight Flight { get; } = new();

    public virtual async ValueTask OpenAsync(CancellationToken cancellationToken)
    {
        if (_shell is not null) return;
        _shell = await RemoteShell.OpenAsync(client, pod, options.Exec, Description, cancellationToken);
        try
        {
            (_, byte[] found) = await _shell.RunAsync(ShellScript.Prelude, cancellationToken);
            _tools = ShellTools.Parse(Encoding.UTF8.GetString(found));
        }
        catch (RemoteCommandException e) when (!_wasOpen && e.Message.Contains("exec", StringComparison.OrdinalIgnoreCase))
        {
            throw new CopyException($"the container has no shell: a copy needs sh there, with tar, dd, cat or head ({e.Message})", e);
        }

        _wasOpen = true;
        if (!_tools.Pieces && _tools.Plain is null) throw new CopyException("the container has a shell, but neither dd nor cat nor head: nothing there can read or write a file");
    }

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

    /// <summary>A second shell, which knows the folder and the tool for hashes.</summary>
    protected async ValueTask<RemoteShell> OpenSecondAsync(string folder, CancellationToken cancellationToken)
    {
        RemoteShell shell = await RemoteShell.OpenAsync(client, pod, options.Exec, Description, cancellationToken);
        try
        {
            await shell.RunAsync($"umask 077;nl=$(printf '\\n.');nl=${{nl%.}};H='{Tools.Hash}';{ShellScript.Follow}", cancellationToken);
            if (folder.Length > 0) await shell.DoAsync($"cd {ShellText.QuotePath(folder)}", cancellationToken);
            return shell;
        }
        catch
        {
            await shell.DisposeAsync();
            throw;
        }
    }

    /// <summary>A second shell for one file that goes as a stream of its own, in containers without a dd that can be relied on.</summary>
    protected async ValueTask<RemoteShell> OpenPlainAsync(string folder, string line, CancellationToken cancellationToken)
    {
        RemoteShell shell = await OpenSecondAsync(folder, cancellationToken);
        try
        {
            await shell.SendAsync(line, cancellationToken);
            return shell;
        }
        catch
        {
            await shell.DisposeAsync();
            throw;
        }
    }

    /// <summary>The line that prints a file whole.</summary>
    protected string PlainRead(string quoted, long size) => Tools.Plain switch
    {
        "cat" => $"cat {quoted}",
        "head" => string.Create(CultureInfo.InvariantCulture, $"head -c {(size < 0 ? long.MaxValue : size)} {quoted}"),
        _ => $"dd if={quoted} bs=65536 2>/dev/null",
    };

    /// <summary>How the shell names the file, quoted.</summary>
    protected abstract string Quoted(TreeEntry file);

    /// <summary>The folder in which those names are meant; empty for the shell's first one.</summary>
    protected abstract string Folder { get; }

    public async ValueTask<PrefixHash> HashPrefixAsync(TreeEntry file, long length, CancellationToken cancellationToken)
    {
        if (Tools.Hash is null) return new PrefixHash([], null);
        string said = await Shell.DoAsync(string.Create(CultureInfo.InvariantCulture, $"q {length} {Quoted(file)}"), cancellationToken);
        return new PrefixHash(TryParseHash(said) ?? [], null);
    }

    public FollowingHash? Follow(TreeEntry file, IncrementalHash state, long from) => null;

    public virtual ValueTask<IReadOnlyDictionary<TreeEntry, byte[]>> HashAsync(IReadOnlyList<TreeEntry> files, CancellationToken cancellationToken) =>
        HashAsync(Shell, files, cancellationToken);

    /// <summary>The files that were not hashed beside the copy are hashed now.</summary>
    protected async ValueTask<IReadOnlyDictionary<TreeEntry, byte[]>> HashOthersAsync(
        IReadOnlyDictionary<TreeEntry, byte[]> known, IReadOnlyList<TreeEntry> files, CancellationToken cancellationToken)
    {
        List<TreeEntry> others = [.. files.Where(file => !known.ContainsKey(file))];
        if (others.Count == 0) return known;
        return new Dictionary<TreeEntry, byte[]>(known.Concat(await HashAsync(Shell, others, cancellationToken)));
    }

    /// <summary>The same in a shell of the caller's choice.</summary>
    protected async ValueTask<IReadOnlyDictionary<TreeEntry, byte[]>> HashAsync(RemoteShell shell, IReadOnlyList<TreeEntry> files, CancellationToken cancellationToken)
    {
        Dictionary<TreeEntry, byte[]> hashes = [];
        if (Tools.Hash is null)
        {
            foreach (TreeEntry file in files) hashes[file] = (await ReadTwiceAsync(Quoted(file), cancellationToken)).Hash;
            return hashes;
        }

        foreach (TreeEntry[] group in ShellText.Groups(files, Quoted))
        {
            (int status, byte[] text) = await shell.RunAsync(HashLine(group), cancellationToken);
            if (TryKeepHashes(group, status, text, hashes)) continue;
            foreach (TreeEntry file in group)
            {
                (_, byte[] one) = await shell.RunAsync($"$H <{Quoted(file)} 2>/dev/null", cancellationToken);
                if (TryParseHash(Encoding.UTF8.GetString(one)) is { } hash) hashes[file] = hash;
            }
        }

        return hashes;
    }

    /// <summary>One command for many files.</summary>
    private protected string HashLine(TreeEntry[] files) => $"$H {string.Join(' ', files.Select(Quoted))} </dev/null 2>/dev/null";

    /// <summary>Takes what that command printed. Tools print names with odd characters each in a way of its own, so order tells, and a count that all are there.</summary>
    /// <returns>False where it does not tell of each.</returns>
    private protected static bool TryKeepHashes(TreeEntry[] files, int status, byte[] text, Dictionary<TreeEntry, byte[]> hashes)
    {
        string[] lines = Encoding.UTF8.GetString(text).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (status != 0 || lines.Length != files.Length) return false;
        for (int i = 0; i < files.Length; i++)
        {
            if (TryParseHash(lines[i]) is { } hash) hashes[files[i]] = hash;
        }

        return true;
    }

    private protected static byte[]? TryParseHash(string line)
    {
        ReadOnlySpan<char> digits = line.AsSpan().TrimStart('\\');
        return digits.Length >= 64 && !digits[..64].ContainsAnyExcept(s_hexDigits) ? Convert.FromHexString(digits[..64]) : null;
    }

    /// <summary>Where nothing tells a size: the file is read once more than needed.</summary>
    protected async ValueTask<(long Size, byte[] Hash)> ReadTwiceAsync(string quoted, CancellationToken cancellationToken)
    {
        await using RemoteShell shell = await OpenPlainAsync(Folder, PlainRead(quoted, -1), cancellationToken);
        await shell.CompleteAsync();
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        long size = 0;
        int status = await shell.ReadToEndAsync(
            part =>
            {
                hash.AppendData(part.Span);
                size += part.Length;
                return default;
            },
            cancellationToken);
        return status == 0 ? (size, hash.GetHashAndReset()) : throw new CopyException($"{quoted} cannot be read");
    }

    /// <summary>Lists a tree, or a file, by a name that the shell knows.</summary>
    protected async ValueTask<List<TreeEntry>> ListAsync(string quoted, string root, CancellationToken cancellationToken)
    {
        (int status, byte[] text) = await Shell.RunAsync($"l {quoted}", cancellationToken);
        if (status != 0)
        {
            string why = (await Shell.RunAsync($"{{ l {quoted} >/dev/null;}} 2>&1", cancellationToken)).Text is var said ? Encoding.UTF8.GetString(said).Trim() : "";
            throw new CopyException(why.Length > 0 ? $"not everything can be listed: {why.Split('\n')[0]}" : "not everything can be listed");
        }

        return ListingReader.Read(text, root);
    }

    /// <summary>What may be cured by a new connection.</summary>
    internal static bool IsLoss(Exception exception) => exception switch
    {
        SessionLostException or HttpRequestException or HttpIOException or TimeoutException or UnexpectedOutputException => true,
        UpgradeException upgrade => (int)upgrade.StatusCode is >= 500 or 429,
        RemoteCommandException remote => remote.Status.Reason == Status.InternalError("").Reason && remote.Status.Code >= 500,
        _ => false,
    };

    public async ValueTask DisposeAsync()
    {
        await CloseExtraAsync();
        if (_shell is not null) await _shell.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}
