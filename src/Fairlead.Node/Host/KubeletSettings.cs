using System.Globalization;
using System.Text.Json.Nodes;
using Fairlead.Wire;
using Fairlead.Yaml;

namespace Fairlead.Node.Host;

/// <summary>What a kubelet's own configuration says about its door: where it listens, what it shows and whom it believes.</summary>
/// <remarks>
/// Kubernetes, <c>kubelet.config.k8s.io/v1beta1</c>, KubeletConfiguration, with its defaults. Files of <c>--config-dir</c> come after the
/// configuration, in the order of their names; flags overrule both.
/// </remarks>
public sealed record KubeletSettings
{
    /// <summary>Where a kubelet's configuration is unless something else is said.</summary>
    public const string UsualFile = "/var/lib/kubelet/config.yaml";

    /// <summary>The files that this was read from, the configuration first.</summary>
    public required IReadOnlyList<string> Files { get; init; }

    /// <summary>The address that the kubelet listens on.</summary>
    public required string Address { get; init; }

    /// <summary>The port, which the API server knows from the Node.</summary>
    public required int Port { get; init; }

    /// <summary>The file with the serving certificate: the one that is named, the one that is rotated, or the self-signed one.</summary>
    public required string CertificateFile { get; init; }

    /// <summary>The file with its key, which may be the same.</summary>
    public required string KeyFile { get; init; }

    /// <summary>Whose client certificates it takes; null for none.</summary>
    public required string? ClientAuthoritiesFile { get; init; }

    /// <summary>Who shows nothing is <c>system:anonymous</c>, and not refused at once.</summary>
    public required bool AllowsAnonymous { get; init; }

    /// <summary>Bearer tokens are asked about by TokenReview.</summary>
    public required bool ReviewsTokens { get; init; }

    /// <summary>How long the answer about a token is kept.</summary>
    public required TimeSpan TokenLifetime { get; init; }

    /// <summary>Permission is asked for by SubjectAccessReview; else everybody who is known may do everything.</summary>
    public required bool ReviewsAccess { get; init; }

    /// <summary>How long a yes is kept.</summary>
    public required TimeSpan AllowedLifetime { get; init; }

    /// <summary>How long a no is kept.</summary>
    public required TimeSpan DeniedLifetime { get; init; }

    /// <summary>The container runtime's socket.</summary>
    public required string RuntimeEndpoint { get; init; }

    /// <summary>Reads a configuration.</summary>
    /// <param name="root">The machine.</param>
    /// <param name="file">The configuration.</param>
    /// <param name="folder">Its drop-ins, of which those that end in <c>.conf</c> count; null for none.</param>
    /// <param name="flags">What the kubelet was started with.</param>
    /// <param name="except">A drop-in that does not count; null for none.</param>
    /// <exception cref="InvalidDataException">A file cannot be read, or does not say what is asked of it. The message names it.</exception>
    public static KubeletSettings Read(HostRoot root, string file, string? folder, KubeletFlags flags, string? except = null)
    {
        ArgumentNullException.ThrowIfNull(root);
        ArgumentNullException.ThrowIfNull(flags);
        List<string> files = [file, .. folder is null ? [] : KubeletFiles.DropIns(root, folder).Where(each => each != except)];
        JsonObject merged = [];
        foreach (string each in files) Merge(merged, KubeletFiles.Read(root, each));
        try
        {
            return Read(root, new YamlReader(new StringReader(merged.ToJsonString())).Read()!.ToObject(), files, flags);
        }
        catch (YamlFormatException e)
        {
            throw new InvalidDataException($"{file}: {e.Message}", e);
        }
    }

    static KubeletSettings Read(HostRoot root, YamlObject settings, List<string> files, KubeletFlags flags)
    {
        YamlObject authentication = settings.GetObjectOrEmpty("authentication");
        YamlObject tokens = authentication.GetObjectOrEmpty("webhook");
        YamlObject authorization = settings.GetObjectOrEmpty("authorization");
        YamlObject access = authorization.GetObjectOrEmpty("webhook");
        (string certificate, string key) = ServingFiles(root, settings, flags);
        return new KubeletSettings
        {
            Files = files,
            Address = flags.Get("address") ?? Text(settings, "address") ?? "0.0.0.0",
            Port = Number(flags.Get("port")) ?? (settings.GetInteger("port") is { } port and not 0 ? port : 10250),
            CertificateFile = certificate,
            KeyFile = key,
            ClientAuthoritiesFile = flags.Get("client-ca-file") ?? Text(authentication.GetObjectOrEmpty("x509"), "clientCAFile"),
            AllowsAnonymous = Truth(flags.Get("anonymous-auth")) ?? authentication.GetObjectOrEmpty("anonymous").GetBoolean("enabled"),
            ReviewsTokens = Truth(flags.Get("authentication-token-webhook"))
                ?? (tokens.Node["enabled"] is null || tokens.GetBoolean("enabled")),
            TokenLifetime = Duration(flags, "authentication-token-webhook-cache-ttl", tokens, "cacheTTL", TimeSpan.FromMinutes(2)),
            ReviewsAccess = (flags.Get("authorization-mode") ?? Text(authorization, "mode")) != "AlwaysAllow",
            AllowedLifetime = Duration(
                flags, "authorization-webhook-cache-authorized-ttl", access, "cacheAuthorizedTTL", TimeSpan.FromMinutes(5)),
            DeniedLifetime = Duration(
                flags, "authorization-webhook-cache-unauthorized-ttl", access, "cacheUnauthorizedTTL", TimeSpan.FromSeconds(30)),
            RuntimeEndpoint = flags.Get("container-runtime-endpoint") ?? Text(settings, "containerRuntimeEndpoint")
                ?? "unix:///run/containerd/containerd.sock",
        };
    }

    static (string Certificate, string Key) ServingFiles(HostRoot root, YamlObject settings, KubeletFlags flags)
    {
        if ((flags.Get("tls-cert-file") ?? Text(settings, "tlsCertFile")) is { } named)
        {
            return (flags.Get("tls-private-key-file") ?? Text(settings, "tlsPrivateKeyFile")) is { } key
                ? (named, key)
                : throw settings.Wrong("tlsPrivateKeyFile", "tlsCertFile is set, and its key is not");
        }

        string folder = flags.Get("cert-dir") ?? "/var/lib/kubelet/pki";
        string rotated = Path.Join(folder, "kubelet-server-current.pem");
        return root.HasFile(rotated)
            ? (rotated, rotated)
            : (Path.Join(folder, "kubelet.crt"), Path.Join(folder, "kubelet.key"));
    }

    /// <summary>What a drop-in says replaces what was said before; mappings are merged member by member.</summary>
    static void Merge(JsonObject into, JsonObject from)
    {
        foreach ((string key, JsonNode? value) in from)
        {
            if (value is JsonObject inner && into[key] is JsonObject known) Merge(known, inner);
            else into[key] = value?.DeepClone();
        }
    }

    static string? Text(YamlObject at, string member) => at.GetText(member) is { Length: > 0 } text ? text : null;

    static TimeSpan Duration(KubeletFlags flags, string flag, YamlObject at, string member, TimeSpan usual)
    {
        if ((flags.Get(flag) ?? Text(at, member)) is not { } text) return usual;
        if (!GoDuration.TryParse(text, out TimeSpan duration)) throw at.Wrong(member, "must be a duration, such as 2m0s");
        return duration > TimeSpan.Zero ? duration : usual; // to a kubelet 0 says nothing
    }

    static bool? Truth(string? flag) => flag is null ? null : flag is "true" or "True" or "TRUE" or "t" or "T" or "1";

    static int? Number(string? flag) => int.TryParse(flag, CultureInfo.InvariantCulture, out int number) ? number : null;
}
