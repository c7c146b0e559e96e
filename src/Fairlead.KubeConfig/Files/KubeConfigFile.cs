using System.Text;
using Fairlead.Streaming.Tls;
using k8s;
using k8s.KubeConfigModels;
using YamlDotNet.Core;

namespace Fairlead.KubeConfig.Files;

/// <summary>One kubeconfig file. Its relative paths are resolved against its own folder.</summary>
sealed class KubeConfigFile
{
    public string? CurrentContext { get; private init; }

    public Dictionary<string, ContextSettings> Contexts { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, ClusterSettings> Clusters { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, UserSettings> Users { get; } = new(StringComparer.Ordinal);

    /// <exception cref="KubeConfigException">The file cannot be read or is not a kubeconfig.</exception>
    public static KubeConfigFile Load(string path, FileReads reads)
    {
        byte[] content;
        try
        {
            content = reads.Read(path);
        }
        catch (InvalidDataException e)
        {
            throw new KubeConfigException($"the kubeconfig {e.Message}", e);
        }

        return Read(content, path);
    }

    /// <param name="content">What is in the file.</param>
    /// <param name="path">Its path.</param>
    /// <exception cref="KubeConfigException">It is not a kubeconfig.</exception>
    internal static KubeConfigFile Read(byte[] content, string path)
    {
        using StreamReader reader = new(new MemoryStream(content), Encoding.UTF8);
        string text = reader.ReadToEnd();
        try
        {
            return Parse(text, Path.GetDirectoryName(Path.GetFullPath(path))!);
        }
        catch (YamlException e)
        {
            throw new KubeConfigException($"{path} is not a valid kubeconfig: {YamlFault.Describe(text, e)}");
        }
        catch (KubeConfigException e)
        {
            throw new KubeConfigException($"{path}: {e.Message}", e);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // the libraries have as many kinds of exceptions for YAML that is not closed, refers to nothing or has another shape, as they have parts
            throw new KubeConfigException($"{path} is not a kubeconfig");
        }
    }

    static KubeConfigFile Parse(string text, string folder)
    {
        if (string.IsNullOrWhiteSpace(text)) return new KubeConfigFile();

        UnmodelledKeys extra = UnmodelledKeys.Read(ref text);
        using MemoryStream yaml = new(Encoding.UTF8.GetBytes(text));
        K8SConfiguration? model = KubernetesClientConfiguration.LoadKubeConfig(yaml);
        if (model is null) return new KubeConfigFile();

        KubeConfigFile file = new() { CurrentContext = NullIfEmpty(model.CurrentContext) };
        foreach (Context context in model.Contexts ?? [])
        {
            if (context.Name is null || context.ContextDetails is not { } details) continue;
            file.Contexts.TryAdd(context.Name, new ContextSettings(details.Cluster ?? "", details.User ?? "", NullIfEmpty(details.Namespace)));
        }

        foreach (Cluster cluster in model.Clusters ?? [])
        {
            if (cluster.Name is null || cluster.ClusterEndpoint is not { } endpoint) continue;
            file.Clusters.TryAdd(cluster.Name, new ClusterSettings
            {
                Server = endpoint.Server ?? "",
                CertificateAuthorityData = NullIfEmpty(endpoint.CertificateAuthorityData),
                CertificateAuthorityFile = Locate(endpoint.CertificateAuthority, folder),
                TlsServerName = NullIfEmpty(endpoint.TlsServerName),
                SkipTlsVerify = endpoint.SkipTlsVerify,
                ProxyUrl = NullIfEmpty(extra.OfCluster(cluster.Name).ProxyUrl),
                PluginConfiguration = extra.OfCluster(cluster.Name).PluginConfiguration,
            });
        }

        foreach (User user in model.Users ?? [])
        {
            if (user.Name is null || user.UserCredentials is not { } credentials) continue;
            file.Users.TryAdd(user.Name, ReadUser(credentials, extra.OfUser(user.Name), folder));
        }

        return file;
    }

    static UserSettings ReadUser(UserCredentials credentials, UnmodelledKeys.User extra, string folder) => new()
    {
        Token = NullIfEmpty(credentials.Token),
        TokenFile = Locate(extra.TokenFile, folder),
        UserName = NullIfEmpty(credentials.UserName),
        Password = credentials.Password,
        ClientCertificateData = NullIfEmpty(credentials.ClientCertificateData),
        ClientCertificateFile = Locate(credentials.ClientCertificate, folder),
        ClientKeyData = NullIfEmpty(credentials.ClientKeyData),
        ClientKeyFile = Locate(credentials.ClientKey, folder),
        Plugin = credentials.ExternalExecution is { } plugin ? ReadPlugin(plugin, extra.InteractiveMode, folder) : null,
        Impersonation = Impersonation.Of(credentials.Impersonate, extra.Uid, [.. credentials.ImpersonateGroups ?? []], extra.Extra ?? []),
    };

    static PluginSettings ReadPlugin(ExternalExecution plugin, string? interactiveMode, string folder)
    {
        string command = plugin.Command ?? "", version = plugin.ApiVersion ?? "";
        bool isRelativePath = command.Contains('/', StringComparison.Ordinal) || command.Contains(Path.DirectorySeparatorChar, StringComparison.Ordinal);
        return new PluginSettings
        {
            ApiVersion = version,
            Command = isRelativePath ? Locate(command, folder)! : command,
            Arguments = [.. plugin.Arguments ?? []],
            Environment =
            [
                .. (plugin.EnvironmentVariables ?? [])
                    .Where(variable => variable.ContainsKey("name"))
                    .Select(variable => KeyValuePair.Create(variable["name"], variable.GetValueOrDefault("value") ?? "")),
            ],
            InstallHint = NullIfEmpty(plugin.InstallHint),
            ProvideClusterInfo = plugin.ProvideClusterInfo,
            InteractiveMode = interactiveMode,
        };
    }

    static string? Locate(string? path, string folder) => string.IsNullOrEmpty(path) ? null : Path.GetFullPath(path, folder);

    static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
