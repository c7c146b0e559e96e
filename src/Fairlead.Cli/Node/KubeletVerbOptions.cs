using System.CommandLine;
using System.Runtime.Versioning;
using Fairlead.Cli.Usage;
using Fairlead.Node;
using Fairlead.Node.Host;

namespace Fairlead.Cli.Node;

/// <summary>The options of <c>fairlead node</c> in front of a kubelet.</summary>
sealed class KubeletVerbOptions
{
    readonly Option<string?> _config = Text(
        "--config", "FILE",
        "Stand in front of the kubelet whose configuration this is: its port on each of the node's addresses, its certificate, client " +
        "authorities, runtime and times are taken from there; options overrule it");

    readonly Option<string?> _configFolder = Text("--config-dir", "DIR", "The folder of that configuration's drop-ins");

    readonly Option<string?> _kubelet = Text(
        "--kubelet", "URL",
        "Stand in front of this kubelet, as the node's only door: exec, attach, port-forward and run are served here, and all else is " +
        "passed on");

    readonly Option<string?> _authorities = Text(
        "--kubelet-ca", "FILE", "Trust a kubelet's certificate of these authorities, or that is in the file itself, PEM");

    readonly Option<string?> _certificate = Text(
        "--kubelet-client-cert", "FILE", "What the kubelet is shown for callers with certificates, who are judged here, PEM");

    readonly Option<string?> _key = Text("--kubelet-client-key", "FILE", "That certificate's key, PEM");

    readonly Option<string?> _token = Text("--kubelet-token-file", "FILE", "A bearer token to show the kubelet instead of a certificate");

    readonly Option<string?> _nodeName = Text(
        "--node-name", "NAME", "The node's name, by which the cluster is asked who may (default: this machine's name)");

    public void AddTo(Command verb)
    {
        foreach (Option option in (Option[])[_config, _configFolder, _kubelet, _authorities, _certificate, _key, _token,
            _nodeName]) verb.Add(option);
    }

    /// <summary>What <c>--config</c> says; null where it is not given.</summary>
    [SupportedOSPlatform("linux")]
    public KubeletSettings? ReadSettings(ParseResult parsed)
    {
        string? folder = parsed.GetValue(_configFolder);
        if (parsed.GetValue(_config) is not { } file)
            return folder is null ? null : throw new UsageException("--config-dir needs --config");
        try
        {
            return KubeletSettings.Read(HostRoot.Own, Path.GetFullPath(file), folder is null ? null
                : Path.GetFullPath(folder), KubeletFlags.None);
        }
        catch (InvalidDataException e)
        {
            throw new UsageException("--config: " + e.Message);
        }
    }

    /// <summary>Null where no kubelet is named.</summary>
    /// <param name="parsed">The line.</param>
    /// <param name="settings">What <c>--config</c> says; null for nothing.</param>
    [SupportedOSPlatform("linux")]
    public KubeletOptions? Read(ParseResult parsed, KubeletSettings? settings)
    {
        if ((parsed.GetValue(_kubelet) ?? (settings is null ? null : $"https://127.0.0.1:{settings.Port}")) is not { } kubelet)
        {
            foreach (Option<string?> option in (Option<string?>[])[_authorities, _certificate, _key, _token, _nodeName])
            {
                if (parsed.GetValue(option) is not null) throw new UsageException($"{option.Name} needs --kubelet or --config");
            }

            return null;
        }

        (string? certificate, string? key, string? token) = (parsed.GetValue(_certificate), parsed.GetValue(_key), parsed.GetValue(_token));
        if (certificate is null != key is null) throw new UsageException("--kubelet-client-cert and --kubelet-client-key belong together");
        if (certificate is not null && token is not null)
            throw new UsageException("--kubelet-client-cert and --kubelet-token-file are two ways to the same: name one");
        KubeletOptions options = new()
        {
            Address = Address(kubelet),
            AuthoritiesFile = parsed.GetValue(_authorities) ?? settings?.CertificateFile,
            CertificateFile = certificate,
            KeyFile = key,
            TokenFile = token,
        };
        if (settings is not null)
        {
            options = options with
            {
                ReviewsTokens = settings.ReviewsTokens,
                TokenLifetime = settings.TokenLifetime,
                AllowedLifetime = settings.AllowedLifetime,
                DeniedLifetime = settings.DeniedLifetime,
            };
        }

        return parsed.GetValue(_nodeName) is { Length: > 0 } name ? options with { NodeName = name } : options;
    }

    static Uri Address(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? address) && address.Scheme == Uri.UriSchemeHttps && address.PathAndQuery == "/"
            && address.UserInfo.Length == 0 && address.Fragment.Length == 0
            ? address
            : throw new UsageException($"--kubelet: \"{text}\" is no address of a kubelet: write https://127.0.0.1:10250");

    static Option<string?> Text(string name, string value, string description) => new(name) { HelpName = value, Description = description };
}
