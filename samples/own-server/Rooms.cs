using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Fairlead.Server;
using Fairlead.Server.Ports;
using Fairlead.Wire.PortForward;

namespace Fairlead.Samples.OwnServer;

/// <summary>One pod, <c>default/room</c>, with the container <c>shell</c>. It never changes.</summary>
sealed class Rooms : IContainerRuntime, IPodCatalog
{
    static JsonObject Pod() => new()
    {
        ["metadata"] = new JsonObject
        {
            ["name"] = "room",
            ["namespace"] = "default",
            ["uid"] = "00000000-0000-0000-0000-000000000001",
            ["resourceVersion"] = "1",
            ["creationTimestamp"] = "2026-01-01T00:00:00Z",
        },
        ["spec"] = new JsonObject { ["containers"] = new JsonArray(new JsonObject { ["name"] = "shell", ["image"] = "none" }) },
        ["status"] = new JsonObject
        {
            ["phase"] = "Running",
            ["containerStatuses"] = new JsonArray(new JsonObject
            {
                ["name"] = "shell",
                ["ready"] = true,
                ["restartCount"] = 0,
                ["image"] = "none",
                ["state"] = new JsonObject { ["running"] = new JsonObject { ["startedAt"] = "2026-01-01T00:00:00Z" } },
            }),
        },
    };

    /// <summary>What clients list, and what is looked at when one pod is asked for.</summary>
    public ValueTask<CatalogSnapshot> ListAsync(string resource, CancellationToken cancellationToken) =>
        new(new CatalogSnapshot(resource == "pods" ? [Pod()] : [], ResourceVersion: 1));

    /// <summary>Nothing ever changes, so a watch only waits for its end.</summary>
    public async IAsyncEnumerable<CatalogChange> WatchAsync(
        string resource, long resourceVersion, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.Delay(Timeout.Infinite, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        yield break;
    }

    /// <summary>Asked before the upgrade: null is told as "not found", and a container that does not run as such.</summary>
    public ValueTask<IContainer?> FindAsync(FoundPod pod, string container, CancellationToken cancellationToken) =>
        new(container == "shell" ? new Shell() : null);

    /// <summary>The pod's port 8080 is this machine's. What is refused says why.</summary>
    public ValueTask<ForwardedStream> ConnectAsync(string @namespace, string pod, int port, CancellationToken cancellationToken) =>
        port == 8080
            ? PortConnection.OpenAsync(port, cancellationToken)
            : throw new ForwardResetException(ForwardFault.ConnectionRefused, $"the room has no port {port}");
}
