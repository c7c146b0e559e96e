using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;

namespace Fairlead.Server.Checkpoints;

/// <summary>
/// The sessions that a server's process leaves to its next one: a folder with a file for each, and a store that keeps their descriptors
/// open meanwhile. Of sessions whose file or descriptors are missing nothing is guessed: they are lost, and told as that.
/// </summary>
public sealed class SessionCheckpoints
{
    /// <summary>The names of descriptors that belong to sessions begin with this.</summary>
    public const string Prefix = "fairlead-session-";

    /// <summary>How long the store may take to say that it has everything.</summary>
    static readonly TimeSpan s_settling = TimeSpan.FromSeconds(5);

    readonly Lock _lock = new();
    readonly List<CheckpointFile> _found = [];
    readonly List<Func<Task>> _suspend = [];
    readonly IDescriptorStore _store;
    readonly string _folder;
    readonly ILogger _logger;
    int _saved;

    SessionCheckpoints(string folder, IDescriptorStore store, ILogger logger) => (_folder, _store, _logger) = (folder, store, logger);

    /// <summary>The commands of the sessions that an earlier process left, as its runtime described them.</summary>
    public IReadOnlyList<string> Commands =>
        [.. _found.Select(static found => found.Session.Command).Where(static command => command.Length > 0)];

    /// <summary>Finds what an earlier process left. What does not belong together is removed, and logged.</summary>
    /// <param name="folder">The folder, which only this user can write to. Nobody else uses it at the same time.</param>
    /// <param name="store">The store.</param>
    /// <param name="hasPodsApi">The server answers <see cref="StreamingEndpointRouteBuilderExtensions.MapPodsApi"/> too.</param>
    /// <param name="logger">Where it logs.</param>
    /// <exception cref="IOException">The folder cannot be read, or the store does not answer.</exception>
    public static SessionCheckpoints Open(string folder, IDescriptorStore store, bool hasPodsApi, ILogger logger)
    {
        ArgumentNullException.ThrowIfNull(store);
        SessionCheckpoints checkpoints = new(folder, store, logger);
        foreach (string path in Directory.EnumerateFiles(folder)) checkpoints.Find(path, hasPodsApi);
        HashSet<string> wanted = [.. checkpoints._found.SelectMany(static found => found.DescriptorNames)];
        foreach (string name in store.Names.Where(name => !wanted.Contains(name)).ToArray())
        {
            Log.DescriptorWithoutSession(logger, name);
            store.Take(name)?.Dispose();
            store.Remove(name);
        }

        return checkpoints;
    }

    void Find(string path, bool hasPodsApi)
    {
        string why;
        try
        {
            CheckpointFile file = CheckpointFile.Read(_store, path);
            if (file.IsWhole && (hasPodsApi || file.Session.Place != PodsApi))
            {
                _found.Add(file);
                return;
            }

            why = file.IsWhole ? "nothing answers here what it was asked of" : "what was to be kept open for it is not there";
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            why = CheckpointFile.IsUnfinished(path) ? "the process ended while it was saved" : e.Message;
        }

        Log.SessionNotRestored(_logger, Path.GetFileName(path), why);
        File.Delete(path);
    }

    /// <summary>The name of the part of a server whose callers are known.</summary>
    internal const string PodsApi = "PodsApi";

    /// <summary>Gives out those of one part of the server, which then owns them.</summary>
    internal CheckpointFile[] Take(string place)
    {
        lock (_lock)
        {
            CheckpointFile[] taken = [.. _found.Where(found => found.Session.Place == place)];
            _found.RemoveAll(taken.Contains);
            return taken;
        }
    }

    /// <summary>The descriptors of a session that is run from here on. It is in no file any more then.</summary>
    internal Dictionary<string, SafeHandle> Claim(CheckpointFile file)
    {
        lock (_lock) return file.Claim();
    }

    /// <summary>Gives up a session that cannot be read: whatever else is wrong, the server starts. No file has it then.</summary>
    internal void Drop(CheckpointFile file, Exception why)
    {
        Log.SessionNotRestored(_logger, file.Name, why.Message);
        foreach (SafeHandle descriptor in Claim(file).Values) descriptor.Dispose();
    }

    /// <summary>Has part of the server take part in <see cref="SuspendAsync"/>.</summary>
    /// <param name="suspend">Suspends its sessions, and completes when each was saved or has ended.</param>
    internal void Join(Func<Task> suspend)
    {
        lock (_lock) _suspend.Add(suspend);
    }

    /// <summary>Saves a session.</summary>
    /// <exception cref="IOException">It cannot be: nothing is left of it.</exception>
    internal void Save(SessionCheckpoint session, IReadOnlyDictionary<string, SafeHandle> descriptors, Action<BinaryWriter> writeState)
    {
        lock (_lock)
        {
            CheckpointFile.Write(_store, _folder, session, descriptors, writeState);
            _saved++;
        }
    }

    /// <summary>
    /// Saves every session that can go on in another process; the others go on until the server ends them. No session begins any more.
    /// </summary>
    /// <param name="limit">How long it may take. What is not saved by then ends with the server.</param>
    /// <param name="time">The clock.</param>
    /// <returns>How many were saved.</returns>
    public async Task<int> SuspendAsync(TimeSpan limit, TimeProvider time)
    {
        Func<Task>[] suspend;
        lock (_lock) suspend = [.. _suspend];
        using CancellationTokenSource late = new(limit, time);
        Task all = Task.WhenAll(suspend.Select(static each => each()));
        await all.WaitAsync(late.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        int saved;
        lock (_lock) saved = _saved;
        if (saved > 0)
        {
            using CancellationTokenSource unsettled = new(s_settling, time); // what was slow so far is not the store's fault
            await _store.SettleAsync(unsettled.Token);
        }

        Log.SessionsSaved(_logger, saved);
        return saved;
    }
}
