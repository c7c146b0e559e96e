using System.Text.Json.Nodes;
using Fairlead.Server.PodsApi.Objects;

namespace Fairlead.Server;

/// <summary>
/// A pod as one look at it has found it. A runtime may give one of its own kind, with what it needs to find a container without a second
/// look.
/// </summary>
/// <param name="item">
/// The pod in API form: its names, those of its containers in <c>spec</c>, its phase and its containers' states in <c>status</c>. The rest
/// may be left out.
/// </param>
public class FoundPod(JsonObject item)
{
    /// <summary>The pod in API form.</summary>
    public JsonObject Item => item;

    /// <summary>Its namespace.</summary>
    public string Namespace => item.Namespace;

    /// <summary>Its name.</summary>
    public string Name => item.Name;

    /// <summary>The container's entry in the pod's status; null where there is none.</summary>
    internal JsonObject? StatusOf(string container) =>
        item.Objects("status", "containerStatuses").FirstOrDefault(status => status.Text("name") == container);
}
