using System.Text.Json;
using System.Text.Json.Nodes;
using Fairlead.Containerd.Cri;

namespace Fairlead.Containerd.Pods;

/// <summary>What the runtime says of one container beyond its entry in a list.</summary>
/// <param name="Status">Its status.</param>
/// <param name="Tty">Its main process has a terminal.</param>
/// <param name="Stdin">Its main process has an input.</param>
/// <param name="StdinOnce">That input ends with the first client that ends its own.</param>
sealed record ContainerFacts(ContainerStatus Status, bool Tty, bool Stdin, bool StdinOnce)
{
    /// <summary>Reads them out of a verbose status. Only the runtime's own JSON says whether there is a terminal.</summary>
    public static ContainerFacts Of(ContainerStatusResponse response)
    {
        JsonNode? info = Parse(response.Info.GetValueOrDefault("info"));
        JsonNode? config = info?["config"];
        bool tty = Flag(config?["tty"]) || Flag(info?["runtimeSpec"]?["process"]?["terminal"]);
        return new ContainerFacts(response.Status, tty, Flag(config?["stdin"]), Flag(config?["stdin_once"]));
    }

    static bool Flag(JsonNode? node) => node is JsonValue value && value.TryGetValue(out bool flag) && flag;

    static JsonNode? Parse(string? text)
    {
        if (string.IsNullOrEmpty(text)) return null;
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return null; // each runtime writes here what it likes
        }
    }
}
