using System.CommandLine;
using System.Security.Cryptography.X509Certificates;
using Fairlead.Cli.CommandLine;
using Fairlead.Cli.Native;
using Fairlead.Cli.Usage;

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

    readonly OptionalText _userName = Text("--username", "NAME", "A name for basic authentication");
    readonly OptionalText _password = Text("--password", "PASSWORD", "Its password");
    readonly OptionalText _clientCertificate = Text("--client-certificate", "FILE", "The certificate to show to the server");
    readonly OptionalText _clientKey = Text("--client-key", "FILE", "The key of --client-certificate");
    readonly OptionalText _actAs = Text("--as", "NAME", "Act as this user, where the server lets you impersonate");
    readonly OptionalText _actAsUid = Text("--as-uid", "UID", "Act with this uid");
    readonly Option<string[]> _actAsGroups = Texts("--as-group", "NAME", "Act with this group; may be given several times");
    readonly Option<string[]> _actAsExtra = Texts("--as-user-extra", "KEY=VALUE", "Act with this extra value; may be given several times");

    readonly Option<TimeSpan?> _requestTimeout = new("--request-timeout")
    {
        HelpName = "DURATION",
        Description = "How long the server may take to answer one request; 0 for no limit (default 1m)",
        CustomParser = DurationText.ParseLimit,
    };

    readonly Option[] _kubectl = KubectlFlags.Create();

    readonly Option<bool> _insecure = new("--insecure-skip-tls-verify")
    {
        Description = "Do not check the server's certificate: anybody on the way can read and answer",
    };

    public IReadOnlyList<Option> All =>
    [
        Namespace, _kubeconfig, _context, _cluster, _user, _server, _token, _authority, _tlsServerName, _insecure, _clientCertificate,
        _clientKey, _userName, _password, _actAs, _actAsUid, _actAsGroups, _actAsExtra, _requestTimeout, .. _kubectl,
    ];

    /// <summary>How long the server may take to answer an upgrade; null for the usual time.</summary>
    public TimeSpan? RequestTimeout(ParseResult parsed) => parsed.GetValue(_requestTimeout);

    public void AddTo(Command command)
    {
        foreach (Option option in All) command.Add(option);
    }

    /// <summary>
    /// Reads the kubeconfig, for a process that talks to this one server. Kept apart from everything else, so that other verbs do not load
    /// what it needs.
    /// </summary>
    /// <exception cref="UsageException">A value of --as-user-extra is none.</exception>
    public KubernetesEndpoint Load(ParseResult parsed, Invocation invocation)
    {
        if (parsed.GetValue<bool>("--verbose") && KubectlFlags.Notice(parsed, _kubectl) is { } notice) invocation.Error.WriteLine(notice);
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
            ClientCertificate = _clientCertificate.Read(parsed),
            ClientKey = _clientKey.Read(parsed),
            UserName = _userName.Read(parsed),
            Password = _password.Read(parsed),
            ActAs = _actAs.Read(parsed),
            ActAsUid = _actAsUid.Read(parsed),
            ActAsGroups = parsed.GetValue(_actAsGroups) ?? [],
            ActAsExtra = [.. (parsed.GetValue(_actAsExtra) ?? []).Select(ReadExtra)],
            RequestTimeout = RequestTimeout(parsed) ?? TimeSpan.FromMinutes(1),
            Logging = invocation.Logging,
            Configure = handler =>
                ownAuthority = handler.SslOptions.CertificateChainPolicy?.TrustMode == X509ChainTrustMode.CustomRootTrust,
        });
        if (OperatingSystem.IsLinux() && ownAuthority) SystemRoots.LeaveUnread();
        return endpoint;
    }

    static KeyValuePair<string, string> ReadExtra(string text) => text.IndexOf('=', StringComparison.Ordinal) is > 0 and int at
        ? new(text[..at], text[(at + 1)..])
        : throw new UsageException($"--as-user-extra takes KEY=VALUE, not \"{text}\"");

    static Option<string[]> Texts(string name, string value, string description) =>
        new(name) { HelpName = value, Description = description, AllowMultipleArgumentsPerToken = false, Arity = ArgumentArity.OneOrMore };

    static OptionalText Text(string name, string value, string description, params string[] aliases) =>
        new(name, aliases) { HelpName = value, Description = description };
}
