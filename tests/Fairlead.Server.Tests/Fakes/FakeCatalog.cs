using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;

namespace Fairlead.Server.Tests;

/// <summary>A catalog that tests fill and change.</summary>
sealed class FakeCatalog : IPodCatalog
{
    readonly Lock _lock = new();
    readonly Dictionary<string, List<JsonObject>> _items = [];
    readonly List<(long Version, string Resource, CatalogChange Change)> _changes = [];
    TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    long _version = 100;

    /// <summary>Thrown by the next watch once it has given what there was.</summary>
    public Exception? WatchFailure { get; set; }

    /// <summary>Released once for each watch that begins.</summary>
    public SemaphoreSlim WatchBegan { get; } = new(0);

    /// <summary>Released once for each watch that ended.</summary>
    public SemaphoreSlim WatchEnded { get; } = new(0);

    public void Put(string resource, string yamlLikeJson) => Put(resource, JsonNode.Parse(yamlLikeJson)!.AsObject());

    public void Put(string resource, JsonObject item)
    {
        lock (_lock)
        {
            List<JsonObject> items = ItemsOf(resource);
            int at = items.FindIndex(other => IsSame(other, item));
            item["metadata"]!["resourceVersion"] = (++_version).ToString(CultureInfo.InvariantCulture);
            if (at < 0) items.Add(item);
            else items[at] = item;
            Publish(resource, at < 0 ? "ADDED" : "MODIFIED", item);
        }
    }

    public void Remove(string resource, string name)
    {
        lock (_lock)
        {
            JsonObject item = ItemsOf(resource).Single(item => (string?)item["metadata"]!["name"] == name);
            ItemsOf(resource).Remove(item);
            JsonObject last = item.DeepClone().AsObject();
            last["metadata"]!["resourceVersion"] = (++_version).ToString(CultureInfo.InvariantCulture);
            Publish(resource, "DELETED", last);
        }
    }

    public ValueTask<CatalogSnapshot> ListAsync(string resource, CancellationToken cancellationToken)
    {
        lock (_lock) return ValueTask.FromResult(new CatalogSnapshot([.. ItemsOf(resource)], _version));
    }

    public async IAsyncEnumerable<CatalogChange> WatchAsync(string resource, long resourceVersion, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        WatchBegan.Release();
        try
        {
            int at = 0;
            while (true)
            {
                List<CatalogChange> next = [];
                Task changed;
                lock (_lock)
                {
                    for (; at < _changes.Count; at++)
                    {
                        if (_changes[at].Version > resourceVersion && _changes[at].Resource == resource) next.Add(_changes[at].Change);
                    }

                    changed = _changed.Task;
                }

                foreach (CatalogChange change in next) yield return change;
                if (WatchFailure is { } failure) throw failure;
                await changed.WaitAsync(cancellationToken);
            }
        }
        finally
        {
            WatchEnded.Release();
        }
    }

    void Publish(string resource, string type, JsonObject item)
    {
        _changes.Add((_version, resource, new CatalogChange(type, item)));
        _changed.TrySetResult();
        _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    List<JsonObject> ItemsOf(string resource) => _items.TryGetValue(resource, out List<JsonObject>? items) ? items : _items[resource] = [];

    static bool IsSame(JsonObject a, JsonObject b) =>
        (string?)a["metadata"]!["name"] == (string?)b["metadata"]!["name"] && (string?)a["metadata"]!["namespace"] == (string?)b["metadata"]!["namespace"];
}
