using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fairlead.Containerd.Cri;

namespace Fairlead.Containerd.Ports;

/// <summary>Where a pod's network is.</summary>
static class PodNetwork
{
    /// <summary>
    /// The network namespace of a sandbox; null where it is the host's own. It is the path that the sandbox was made with; where there is
    /// none, that of its process.
    /// </summary>
    /// <exception cref="InvalidDataException">The runtime does not say.</exception>
    public static string? NamespaceOf(PodSandboxStatusResponse sandbox)
    {
        if (sandbox.Status.Linux?.Namespaces?.Options?.Network == NamespaceMode.Node) return null;
        try
        {
            JsonNode? info = sandbox.Info.TryGetValue("info", out string? text) ? JsonNode.Parse(text) : null;
            if (PathIn(info?["runtimeSpec"]) is { Length: > 0 } path) return path;
            if (info?["pid"] is JsonValue value && value.TryGetValue(out int pid) && pid > 0)
                return string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/ns/net");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new InvalidDataException("the runtime describes the pod's sandbox in a form that is not known", e);
        }

        throw new InvalidDataException("the runtime does not say where the pod's network namespace is");
    }

    static string? PathIn(JsonNode? specification)
    {
        if (specification?["linux"]?["namespaces"] is not JsonArray namespaces) return null;
        return (string?)namespaces.FirstOrDefault(entry => (string?)entry?["type"] == "network")?["path"];
    }
}
