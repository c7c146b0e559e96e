using System.Text.Json.Nodes;
using Fairlead.KubeConfig.Files;
using Fairlead.Streaming.Tls;

namespace Fairlead.KubeConfig;

/// <summary>A kubeconfig that leads somewhere else: to a gateway in front of the cluster that it named.</summary>
public static class RedirectedKubeConfig
{
    static readonly string[] s_paths = ["client-certificate", "client-key", "tokenFile"];

    /// <summary>
    /// The kubeconfig with another address and authority for the cluster of its current context. Users stay as they are; contexts of
    /// other clusters are left out.
    /// </summary>
    /// <param name="path">The kubeconfig; null for one without a user.</param>
    /// <param name="server">The address.</param>
    /// <param name="authorityPem">What vouches for it, as PEM; null for what the machine trusts.</param>
    /// <returns>The new kubeconfig. It holds the old one's secrets.</returns>
    /// <exception cref="KubeConfigException">The file cannot be read, or its current context names no cluster.</exception>
    public static string Create(string? path, Uri server, string? authorityPem)
    {
        ArgumentNullException.ThrowIfNull(server);
        JsonObject config = path is null ? Bare() : Read(path);
        string? current = Text(config["current-context"]);
        string cluster = Text(Items(config, "contexts").FirstOrDefault(context => Text(context["name"]) == current)?["context"]?["cluster"])
            ?? throw new KubeConfigException($"the kubeconfig {path} has no current context with a cluster");

        JsonObject target = new() { ["server"] = server.GetLeftPart(UriPartial.Authority) };
        if (authorityPem is not null)
            target["certificate-authority-data"] = Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes(authorityPem));
        config["clusters"] = new JsonArray(new JsonObject { ["name"] = cluster, ["cluster"] = target });
        config["contexts"] = new JsonArray(
            [.. Items(config, "contexts").Where(context => Text(context["context"]?["cluster"]) == cluster)
            .Select(context => context.DeepClone())]);
        if (path is not null) Locate(config, Path.GetDirectoryName(Path.GetFullPath(path))!);
        return config.ToJsonString() + "\n"; // JSON is YAML
    }

    static JsonObject Bare() => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Config",
        ["current-context"] = "gateway",
        ["contexts"] = new JsonArray(
            new JsonObject { ["name"] = "gateway", ["context"] = new JsonObject { ["cluster"] = "gateway", ["user"] = "gateway" } }),
        ["users"] = new JsonArray(new JsonObject { ["name"] = "gateway", ["user"] = new JsonObject() }),
    };

    static JsonObject Read(string path)
    {
        try
        {
            return KubeConfigText.Read(new FileReads().Read(path), path, static document => document.ToObject().Node);
        }
        catch (InvalidDataException e)
        {
            throw new KubeConfigException($"the kubeconfig {e.Message}", e);
        }
    }

    /// <summary>Paths beside the old file are not beside the new one.</summary>
    static void Locate(JsonObject config, string folder)
    {
        foreach (JsonObject user in Items(config, "users").Select(entry => entry["user"]).OfType<JsonObject>())
        {
            foreach (string name in s_paths)
            {
                if (Text(user[name]) is { Length: > 0 } path) user[name] = Path.GetFullPath(path, folder);
            }

            if (user["exec"] is JsonObject plugin && Text(plugin["command"]) is { } command
                && command.Contains(Path.DirectorySeparatorChar))
                plugin["command"] = Path.GetFullPath(command, folder);
        }
    }

    static IEnumerable<JsonObject> Items(JsonObject config, string list) => (config[list] as JsonArray ?? []).OfType<JsonObject>();

    static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;
}
