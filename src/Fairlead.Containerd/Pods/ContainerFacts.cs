using System.Text.Json;
using System.Text.Json.Nodes;
using Fairlead.Containerd.Cri;
using Grpc.Core;

namespace Fairlead.Containerd.Pods;

/// <summary>What the runtime says of one container beyond its entry in a list.</summary>
/// <param name="Status">Its status.</param>
/// <param name="Tty">Its main process has a terminal.</param>
/// <param name="Stdin">Its main process has an input.</param>
/// <param name="StdinOnce">That input ends with the first client that ends its own.</param>
sealed record ContainerFacts(ContainerStatus Status, bool Tty, bool Stdin, bool StdinOnce)
{
    /// <summary>Reads them out of a verbose status. Only the runtime's own JSON says whether there is a terminal.</summary>
    /// <exception cref="RpcException">There is no such container, in the runtime's words, or it could not be asked.</exception>
    public static async Task<ContainerFacts> ReadAsync(
        RuntimeService.RuntimeServiceClient cri, string id, CancellationToken cancellationToken)
    {
        ContainerStatusRequest request = new() { ContainerId = id, Verbose = true };
        ContainerStatusResponse response = await cri.ContainerStatusAsync(request, cancellationToken: cancellationToken);
        JsonNode? info = Parse(response.Info.GetValueOrDefault("info"));
        JsonNode? config = info?["config"];
        bool tty = Flag(config?["tty"]) || Flag(info?["runtimeSpec"]?["process"]?["terminal"]);
        return new ContainerFacts(response.Status, tty, Flag(config?["stdin"]), Flag(config?["stdin_once"]));
    }

    /// <summary>As much as a list tells: its id and its state.</summary>
    public static ContainerFacts Of(Container listed)
    {
        ContainerStatus status = new() { Id = listed.Id, Metadata = listed.Metadata, State = listed.State, Image = listed.Image };
        return new ContainerFacts(status, Tty: false, Stdin: false, StdinOnce: false);
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
