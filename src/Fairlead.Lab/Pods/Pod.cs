using System.Text.Json.Nodes;
using Fairlead.Lab.Containers;
using Fairlead.Lab.Manifests;

namespace Fairlead.Lab.Pods;

/// <summary>A pod that runs: its containers, and its object in the catalog.</summary>
sealed class Pod : IAsyncDisposable
{
    readonly Lock _lock = new();
    readonly PodManifest _manifest;
    readonly ObjectCatalog _catalog;
    readonly ObjectCatalog.Entry? _entry;
    readonly DateTimeOffset _started;

    internal Pod(PodManifest manifest, ObjectCatalog catalog, RunningProcesses running, TimeProvider time)
    {
        (_manifest, _catalog, _started) = (manifest, catalog, time.GetUtcNow());
        Containers = [
            .. manifest.Containers.Select(c => new ProcessContainer(manifest.Name, c, manifest.Restart, running, time, OnChanged))];
        foreach (ProcessContainer container in Containers) container.Start();

        JsonObject item = ObjectDefaults.Fill((JsonObject)manifest.Document.DeepClone(), "v1", _started);
        item["spec"]!["restartPolicy"] = manifest.Restart.ToString();
        item["spec"]!["nodeName"] ??= "local";
        item["status"] = CreateStatus();
        _entry = catalog.Add("pods", item);
        OnChanged(); // what changed while the object was made
    }

    internal IReadOnlyList<ProcessContainer> Containers { get; } = [];

    internal ObjectCatalog.Entry Entry => _entry!;

    internal bool Is(string inNamespace, string name) => _manifest.Namespace == inNamespace && _manifest.Name == name;

    internal bool Declares(int port) => _manifest.Containers.Any(container => container.Ports.Contains(port));

    void OnChanged()
    {
        if (Volatile.Read(in _entry) is not { } entry) return;
        lock (_lock) _catalog.SetStatus(entry, CreateStatus()); // one at a time, so that the newest state is the one that stays
    }

    JsonObject CreateStatus() => PodStatus.Create(_manifest, [.. Containers.Select(c => (c.Manifest, c.State))], _started);

    public async ValueTask DisposeAsync() => await Task.WhenAll(Containers.Select(c => c.DisposeAsync().AsTask()));
}
