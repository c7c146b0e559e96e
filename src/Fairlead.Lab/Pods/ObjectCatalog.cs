using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Fairlead.Server;

namespace Fairlead.Lab.Pods;

/// <summary>
/// The objects that the API shows and their versions. A watcher is told the newest state of whatever changed since its version: it
/// may skip states in between, as the API allows, and so nothing needs to be kept for slow watchers.
/// </summary>
sealed class ObjectCatalog : IPodCatalog
{
    readonly Lock _lock = new();
    readonly Dictionary<string, List<Entry>> _resources = new(StringComparer.Ordinal);
    TaskCompletionSource _changed = NewSignal();
    long _version;

    /// <summary>Adds an object, which is the catalog's from then on.</summary>
    internal Entry Add(string resource, JsonObject item)
    {
        lock (_lock)
        {
            if (!_resources.TryGetValue(resource, out List<Entry>? entries)) _resources.Add(resource, entries = []);
            Entry entry = new(item);
            entry.Created = Stamp(entry);
            entries.Add(entry);
            return entry;
        }
    }

    /// <summary>Gives an object another status.</summary>
    internal void SetStatus(Entry entry, JsonObject status)
    {
        lock (_lock)
        {
            entry.Item["status"] = status;
            Stamp(entry);
        }
    }

    public ValueTask<CatalogSnapshot> ListAsync(string resource, CancellationToken cancellationToken) =>
        ValueTask.FromResult(List(resource));

    internal JsonObject Get(Entry entry)
    {
        lock (_lock) return entry.Copy();
    }

    internal CatalogSnapshot List(string resource)
    {
        lock (_lock) return new CatalogSnapshot([.. Entries(resource).Select(e => e.Copy())], _version);
    }

    public async IAsyncEnumerable<CatalogChange> WatchAsync(
        string resource, long resourceVersion, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            List<CatalogChange> changes = [];
            Task changed;
            lock (_lock)
            {
                changed = _changed.Task;
                foreach (Entry entry in Entries(resource).Where(e => e.Version > resourceVersion).OrderBy(e => e.Version))
                    changes.Add(new CatalogChange(entry.Created > resourceVersion ? "ADDED" : "MODIFIED", entry.Copy()));
                resourceVersion = Math.Max(resourceVersion, _version);
            }

            foreach (CatalogChange change in changes) yield return change;
            await changed.WaitAsync(cancellationToken);
        }
    }

    List<Entry> Entries(string resource) => _resources.GetValueOrDefault(resource) ?? [];

    long Stamp(Entry entry)
    {
        entry.Version = ++_version;
        entry.Item["metadata"]!["resourceVersion"] = _version.ToString(CultureInfo.InvariantCulture);
        _changed.TrySetResult();
        _changed = NewSignal();
        return entry.Version;
    }

    static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>One object. Its members are under the catalog's lock.</summary>
    internal sealed class Entry(JsonObject item)
    {
        internal JsonObject Item { get; } = item;

        internal long Created { get; set; }

        internal long Version { get; set; }

        internal JsonObject Copy() => (JsonObject)Item.DeepClone();
    }
}
