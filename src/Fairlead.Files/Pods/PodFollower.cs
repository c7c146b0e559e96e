using System.Globalization;
using Fairlead.Files.Shells;
using Fairlead.Files.Trees;
using Fairlead.Upgrades;

namespace Fairlead.Files.Pods;

/// <summary>
/// A second session hashes what lies in a container already, while the first one still writes. Nobody waits for it before all was written:
/// what it is told is done one thing after the other, beside the caller.
/// </summary>
sealed class PodFollower(Func<CancellationToken, ValueTask<RemoteShell>> open, Func<TreeEntry, string> quoted) : IAsyncDisposable
{
    const long FollowedAtOnce = 8 << 20;

    const int HashedAtOnce = 1000; // files: a process is started for so many

    readonly Dictionary<TreeEntry, byte[]> _hashes = [];
    readonly List<TreeEntry> _arrived = [];
    CancellationTokenSource _stop = new();
    RemoteShell? _shell;
    TreeEntry? _following;
    long _followedTo;
    Task _work = Task.CompletedTask;
    bool _isRefused; // the server gives no second session: what lies there is hashed at the end

    /// <summary>A file has arrived so far.</summary>
    internal void Follow(TreeEntry file, long end)
    {
        bool begins = _following != file;
        if (begins) (_following, _followedTo) = (file, 0);
        bool ends = end == file.Size;
        if (!begins && !ends && end - _followedTo < FollowedAtOnce) return;
        long from = _followedTo;
        _followedTo = end;
        if (ends) _following = null;
        Do(shell => FollowAsync(shell, file, from, end, begins));
    }

    async ValueTask FollowAsync(RemoteShell shell, TreeEntry file, long from, long end, bool begins)
    {
        if (begins) await shell.SendAsync($"follow {quoted(file)}", _stop.Token, work: file.Size);
        long blocks = (end - from + Flight.Block - 1) / Flight.Block;
        string range = string.Create(CultureInfo.InvariantCulture, $"{from / Flight.Block} {blocks}\n");
        await shell.WriteAsync(NameBytes.Encode(range), _stop.Token);
        if (end == file.Size) await EndAsync(shell, [file]);
    }

    /// <summary>The file that is followed is not gone on with.</summary>
    internal void Drop(TreeEntry file)
    {
        if (_following != file) return;
        _following = null;
        Do(shell => EndAsync(shell, []));
    }

    async ValueTask EndAsync(RemoteShell shell, TreeEntry[] files)
    {
        await shell.WriteAsync("e\n"u8.ToArray(), _stop.Token);
        await KeepAsync(shell, files);
    }

    /// <summary>
    /// Small files have arrived, many at once. None comes while a larger one is followed: they arrive in the order in which they were sent.
    /// </summary>
    internal void Hash(TreeEntry[] files)
    {
        _arrived.AddRange(files);
        if (_arrived.Count < HashedAtOnce) return;
        foreach (TreeEntry[] group in ShellText.Groups(_arrived, quoted)) Do(async shell =>
        {
            await shell.SendAsync(ShellHashes.Line(group, quoted), _stop.Token, ShellHashes.Work(group));
            await KeepAsync(shell, group);
        });
        _arrived.Clear();
    }

    async ValueTask KeepAsync(RemoteShell shell, TreeEntry[] files)
    {
        byte[] text = await shell.ReadTextAsync(_stop.Token);
        ShellHashes.TryKeep(files, shell.Ending, text, _hashes); // what it does not tell is asked for at the end
    }

    /// <summary>What was hashed, all of it by now.</summary>
    internal async ValueTask<IReadOnlyDictionary<TreeEntry, byte[]>> HashesAsync(CancellationToken cancellationToken)
    {
        await _work.WaitAsync(cancellationToken);
        return _hashes;
    }

    internal void Forget(TreeEntry file) => _hashes.Remove(file);

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
        await _stop.CancelAsync();
        await _work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // whoever needed the hashes was told
        if (_shell is not null) await _shell.DisposeAsync();
        _stop.Dispose();
        (_shell, _following, _work, _stop) = (null, null, Task.CompletedTask, new CancellationTokenSource());
        _arrived.Clear();
        _hashes.Clear();
    }
}
