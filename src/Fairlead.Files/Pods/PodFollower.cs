using System.Globalization;
using Fairlead.Files.Shells;
using Fairlead.Files.Trees;
using Fairlead.Upgrades;

namespace Fairlead.Files.Pods;

/// <summary>A second session hashes what lies in a container already, while the first one still writes.</summary>
sealed class PodFollower(Func<CancellationToken, ValueTask<RemoteShell>> open, Func<TreeEntry, string> quoted) : IAsyncDisposable
{
    const long FollowedAtOnce = 8 << 20;

    const int HashedAtOnce = 1000; // files: a process is started for so many

    readonly Dictionary<TreeEntry, byte[]> _hashes = [];
    readonly List<TreeEntry> _arrived = [];
    RemoteShell? _shell;
    TreeEntry? _following;
    long _followedTo;
    Task _hashing = Task.CompletedTask;
    bool _isRefused; // the server gives no second session

    /// <summary>A file has arrived so far.</summary>
    internal async ValueTask FollowAsync(TreeEntry file, long end, CancellationToken cancellationToken)
    {
        if (await ShellAsync(cancellationToken) is not { } shell) return;
        if (_following != file)
        {
            await shell.SendAsync($"follow {quoted(file)}", cancellationToken, work: file.Size);
            (_following, _followedTo) = (file, 0);
        }

        if (end < file.Size && end - _followedTo < FollowedAtOnce) return;
        long blocks = (end - _followedTo + Flight.Block - 1) / Flight.Block;
        string range = string.Create(CultureInfo.InvariantCulture, $"{_followedTo / Flight.Block} {blocks}\n");
        await shell.WriteAsync(NameBytes.Encode(range), cancellationToken);
        _followedTo = end;
        if (end == file.Size) await EndAsync([file], cancellationToken);
    }

    /// <summary>The file that is followed is not gone on with.</summary>
    internal async ValueTask DropAsync(TreeEntry file, CancellationToken cancellationToken)
    {
        if (_following == file) await EndAsync([], cancellationToken);
    }

    async ValueTask EndAsync(TreeEntry[] files, CancellationToken cancellationToken)
    {
        await _shell!.WriteAsync("e\n"u8.ToArray(), cancellationToken);
        _following = null;
        _hashing = KeepAsync(_hashing, _shell, files, cancellationToken);
    }

    /// <summary>
    /// Small files have arrived, many at once. None comes while a larger one is followed: they arrive in the order in which they were sent.
    /// </summary>
    internal async ValueTask HashAsync(TreeEntry[] files, CancellationToken cancellationToken)
    {
        _arrived.AddRange(files);
        if (_arrived.Count < HashedAtOnce || await ShellAsync(cancellationToken) is not { } shell) return;
        foreach (TreeEntry[] group in ShellText.Groups(_arrived, quoted))
        {
            await shell.SendAsync(ShellHashes.Line(group, quoted), cancellationToken, ShellHashes.Work(group));
            _hashing = KeepAsync(_hashing, shell, group, cancellationToken);
        }

        _arrived.Clear();
    }

    /// <summary>What was hashed, all of it by now.</summary>
    internal async ValueTask<IReadOnlyDictionary<TreeEntry, byte[]>> HashesAsync(CancellationToken cancellationToken)
    {
        await _hashing.WaitAsync(cancellationToken);
        return _hashes;
    }

    internal void Forget(TreeEntry file) => _hashes.Remove(file);

    /// <summary>Null where the server gives no second session: what lies there is hashed at the end.</summary>
    async ValueTask<RemoteShell?> ShellAsync(CancellationToken cancellationToken)
    {
        if (_isRefused) return null;
        try
        {
            return _shell ??= await open(cancellationToken);
        }
        catch (UpgradeException)
        {
            _isRefused = true;
            return null;
        }
    }

    async Task KeepAsync(Task earlier, RemoteShell shell, TreeEntry[] files, CancellationToken cancellationToken)
    {
        await earlier;
        byte[] text = await shell.ReadTextAsync(cancellationToken);
        ShellHashes.TryKeep(files, shell.Ending, text, _hashes); // what it does not tell is asked for at the end
    }

    /// <summary>Forgets all: the connection was lost.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_shell is not null) await _shell.DisposeAsync();
        await _hashing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // whoever needed the hashes was told
        (_shell, _following, _hashing) = (null, null, Task.CompletedTask);
        _arrived.Clear();
        _hashes.Clear();
    }
}
