using System.CommandLine;
using System.Security.Cryptography.X509Certificates;
using Fairlead.Cli.CommandLine;
using Fairlead.Cli.Native;
using Fairlead.KubeConfig;
using Fairlead.Upgrades.Endpoints;
using Microsoft.Extensions.Logging;

namespace Fairlead.Cli.Options;

/// <summary>The options that say which server, as whom, and in which namespace.</summary>
sealed class ConnectionOptions
{
    public OptionalText Namespace { get; } = Text(
        "--namespace", "NAME", "The namespace; by default that of the kubeconfig's context", "-n");

    readonly OptionalText _kubeconfig = Text("--kubeconfig", "FILE", "The kubeconfig; by default KUBECONFIG or ~/.kube/config");
    readonly OptionalText _context = Text("--context", "NAME", "The kubeconfig's context; by default its current one");
    readonly OptionalText _cluster = Text("--cluster", "NAME", "The kubeconfig's cluster, instead of the context's");
    readonly OptionalText _user = Text("--user", "NAME", "The kubeconfig's user, instead of the context's");
    readonly OptionalText _server = Text("--server", "URL", "The server's address, instead of the kubeconfig's", "-s");
    readonly OptionalText _token = Text("--token", "TOKEN", "A bearer token, instead of the kubeconfig's credentials");
    readonly OptionalText _authority = Text(
        "--certificate-authority", "FILE", "The certificate of the authority that the server must have its own from");
    readonly OptionalText _tlsServerName = Text("--tls-server-name", "NAME", "The name that the server's certificate must carry");

    readonly Option<bool> _insecure = new("--insecure-skip-tls-verify")
    {
        Description = "Do not check the server's certificate: anybody on the way can read and answer",
    };

    public IReadOnlyList<Option> All =>
        [Namespace, _kubeconfig, _context, _cluster, _user, _server, _token, _authority, _tlsServerName, _insecure];

    public void AddTo(Command command)
    {
        foreach (Option option in All) command.Add(option);
    }

    /// <summary>
    /// Reads the kubeconfig, for a process that talks to this one server. Kept apart from everything else, so that other verbs do not load
    /// what it needs.
    /// </summary>
    public KubernetesEndpoint Load(ParseResult parsed, ILoggerFactory logging)
    {
        bool ownAuthority = false;
        KubernetesEndpoint endpoint = KubeConfigEndpoint.Load(new KubeConfigOptions
        {
            Path = _kubeconfig.Read(parsed),
            Context = _context.Read(parsed),
            Cluster = _cluster.Read(parsed),
            User = _user.Read(parsed),
            Namespace = Namespace.Read(parsed),
            Server = _server.Read(parsed),
            Token = _token.Read(parsed),
            CertificateAuthority = _authority.Read(parsed),
            TlsServerName = _tlsServerName.Read(parsed),
            InsecureSkipTlsVerify = parsed.GetValue(_insecure),
            Logging = logging,
            Configure = handler =>
                ownAuthority = handler.SslOptions.CertificateChainPolicy?.TrustMode == X509ChainTrustMode.CustomRootTrust,
        });
        if (OperatingSystem.IsLinux() && ownAuthority) SystemRoots.LeaveUnread();
        return endpoint;
    }

    static OptionalText Text(string name, string value, string description, params string[] aliases) =>
        new(name, aliases) { HelpName = value, Description = description };
}
