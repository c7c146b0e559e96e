using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Fairlead.Server;

namespace Fairlead.Containerd.Pods;

/// <summary>
/// The runtime's pods with versions. Each list asks the runtime, one for all who want to know meanwhile; a watch asks it again and again,
/// since not every runtime tells what changes, and shows the newest state of what has changed.
/// </summary>
sealed class PodCatalog(CriPodReader reader, string runtimeName, CriRuntimeOptions options) : IPodCatalog
{
    /// <summary>Deletions that are kept for slow watchers; one that is further behind must list again.</summary>
    const int KeptDeletions = 1024;

    const string Pods = "pods";

    readonly Lock _lock = new();
    readonly Dictionary<(string, string), Entry> _entries = [];
    readonly Queue<Entry> _deleted = new();

    /// <summary>The read that is under way, or was the last, and the one that begins when it is over.</summary>
    Task _reading = Task.CompletedTask;
    Task? _next;

    /// <summary>Begins with the time, so that a version of an earlier run is an old one.</summary>
    long _version = options.Clock.GetUtcNow().ToUnixTimeMilliseconds(), _oldest;

    public async ValueTask<CatalogSnapshot> ListAsync(string resource, CancellationToken cancellationToken)
    {
        if (resource != Pods)
        {
            lock (_lock) return new CatalogSnapshot([], _version);
        }

        await RefreshAsync(cancellationToken);
        lock (_lock)
            return new CatalogSnapshot([.. _entries.Values.OrderBy(entry => entry.Created).Select(entry => entry.Copy())], _version);
    }

    public async IAsyncEnumerable<CatalogChange> WatchAsync(
        string resource, long resourceVersion, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            if (resource == Pods) await RefreshAsync(cancellationToken);
            (List<CatalogChange> changes, resourceVersion) = ChangesSince(resourceVersion);
            foreach (CatalogChange change in changes) yield return change;
            await Task.Delay(options.PollInterval, options.Clock, cancellationToken);
        }
    }

    (List<CatalogChange> Changes, long Version) ChangesSince(long version)
    {
        lock (_lock)
        {
            if (version < _oldest) throw new InvalidOperationException($"too old resource version: {version} ({_oldest})");
            List<CatalogChange> changes = [];
            foreach (Entry entry in _entries.Values.Concat(_deleted).Where(entry => entry.Version > version)
                .OrderBy(entry => entry.Version))
            {
                if (entry.IsDeleted && entry.Created > version) continue; // came and went unseen
                changes.Add(new CatalogChange(entry.IsDeleted ? "DELETED" : entry.Created > version ? "ADDED" : "MODIFIED", entry.Copy()));
            }

            return (changes, Math.Max(version, _version));
        }
    }

    /// <summary>Reads the runtime once for all who ask before that read begins.</summary>
    Task RefreshAsync(CancellationToken cancellationToken)
    {
        lock (_lock) return (_next ??= ReadNextAsync(_reading)).WaitAsync(cancellationToken);
    }

    async Task ReadNextAsync(Task before)
    {
        const ConfigureAwaitOptions outOfTheLock = ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding;
        int answers;
        do
        {
            answers = reader.Answers;
            await before.WaitAsync(options.CallTimeout, options.Clock).ConfigureAwait(outOfTheLock);
        }
        while (!before.IsCompleted && reader.Answers != answers);
        bool isOver = before.IsCompleted;
        lock (_lock)
        {
            if (isOver) _reading = _next!;
            _next = null;
        }

        // One after the other would wait for a runtime that hangs as many times as there are who ask.
        const string hangs = "the container runtime does not answer: others have waited for it for long already";
        if (!isOver) throw new RuntimeUnavailableException(hangs, null);
        IReadOnlyList<SeenPod> pods = await CriRuntime.AskAsync(reader.ReadAsync(CancellationToken.None), CancellationToken.None);
        lock (_lock) Take(pods);
    }

    void Take(IReadOnlyList<SeenPod> pods)
    {
        HashSet<(string, string)> present = [];
        foreach (SeenPod pod in pods)
        {
            (string, string) key = (pod.Namespace, pod.Name);
            present.Add(key);
            JsonObject item = PodObject.Create(pod, runtimeName);
            if (_entries.TryGetValue(key, out Entry? known))
            {
                if (known.Uid == pod.Sandbox.Metadata.Uid)
                {
                    if (!known.IsSame(item)) Stamp(known, item);
                    continue;
                }

                Delete(key, known); // another pod of this name
            }

            Entry entry = new(item, pod.Sandbox.Metadata.Uid);
            Stamp(entry, item);
            entry.Created = entry.Version;
            _entries[key] = entry;
        }

        foreach (((string, string) key, Entry entry) in _entries.Where(pair => !present.Contains(pair.Key)).ToArray()) Delete(key, entry);
    }

    void Delete((string, string) key, Entry entry)
    {
        _entries.Remove(key);
        Stamp(entry, entry.Item);
        entry.IsDeleted = true;
        _deleted.Enqueue(entry);
        if (_deleted.Count > KeptDeletions) _oldest = _deleted.Dequeue().Version;
    }

    void Stamp(Entry entry, JsonObject item)
    {
        entry.Take(item, ++_version);
        item["metadata"]!["resourceVersion"] = _version.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>One pod. Its members are under the catalog's lock.</summary>
    sealed class Entry(JsonObject item, string uid)
    {
        JsonNode _plain = item.DeepClone();

        public JsonObject Item { get; private set; } = item;

        public string Uid { get; } = uid;

        public long Created { get; set; }

        public long Version { get; private set; }

        public bool IsDeleted { get; set; }

        public bool IsSame(JsonObject other) => JsonNode.DeepEquals(_plain, other);

        public void Take(JsonObject newest, long version)
        {
            if (!ReferenceEquals(newest, Item)) (_plain, Item) = (newest.DeepClone(), newest);
            Version = version;
        }

        public JsonObject Copy() => (JsonObject)Item.DeepClone();
    }
}
