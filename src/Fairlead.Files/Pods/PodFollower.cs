using System.Globalization;
using System.Text;
using Fairlead.Files.Local;
using Fairlead.Files.Shells;
using Fairlead.Files.Trees;
using Microsoft.Win32.SafeHandles;

namespace Fairlead.Files.Pods;

/// <summary>
/// A second session hashes what lies in a container already, while the first one still writes: a large file part by part, each compared
/// with the same part of what is sent. The copy waits for it only after everything was written: until then its steps run one after the
/// other, beside the writing.
/// </summary>
sealed class PodFollower(Func<CancellationToken, ValueTask<RemoteShell>> open, Func<TreeEntry, string> quoted) : IAsyncDisposable
{
    /// <summary>Bytes of a part, which a process is started for.</summary>
    const long SmallestPart = 8 << 20, LargestPart = 64 << 20, PartsOfAFile = 16;

    const int HashedAtOnce = 1000; // files: a process is started for so many

    readonly Dictionary<TreeEntry, byte[]> _hashes = [];
    readonly HashSet<TreeEntry> _equal = [];
    readonly List<TreeEntry> _arrived = [];
    CancellationTokenSource _stop = new();
    RemoteShell? _shell;
    TreeEntry? _following;
    SafeFileHandle? _here;
    long _followedTo;
    Task _work = Task.CompletedTask;
    Task<bool> _comparing = Task.FromResult(false); // all parts of the file that is followed, so far
    long _compared; // up to here
    bool _isRefused; // the server gives no second session: what lies there is hashed at the end

    /// <summary>Opens a file that is sent; null where it cannot be opened any more.</summary>
    internal required Func<TreeEntry, SafeFileHandle?> OpenHere { get; init; }

    /// <summary>A file has arrived up to <paramref name="end"/>.</summary>
    internal void Follow(TreeEntry file, long end)
    {
        if (_following != file)
        {
            Drop();
            (_following, _followedTo, _here) = (file, 0, OpenHere(file));
        }

        bool ends = end == file.Size;
        if (!ends && end - _followedTo < Math.Clamp(file.Size / PartsOfAFile, SmallestPart, LargestPart)) return;
        bool isFirst = _followedTo == 0;
        _followedTo = end;
        if (_here is { } here) Do(shell => FollowAsync(shell, file, here, isFirst, ends));
        if (ends) Drop();
    }

    async ValueTask FollowAsync(RemoteShell shell, TreeEntry file, SafeFileHandle here, bool begins, bool ends)
    {
        if (begins)
        {
            (_comparing, _compared) = (Task.FromResult(true), 0);
            await shell.SendAsync($"follow {quoted(file)}", _stop.Token);
        }

        await shell.SendAsync("more", _stop.Token, work: file.Size);
        if (begins) await shell.ReadEndAsync(_stop.Token);
        string[] told = Encoding.ASCII.GetString(await shell.ReadTextAsync(_stop.Token)).Split(' ', 2);
        bool isTold = long.TryParse(told[0], NumberStyles.None, CultureInfo.InvariantCulture, out long end) & end >= _compared
            & end <= file.Size && told.Length == 2;
        byte[]? hash = isTold ? ShellHashes.TryParse(told[1]) : null;
        (Task<bool> before, long from) = (_comparing, _compared);
        _comparing = hash is null ? Task.FromResult(false) : Task.Run(
            async () => await before && LocalHash.OfPart(here, from, end, _stop.Token).SequenceEqual(hash), _stop.Token);
        _compared = end;
        if (ends && await _comparing && end == file.Size) _equal.Add(file);
    }

    /// <summary>The file that is followed is not gone on with.</summary>
    internal void Drop()
    {
        if (_here is not null) _work = CloseAsync(_work, _here);
        (_following, _here) = (null, null);
    }

    async Task CloseAsync(Task earlier, SafeFileHandle here)
    {
        try
        {
            await earlier;
        }
        finally
        {
            await ((Task)_comparing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            here.Dispose();
        }
    }

    /// <summary>Small files have arrived, many at once.</summary>
    internal void Hash(TreeEntry[] files)
    {
        _arrived.AddRange(files);
        if (_arrived.Count < HashedAtOnce) return;
        foreach (TreeEntry[] group in ShellText.Groups(_arrived, quoted)) Do(async shell =>
        {
            await shell.SendAsync(ShellHashes.Line(group, quoted), _stop.Token, ShellHashes.Work(group));
            byte[] text = await shell.ReadTextAsync(_stop.Token);
            ShellHashes.TryKeep(group, shell.Ending, text, _hashes); // what it does not tell is asked for at the end
        });
        _arrived.Clear();
    }

    /// <summary>What was hashed, all of it by now.</summary>
    internal async ValueTask<IReadOnlyDictionary<TreeEntry, byte[]>> HashesAsync(CancellationToken cancellationToken)
    {
        await _work.WaitAsync(cancellationToken);
        return _hashes;
    }

    /// <summary>The files that were found to be what was sent, part by part.</summary>
    internal async ValueTask<IReadOnlySet<TreeEntry>> EqualAsync(CancellationToken cancellationToken)
    {
        await _work.WaitAsync(cancellationToken);
        return _equal;
    }

    internal void Forget(TreeEntry file)
    {
        if (_following == file) Drop();
        _hashes.Remove(file);
        _equal.Remove(file);
    }

    void Do(Func<RemoteShell, ValueTask> step) => _work = DoAsync(_work, step);

    async Task DoAsync(Task earlier, Func<RemoteShell, ValueTask> step)
    {
        await earlier;
        if (_isRefused) return;
        try
        {
            _shell ??= await open(_stop.Token);
        }
        catch (UpgradeException)
        {
            _isRefused = true;
            return;
        }

        await step(_shell);
    }

    /// <summary>Forgets all: the connection was lost.</summary>
    public async ValueTask DisposeAsync()
    {
        Drop();
        await _stop.CancelAsync();
        await _work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // whoever needed the hashes was told
        if (_shell is not null) await _shell.DisposeAsync();
        _stop.Dispose();
        (_shell, _work, _stop) = (null, Task.CompletedTask, new CancellationTokenSource());
        _arrived.Clear();
        _hashes.Clear();
        _equal.Clear();
    }
}
