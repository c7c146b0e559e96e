using System.Text.Json;
using System.Text.Json.Nodes;
using Fairlead.Yaml;

namespace Fairlead.KubeConfig.Files;

/// <summary>
/// One kubeconfig file, read as kubectl reads it: keys that are not known are passed over, what is null is not there, and of several
/// documents the first counts. Its relative paths are resolved against its own folder.
/// </summary>
sealed class KubeConfigFile
{
    const string PluginExtension = "client.authentication.k8s.io/exec";

    public string? CurrentContext { get; private init; }

    public required IReadOnlyDictionary<string, ContextSettings> Contexts { get; init; }

    public required IReadOnlyDictionary<string, ClusterSettings> Clusters { get; init; }

    public required IReadOnlyDictionary<string, UserSettings> Users { get; init; }

    /// <exception cref="KubeConfigException">The file cannot be read or is not a kubeconfig.</exception>
    public static KubeConfigFile Load(string path, KubeConfigOptions options)
    {
        try
        {
            return Read(options.Reads.Read(options.Locate(path)), path, options.Locate);
        }
        catch (InvalidDataException e)
        {
            throw new KubeConfigException($"the kubeconfig {e.Message}", e);
        }
    }

    /// <param name="content">What is in the file.</param>
    /// <param name="path">Its path.</param>
    /// <param name="locate">See <see cref="KubeConfigOptions.Locate"/>; null for where paths say.</param>
    /// <exception cref="KubeConfigException">It is not a kubeconfig.</exception>
    internal static KubeConfigFile Read(byte[] content, string path, Func<string, string>? locate = null)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        return KubeConfigText.Read(
            content, path, document => Parse(document.ToObject(), folder, named => Locate(named, folder, locate)));
    }

    static KubeConfigFile Parse(YamlObject root, string folder, Func<string?, string?> find)
    {
        if (root.GetText("kind") is not (null or "" or "Config")) throw root.Wrong("kind", "is not Config");
        if (root.GetText("apiVersion") is not (null or "" or "v1")) throw root.Wrong("apiVersion", "is not v1");
        _ = root.GetObject("preferences");
        RequireExtensions(root);
        return new KubeConfigFile
        {
            CurrentContext = NullIfEmpty(root.GetText("current-context")),
            Contexts = ReadEntries(root, "contexts", "context", ReadContext),
            Clusters = ReadEntries(root, "clusters", "cluster", cluster => ReadCluster(cluster, find)),
            Users = ReadEntries(root, "users", "user", user => ReadUser(user, folder, find)),
        };
    }

    static Dictionary<string, T> ReadEntries<T>(YamlObject root, string list, string member, Func<YamlObject, T> read)
    {
        Dictionary<string, T> entries = new(StringComparer.Ordinal);
        foreach (YamlObject entry in root.GetObjects(list))
        {
            if (!entries.TryAdd(entry.GetText("name") ?? "", read(entry.GetObjectOrEmpty(member)))) throw NameTwice(entry);
        }

        return entries;
    }

    static YamlFormatException NameTwice(YamlObject entry) => entry.Wrong("name", "an entry before has the same name");

    static ContextSettings ReadContext(YamlObject context)
    {
        RequireExtensions(context);
        return new ContextSettings(
            context.GetText("cluster") ?? "", context.GetText("user") ?? "", NullIfEmpty(context.GetText("namespace")));
    }

    static ClusterSettings ReadCluster(YamlObject cluster, Func<string?, string?> find) => new()
    {
        Server = cluster.GetText("server") ?? "",
        CertificateAuthorityData = ReadData(cluster, "certificate-authority-data"),
        CertificateAuthorityFile = find(cluster.GetText("certificate-authority")),
        TlsServerName = NullIfEmpty(cluster.GetText("tls-server-name")),
        SkipTlsVerify = cluster.GetBoolean("insecure-skip-tls-verify"),
        ProxyUrl = NullIfEmpty(cluster.GetText("proxy-url")),
        DisableCompression = cluster.GetBoolean("disable-compression"),
        PluginConfiguration = RequireExtensions(cluster).GetValueOrDefault(PluginExtension),
    };

    static UserSettings ReadUser(YamlObject user, string folder, Func<string?, string?> find)
    {
        RequireExtensions(user);
        return new UserSettings
        {
            Token = NullIfEmpty(user.GetText("token")),
            TokenFile = find(user.GetText("tokenFile")),
            UserName = NullIfEmpty(user.GetText("username")),
            Password = user.GetText("password"),
            ClientCertificateData = ReadData(user, "client-certificate-data"),
            ClientCertificateFile = find(user.GetText("client-certificate")),
            ClientKeyData = ReadData(user, "client-key-data"),
            ClientKeyFile = find(user.GetText("client-key")),
            Plugin = user.GetObject("exec") is { } plugin ? ReadPlugin(plugin, folder) : null,
            AuthProvider = user.GetObject("auth-provider") is { } provider ? provider.GetText("name") ?? "" : null,
            Impersonation = Impersonation.Of(user.GetText("as"), user.GetText("as-uid"), user.GetTexts("as-groups"), ReadExtra(user)),
        };
    }

    static PluginSettings ReadPlugin(YamlObject plugin, string folder)
    {
        string command = plugin.GetText("command") ?? "";
        bool isPath = command.Contains(Path.DirectorySeparatorChar) || command.Contains('/'); // others are looked for in PATH
        return new PluginSettings
        {
            ApiVersion = plugin.GetText("apiVersion") ?? "",
            Command = isPath ? Locate(command, folder, null)! : command,
            Arguments = plugin.GetTexts("args"),
            Environment = [.. plugin.GetObjects("env").Select(ReadVariable)],
            InstallHint = NullIfEmpty(plugin.GetText("installHint")),
            ProvideClusterInfo = plugin.GetBoolean("provideClusterInfo"),
            InteractiveMode = plugin.GetText("interactiveMode"),
        };
    }

    static KeyValuePair<string, string> ReadVariable(YamlObject variable) =>
        KeyValuePair.Create(variable.GetText("name") ?? "", variable.GetText("value") ?? "");

    static List<KeyValuePair<string, string>> ReadExtra(YamlObject user)
    {
        const string Member = "as-user-extra";
        List<KeyValuePair<string, string>> extra = [];
        foreach ((string key, JsonNode? values) in user.GetObject(Member)?.Node ?? [])
        {
            if (values is not (null or JsonArray)) throw NoExtra();
            foreach (JsonNode? value in values as JsonArray ?? [])
            {
                if (value?.GetValueKind() is not (null or JsonValueKind.String)) throw NoExtra();
                extra.Add(KeyValuePair.Create(key, value?.GetValue<string>() ?? ""));
            }
        }

        return extra;

        YamlFormatException NoExtra() =>
            user.Wrong(Member, $"must hold a list of strings for each key, as in {Member}: {{scopes: [view]}}");
    }

    static Dictionary<string, JsonNode?> RequireExtensions(YamlObject of)
    {
        Dictionary<string, JsonNode?> extensions = new(StringComparer.Ordinal);
        foreach (YamlObject extension in of.GetObjects("extensions"))
        {
            if (!extensions.TryAdd(extension.GetText("name") ?? "", extension.Node["extension"])) throw NameTwice(extension);
        }

        return extensions;
    }

    static byte[]? ReadData(YamlObject of, string member)
    {
        if (of.GetText(member) is not { Length: > 0 } base64) return null;
        try
        {
            if (base64.AsSpan().ContainsAny(' ', '\t')) throw new FormatException(); // as kubectl: lines may end in it, and no more
            return Convert.FromBase64String(base64);
        }
        catch (FormatException)
        {
            throw of.Wrong(member, "is not base64");
        }
    }

    static string? Locate(string? path, string folder, Func<string, string>? locate)
    {
        if (string.IsNullOrEmpty(path)) return null;
        string absolute = Path.IsPathRooted(path) ? path : Path.GetFullPath(path, folder);
        return locate is null ? absolute : locate(absolute);
    }

    static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
