using System.Globalization;
using System.Text.Json.Nodes;
using Fairlead.KubeConfig.Files;

namespace Fairlead.KubeConfig.Tests.Kubectl;

/// <summary>What was understood of kubeconfigs, as lines that can be compared: one for each thing that is said, in order.</summary>
static class Understanding
{
    const string PluginExtension = "client.authentication.k8s.io/exec";

    static readonly string[] s_clusterTexts =
        ["server", "tls-server-name", "proxy-url", "certificate-authority-data", "insecure-skip-tls-verify"];

    static readonly string[] s_userTexts = ["token", "username", "password", "client-certificate-data", "client-key-data"];

    static readonly string[] s_userPaths = ["tokenFile", "client-certificate", "client-key"];

    /// <summary>What kubectl understood. Its paths are those of the file, or relative to the folder that it ran in.</summary>
    public static string[] Of(JsonNode view, string folder)
    {
        List<string> lines = [];
        Add(lines, "current-context", Text(view, "current-context"));
        foreach (JsonNode? entry in Items(view, "contexts"))
        {
            string at = $"context {Text(entry, "name")}";
            lines.Add(at);
            foreach (string key in (string[])["cluster", "user", "namespace"]) Add(lines, $"{at} {key}", Text(entry?["context"], key));
        }

        foreach (JsonNode? entry in Items(view, "clusters"))
        {
            (string at, JsonNode? cluster) = ($"cluster {Text(entry, "name")}", entry?["cluster"]);
            lines.Add(at);
            foreach (string key in s_clusterTexts) Add(lines, $"{at} {key}", Text(cluster, key));
            Add(lines, $"{at} certificate-authority", Absolute(Text(cluster, "certificate-authority"), folder));
            JsonNode? extension = Items(cluster, "extensions").FirstOrDefault(static item => Text(item, "name") == PluginExtension);
            Add(lines, $"{at} plugin configuration", Ordered(extension?["extension"])?.ToJsonString());
        }

        foreach (JsonNode? entry in Items(view, "users"))
        {
            (string at, JsonNode? user) = ($"user {Text(entry, "name")}", entry?["user"]);
            lines.Add(at);
            foreach (string key in s_userTexts) Add(lines, $"{at} {key}", Text(user, key));
            foreach (string key in s_userPaths) Add(lines, $"{at} {key}", Absolute(Text(user, key), folder));
            if (user?["auth-provider"] is { } provider) lines.Add($"{at} auth-provider {Text(provider, "name")}");
            AddImpersonation(lines, at, user);
            if (user?["exec"] is { } plugin) AddPlugin(lines, at + " exec", plugin, folder);
        }

        return Sorted(lines);
    }

    /// <summary>What we understood of it.</summary>
    public static string[] Of(
        string? current,
        IReadOnlyDictionary<string, ContextSettings> contexts,
        IReadOnlyDictionary<string, ClusterSettings> clusters,
        IReadOnlyDictionary<string, UserSettings> users)
    {
        List<string> lines = [];
        Add(lines, "current-context", current);
        foreach ((string name, ContextSettings context) in contexts)
        {
            string at = $"context {name}";
            lines.Add(at);
            Add(lines, at + " cluster", context.Cluster);
            Add(lines, at + " user", context.User);
            Add(lines, at + " namespace", context.Namespace);
        }

        foreach ((string name, ClusterSettings cluster) in clusters)
        {
            string at = $"cluster {name}";
            lines.Add(at);
            Add(lines, at + " server", cluster.Server);
            Add(lines, at + " tls-server-name", cluster.TlsServerName);
            Add(lines, at + " proxy-url", cluster.ProxyUrl);
            Add(lines, at + " certificate-authority-data", Base64(cluster.CertificateAuthorityData));
            Add(lines, at + " insecure-skip-tls-verify", cluster.SkipTlsVerify ? "true" : null);
            Add(lines, at + " certificate-authority", cluster.CertificateAuthorityFile);
            Add(lines, at + " plugin configuration", cluster.PluginConfiguration is { } node ? Ordered(node)?.ToJsonString() : null);
        }

        foreach ((string name, UserSettings user) in users) AddUser(lines, $"user {name}", user);
        return Sorted(lines);
    }

    static void AddUser(List<string> lines, string at, UserSettings user)
    {
        lines.Add(at);
        Add(lines, at + " token", user.Token);
        Add(lines, at + " username", user.UserName);
        Add(lines, at + " password", user.Password);
        Add(lines, at + " client-certificate-data", Base64(user.ClientCertificateData));
        Add(lines, at + " client-key-data", Base64(user.ClientKeyData));
        Add(lines, at + " tokenFile", user.TokenFile);
        Add(lines, at + " client-certificate", user.ClientCertificateFile);
        Add(lines, at + " client-key", user.ClientKeyFile);
        if (user.AuthProvider is { } provider) lines.Add($"{at} auth-provider {provider}");
        Add(lines, at + " as", user.Impersonation?.User);
        Add(lines, at + " as-uid", user.Impersonation?.Uid);
        foreach (string group in user.Impersonation?.Groups ?? []) lines.Add($"{at} as-group {group}");
        foreach ((string key, string value) in user.Impersonation?.Extra ?? []) lines.Add($"{at} as-user-extra {key}={value}");
        if (user.Plugin is not { } plugin) return;
        at += " exec";
        lines.Add(at);
        Add(lines, at + " command", plugin.Command);
        Add(lines, at + " apiVersion", plugin.ApiVersion);
        Add(lines, at + " installHint", plugin.InstallHint);
        Add(lines, at + " interactiveMode", plugin.InteractiveMode);
        if (plugin.ProvideClusterInfo) lines.Add(at + " provideClusterInfo");
        AddNumbered(lines, at + " args", plugin.Arguments);
        AddNumbered(lines, at + " env", plugin.Environment.Select(static variable => $"{variable.Key}={variable.Value}"));
    }

    static void AddImpersonation(List<string> lines, string at, JsonNode? user)
    {
        Add(lines, at + " as", Text(user, "as"));
        Add(lines, at + " as-uid", Text(user, "as-uid"));
        foreach (JsonNode? group in Items(user, "as-groups")) lines.Add($"{at} as-group {group}");
        foreach ((string key, JsonNode? values) in user?["as-user-extra"] as JsonObject ?? [])
        {
            foreach (JsonNode? value in values as JsonArray ?? []) lines.Add($"{at} as-user-extra {key}={value}");
        }
    }

    static void AddPlugin(List<string> lines, string at, JsonNode plugin, string folder)
    {
        lines.Add(at);
        string? command = Text(plugin, "command");
        Add(lines, at + " command", command?.Contains('/') == true ? Absolute(command, folder) : command);
        foreach (string key in (string[])["apiVersion", "installHint", "interactiveMode"]) Add(lines, $"{at} {key}", Text(plugin, key));
        if (Text(plugin, "provideClusterInfo") == "true") lines.Add(at + " provideClusterInfo");
        AddNumbered(lines, at + " args", Items(plugin, "args").Select(static argument => (string?)argument ?? ""));
        AddNumbered(
            lines, at + " env", Items(plugin, "env").Select(static variable => $"{Text(variable, "name")}={Text(variable, "value")}"));
    }

    static void AddNumbered(List<string> lines, string at, IEnumerable<string> items) =>
        lines.AddRange(items.Select((item, index) => $"{at}[{index}] {item}"));

    /// <summary>What is empty is as good as not there.</summary>
    static void Add(List<string> lines, string what, string? value)
    {
        if (!string.IsNullOrEmpty(value)) lines.Add($"{what}: {value}");
    }

    static string[] Sorted(List<string> lines) => [.. lines.Order(StringComparer.Ordinal)];

    static JsonArray Items(JsonNode? node, string list) => (node as JsonObject)?[list] as JsonArray ?? [];

    static string? Text(JsonNode? node, string key) => (node as JsonObject)?[key] is { } value ? value.ToString() : null;

    static string? Absolute(string? path, string folder) =>
        string.IsNullOrEmpty(path) || path[0] == '/' ? path : Path.GetFullPath(path, folder);

    static string? Base64(byte[]? data) => data is null ? null : Convert.ToBase64String(data);

    /// <summary>Members in order and numbers in one spelling, as Go writes them.</summary>
    static JsonNode? Ordered(JsonNode? node) => node switch
    {
        JsonObject members => new JsonObject(members.OrderBy(static member => member.Key, StringComparer.Ordinal)
            .Select(static member => KeyValuePair.Create(member.Key, Ordered(member.Value)))),
        JsonArray items => new JsonArray([.. items.Select(Ordered)]),
        JsonValue value when value.TryGetValue(out double number) => number == Math.Floor(number) && Math.Abs(number) < 1e15
            ? JsonValue.Create((long)number)
            : JsonNode.Parse(number.ToString("R", CultureInfo.InvariantCulture)),
        _ => node?.DeepClone(),
    };
}
