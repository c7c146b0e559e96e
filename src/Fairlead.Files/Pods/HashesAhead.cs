using Fairlead.Files.Shells;
using Fairlead.Files.Trees;

namespace Fairlead.Files.Pods;

/// <summary>A second session of a source hashes its files while the first one sends them. It is opened while nobody waits.</summary>
sealed class HashesAhead(Func<CancellationToken, ValueTask<RemoteShell>> open, Func<TreeEntry, string> quoted) : IAsyncDisposable
{
    CancellationTokenSource _stop = new();
    Task<Dictionary<TreeEntry, byte[]>>? _work;

    internal bool HasBegun => _work is not null;

    internal void Begin(IReadOnlyList<TreeEntry> files) => _work = HashAsync(files, _stop.Token);

    /// <summary>What was hashed, all of it by now.</summary>
    internal async ValueTask<IReadOnlyDictionary<TreeEntry, byte[]>> HashesAsync(CancellationToken cancellationToken) =>
        await _work!.WaitAsync(cancellationToken);

    async Task<Dictionary<TreeEntry, byte[]>> HashAsync(IReadOnlyList<TreeEntry> files, CancellationToken cancellationToken)
    {
        Dictionary<TreeEntry, byte[]> hashes = [];
        try
        {
            await using RemoteShell shell = await open(cancellationToken);
            await ShellHashes.OfAllAsync(shell, files, quoted, hashes, cancellationToken);
        }
        catch (UpgradeException)
        {
            hashes.Clear(); // one session is what this server gives: they are hashed when it has sent all
        }

        return hashes;
    }

    /// <summary>Forgets all: the connection was lost.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        // whoever needed the hashes was told
        if (_work is not null) await ((Task)_work).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
        (_work, _stop) = (null, new CancellationTokenSource());
    }
}
