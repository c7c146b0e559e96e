using System.CommandLine;
using System.Globalization;
using System.Runtime.Versioning;
using Fairlead.Cli.CommandLine;
using Fairlead.Cli.Usage;
using Fairlead.Containerd;

namespace Fairlead.Cli.Node;

/// <summary>The options of <c>fairlead node</c>.</summary>
sealed class NodeVerbOptions
{
    public Option<string?> Cri { get; } = Text("--cri", "unix://PATH", "The container runtime's socket");

    public Option<string?> Listen { get; } = Text(
        "--listen", "ADDR:PORT", "Where to listen; port 0 picks a free one (default 127.0.0.1:0)");

    public Option<string?> TlsCert { get; } = Text(
        "--tls-cert", "FILE",
        "The server's certificate, PEM, with what stands between it and the authority (default: one made for this run)");

    public Option<string?> TlsKey { get; } = Text("--tls-key", "FILE", "The certificate's key, PEM");

    public Option<string?> ClientCa { get; } = Text(
        "--client-ca", "FILE", "Take client certificates of these authorities, PEM: the common name is the user, organisations are groups");

    public Option<string?> TokenFile { get; } = Text(
        "--token-file", "FILE", "Users known by bearer token, one a line: token,user,uid,\"group1,group2\"");

    public Option<string[]?> AllowUser { get; } = new(
        "--allow-user")
    {
        HelpName = "USER",
        Description =
        "Allow this user everything; repeat for more (default: kube-apiserver-kubelet-client, or nobody where a cluster is asked). " +
        "Whoever is on no list gets 403"
    };

    public Option<string[]?> AllowGroup { get; } = new(
        "--allow-group")
    { HelpName = "GROUP", Description = "Allow everybody in this group everything; repeat for more" };

    public Option<string?> AuthorizationKubeconfig { get; } = Text(
        "--authorization-kubeconfig", "FILE", "Ask this cluster, by SubjectAccessReview, about users whom no --allow names");

    public KubeletVerbOptions Kubelet { get; } = new();

    public Option<TimeSpan> Drain { get; } = new("--drain")
    {
        HelpName = "DURATION",
        Description =
        "On sockets that it was given, SIGHUP starts a new process there, and this one goes on with its sessions for so long (default 5m)",
        DefaultValueFactory = _ => TimeSpan.FromMinutes(5),
        CustomParser = DurationText.ParsePositive,
    };

    public Option<int?> HealthPort { get; } = Port(
        "--health-port",
        "Tell of the node's own health at this port of 127.0.0.1, by /livez and /readyz in plain HTTP; 0 picks a free one");

    public RuntimeOptions Runtime { get; } = new();

    public Option<string?> WriteKubeconfig { get; } = Text(
        "--write-kubeconfig", "PATH", "Write a kubeconfig, mode 0600, with an administrator whose token is made for this run");

    public void AddTo(Command verb)
    {
        foreach (Option option in (Option[])[Cri, Listen, TlsCert, TlsKey, ClientCa, TokenFile, AllowUser, AllowGroup,
            AuthorizationKubeconfig]) verb.Add(option);
        Kubelet.AddTo(verb);
        verb.Add(Drain);
        verb.Add(HealthPort);
        Runtime.AddTo(verb);
        verb.Add(WriteKubeconfig);
    }

    [SupportedOSPlatform("linux")]
    public static UnixSocketAddress Socket(string option, string text)
    {
        try
        {
            return UnixSocketAddress.Parse(text);
        }
        catch (FormatException e)
        {
            throw new UsageException($"{option}: {e.Message}");
        }
    }

    /// <summary>An option that takes the number of a port.</summary>
    public static Option<int?> Port(string name, string description)
    {
        Option<int?> option = new(name) { HelpName = "PORT", Description = description };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [.., var token] && int.TryParse(token.Value, CultureInfo.InvariantCulture, out int port)
                && port is < 0 or > 65535)
                result.AddError($"{name} is a number from 0 to 65535");
        });
        return option;
    }

    static Option<string?> Text(string name, string value, string description) => new(name) { HelpName = value, Description = description };
}
