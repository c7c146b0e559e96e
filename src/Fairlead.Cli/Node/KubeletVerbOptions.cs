using System.CommandLine;
using System.Runtime.Versioning;
using Fairlead.Cli.Usage;
using Fairlead.Node;

namespace Fairlead.Cli.Node;

/// <summary>The options of <c>fairlead node</c> in front of a kubelet.</summary>
sealed class KubeletVerbOptions
{
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
        foreach (Option option in (Option[])[_kubelet, _authorities, _certificate, _key, _token, _nodeName]) verb.Add(option);
    }

    /// <summary>Null where no kubelet is named.</summary>
    [SupportedOSPlatform("linux")]
    public KubeletOptions? Read(ParseResult parsed)
    {
        if (parsed.GetValue(_kubelet) is not { } kubelet)
        {
            foreach (Option<string?> option in (Option<string?>[])[_authorities, _certificate, _key, _token, _nodeName])
            {
                if (parsed.GetValue(option) is not null) throw new UsageException($"{option.Name} needs --kubelet");
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
            AuthoritiesFile = parsed.GetValue(_authorities),
            CertificateFile = certificate,
            KeyFile = key,
            TokenFile = token,
        };
        return parsed.GetValue(_nodeName) is { Length: > 0 } name ? options with { NodeName = name } : options;
    }

    static Uri Address(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? address) && address.Scheme == Uri.UriSchemeHttps && address.PathAndQuery == "/"
            && address.UserInfo.Length == 0 && address.Fragment.Length == 0
            ? address
            : throw new UsageException($"--kubelet: \"{text}\" is no address of a kubelet: write https://127.0.0.1:10250");

    static Option<string?> Text(string name, string value, string description) => new(name) { HelpName = value, Description = description };
}
