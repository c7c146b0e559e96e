using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Fairlead.KubeConfig.Files;

/// <summary>The keys of a kubeconfig that KubernetesClient's model has no place for, or another one than kubectl's.</summary>
sealed class UnmodelledKeys
{
    /// <summary>A list of texts for each key, as kubectl has it; one text for each, to KubernetesClient.</summary>
    const string Extra = "as-user-extra";

    const string PluginExtension = "client.authentication.k8s.io/exec";

    readonly Dictionary<string, Cluster> _clusters = new(StringComparer.Ordinal);
    readonly Dictionary<string, User> _users = new(StringComparer.Ordinal);

    public readonly record struct Cluster(string? ProxyUrl, JsonNode? PluginConfiguration);

    public readonly record struct User(string? TokenFile, string? InteractiveMode, string? Uid, IReadOnlyList<KeyValuePair<string, string>>? Extra);

    public Cluster OfCluster(string name) => _clusters.GetValueOrDefault(name);

    public User OfUser(string name) => _users.GetValueOrDefault(name);

    /// <summary>Reads them.</summary>
    /// <param name="text">The kubeconfig. Keys that the model would read otherwise get other names in it, which it does not know; no place in it moves.</param>
    /// <exception cref="KubeConfigException">One of them has not the form that kubectl takes.</exception>
    public static UnmodelledKeys Read(ref string text)
    {
        UnmodelledKeys keys = new();
        if (!MayHoldAny(text)) return keys; // most files: the second look at the YAML is saved

        YamlStream yaml = [];
        yaml.Load(new StringReader(text));
        if (yaml.Documents.Count == 0) return keys;

        foreach ((string name, YamlNode entry) in Entries(yaml.Documents[0].RootNode, "clusters", "cluster"))
            keys._clusters.TryAdd(name, new Cluster(Text(Get(entry, "proxy-url")), ReadPluginConfiguration(entry)));
        foreach ((string name, YamlNode entry) in Entries(yaml.Documents[0].RootNode, "users", "user"))
        {
            User user = new(
                Text(Get(entry, "tokenFile")), Text(Get(Get(entry, "exec"), "interactiveMode")), Text(Get(entry, "as-uid")), ReadExtra(Get(entry, Extra)));
            keys._users.TryAdd(name, user);
            text = Hide(text, entry);
        }

        return keys;
    }

    static bool MayHoldAny(string text)
    {
        ReadOnlySpan<string> keys = ["proxy-url", "tokenFile", "interactiveMode", "as-uid", Extra, PluginExtension];
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

    static List<KeyValuePair<string, string>> ReadExtra(YamlNode? node)
    {
        List<KeyValuePair<string, string>> extra = [];
        if (IsNull(node)) return extra;
        if (node is not YamlMappingNode mapping) throw NoExtra(node!);
        foreach ((YamlNode key, YamlNode values) in mapping.Children)
        {
            if (IsNull(values)) continue;
            if (values is not YamlSequenceNode list || !list.All(static value => value is YamlScalarNode)) throw NoExtra(values);
            extra.AddRange(list.Select(value => KeyValuePair.Create(Text(key) ?? "", Text(value) ?? "")));
        }

        return extra;
    }

    /// <summary>Nothing is quoted: where a bracket is wrong, a token may stand in a key's place.</summary>
    static KubeConfigException NoExtra(YamlNode node) =>
        new($"error in line {node.Start.Line}: \"{Extra}\" holds a list of texts for each key, as in {Extra}: {{scopes: [view]}}");

    static bool IsNull(YamlNode? node) => node is null or YamlScalarNode { Style: ScalarStyle.Plain, Value: "" or "~" or "null" };

    static string Hide(string text, YamlNode user)
    {
        if (user is not YamlMappingNode mapping || mapping.Children.Keys.FirstOrDefault(static key => Text(key) == Extra) is not { } found) return text;
        int at = text.IndexOf(Extra, (int)found.Start.Index, StringComparison.Ordinal);
        return at < 0 ? text : text.Remove(at, 1).Insert(at, "A");
    }

    static YamlNode? Get(YamlNode? node, string key) =>
        node is YamlMappingNode mapping && mapping.Children.TryGetValue(key, out YamlNode? value) ? value : null;

    static string? Text(YamlNode? node) => (node as YamlScalarNode)?.Value;
}
