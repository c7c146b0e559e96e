using System.Text.Json.Nodes;
using YamlDotNet.RepresentationModel;

namespace Fairlead.KubeConfig.Files;

/// <summary>The keys of a kubeconfig that KubernetesClient's model has no place for.</summary>
sealed class UnmodelledKeys
{
    const string PluginExtension = "client.authentication.k8s.io/exec";

    readonly Dictionary<string, Cluster> _clusters = new(StringComparer.Ordinal);
    readonly Dictionary<string, User> _users = new(StringComparer.Ordinal);

    public readonly record struct Cluster(string? ProxyUrl, JsonNode? PluginConfiguration);

    public readonly record struct User(string? TokenFile, string? InteractiveMode);

    public Cluster OfCluster(string name) => _clusters.GetValueOrDefault(name);

    public User OfUser(string name) => _users.GetValueOrDefault(name);

    public static UnmodelledKeys Read(string text)
    {
        UnmodelledKeys keys = new();
        if (!MayHoldAny(text)) return keys; // most files: the second look at the YAML is saved

        YamlStream yaml = [];
        yaml.Load(new StringReader(text));
        if (yaml.Documents.Count == 0) return keys;

        foreach ((string name, YamlNode entry) in Entries(yaml.Documents[0].RootNode, "clusters", "cluster"))
            keys._clusters.TryAdd(name, new Cluster(Text(Get(entry, "proxy-url")), ReadPluginConfiguration(entry)));
        foreach ((string name, YamlNode entry) in Entries(yaml.Documents[0].RootNode, "users", "user"))
            keys._users.TryAdd(name, new User(Text(Get(entry, "tokenFile")), Text(Get(Get(entry, "exec"), "interactiveMode"))));
        return keys;
    }

    static bool MayHoldAny(string text)
    {
        ReadOnlySpan<string> keys = ["proxy-url", "tokenFile", "interactiveMode", PluginExtension];
        foreach (string key in keys)
        {
            if (text.Contains(key, StringComparison.Ordinal)) return true;
        }

        return false;
    }

    static IEnumerable<(string Name, YamlNode Entry)> Entries(YamlNode root, string list, string member)
    {
        if (Get(root, list) is not YamlSequenceNode sequence) yield break;
        foreach (YamlNode item in sequence)
        {
            if (Text(Get(item, "name")) is { } name && Get(item, member) is { } entry) yield return (name, entry);
        }
    }

    static JsonNode? ReadPluginConfiguration(YamlNode cluster)
    {
        if (Get(cluster, "extensions") is not YamlSequenceNode extensions) return null;
        foreach (YamlNode item in extensions)
        {
            if (Text(Get(item, "name")) == PluginExtension && Get(item, "extension") is { } extension) return YamlToJson.Convert(extension);
        }

        return null;
    }

    static YamlNode? Get(YamlNode? node, string key) =>
        node is YamlMappingNode mapping && mapping.Children.TryGetValue(key, out YamlNode? value) ? value : null;

    static string? Text(YamlNode? node) => (node as YamlScalarNode)?.Value;
}
