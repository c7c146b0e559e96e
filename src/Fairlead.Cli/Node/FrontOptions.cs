using System.CommandLine;
using System.Runtime.Versioning;
using Fairlead.Cli.Installing;
using Fairlead.Cli.Usage;
using Fairlead.Node.Checks;
using Fairlead.Node.Host;
using Fairlead.Node.Installation;
using Fairlead.Server.Kubelet;

namespace Fairlead.Cli.Node;

/// <summary>Which machine <c>fairlead node check</c> and <c>install</c> look at, and what a front is started with there.</summary>
[SupportedOSPlatform("linux")]
sealed class FrontOptions
{
    readonly KubeletLook _kubelet = new();

    readonly Option<string?> _cri = Text("--cri", "unix://PATH", "The container runtime's socket (default: the kubelet's)");

    readonly Option<string?> _certificate = Text("--kubelet-client-cert", "FILE",
        "The front's own client certificate, PEM, by which the kubelet knows it");

    readonly Option<string?> _key = Text("--kubelet-client-key", "FILE", "The certificate's key, PEM");

    readonly Option<string?> _token = Text("--kubelet-token-file", "FILE", "A file with the front's own token, instead of a certificate");

    readonly Option<string?> _kubeconfig = Text("--authorization-kubeconfig", "FILE",
        "The cluster that is asked who somebody is and what he may do (default: the kubelet's own kubeconfig)");

    readonly Option<string?> _nodeName = Text("--node-name", "NAME", "The Node's name (default: as the kubelet finds it)");

    readonly Option<int?> _healthPort = NodeVerbOptions.Port("--health-port",
        $"The port of 127.0.0.1 at which the front tells of its own health (default {NodeCheckOptions.UsualHealthPort})");

    public void AddTo(Command verb)
    {
        _kubelet.AddTo(verb);
        foreach (Option option in (Option[])[_cri, _certificate, _key, _token, _kubeconfig, _nodeName, _healthPort]) verb.Add(option);
    }

    public HostRoot ReadRoot(ParseResult parsed) => _kubelet.ReadRoot(parsed);

    /// <summary>Where the front finds its token on the machine; null where it has another credential.</summary>
    public string? TokenFile(ParseResult parsed) => parsed.GetValue(_token);

    public FrontChoice Read(ParseResult parsed)
    {
        FoundKubelet found = _kubelet.Read(parsed, InstallationKind.Front, _kubeconfig);
        (HostRoot root, KubeletFlags? flags) = (found.Root, found.Flags);
        string? certificate = parsed.GetValue(_certificate), key = parsed.GetValue(_key), token = parsed.GetValue(_token);
        if (certificate is null != key is null) throw new UsageException("--kubelet-client-cert and --kubelet-client-key belong together");
        if (certificate is not null && token is not null)
            throw new UsageException("--kubelet-token-file stands for --kubelet-client-cert: give one of them");
        return new FrontChoice
        {
            Root = root,
            Flags = flags,
            IsRunning = found.IsRunning,
            Config = found.Config,
            ConfigFolder = found.ConfigFolder,
            Cri = parsed.GetValue(_cri),
            Certificate = certificate,
            Key = key,
            Token = token,
            Kubeconfig = parsed.GetValue(_kubeconfig) ?? FoundKubeconfig.WithoutPlugins(root, flags?.Get("kubeconfig")),
            HealthPort = parsed.GetValue(_healthPort) switch
            {
                null => NodeCheckOptions.UsualHealthPort,
                0 => throw new UsageException("--health-port: name the port, since who asks there has to know it"),
                { } port => port,
            },
            NodeName = parsed.GetValue(_nodeName)
                ?? (flags?.Get("hostname-override") is { } name ? ThisMachine.AsNodeName(name) : OwnName(root)),
        };
    }

    /// <summary>The cluster out of the kubeconfig; null where none is known.</summary>
    public static KubernetesEndpoint? Cluster(FrontChoice choice)
    {
        if (choice.Kubeconfig is not { } path) return null;
        try
        {
            return KubeConfigEndpoint.Load(new KubeConfigOptions
            {
                Path = path,
                Locate = named => choice.Root.Find(Path.GetFullPath(named)),
                Interactive = false,
            });
        }
        catch (Exception e) when (e is KubeConfigException or InvalidDataException)
        {
            throw new UsageException($"--authorization-kubeconfig {path}: {e.Message}");
        }
    }

    static string OwnName(HostRoot root) =>
        root.IsOwn ? ThisMachine.NodeName : ThisMachine.AsNodeName(root.ReadText("/etc/hostname"));

    static Option<string?> Text(string name, string value, string description) => new(name) { HelpName = value, Description = description };
}
