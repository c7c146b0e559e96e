using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using Fairlead.Cli.CommandLine;
using Fairlead.Cli.Gateway;
using Fairlead.Cli.Installing;
using Fairlead.Cli.Logging;
using Fairlead.Cli.Native;
using Fairlead.Cli.Node;
using Fairlead.Cli.Usage;
using Fairlead.Cli.Verbs.Installing;
using Fairlead.Node;
using Fairlead.Node.Host;
using Fairlead.Server.Access;
using Fairlead.Server.Hosting;
using Microsoft.Extensions.Logging;

namespace Fairlead.Cli.Verbs;

/// <summary><c>fairlead node</c>: the pods of this machine's container runtime.</summary>
static class NodeVerb
{
    public static Command Create(Invocation invocation)
    {
        LogOptions log = new(LogLevel.Warning);
        VerbCommand verb = new("node",
            "Serve the pods of this machine's container runtime, to kubectl and to an API server, without SPDY (Linux).")
        {
            Usage = "(--cri unix://PATH | --config FILE) [--listen ADDR:PORT] [options]",
            Examples = """
                # kubectl against a bare containerd
                fairlead node --cri unix:///run/containerd/containerd.sock --write-kubeconfig node.kubeconfig
                kubectl --kubeconfig node.kubeconfig get pods -A

                # For an API server: its client certificate, and nobody else's
                fairlead node --cri unix:///run/containerd/containerd.sock --listen 0.0.0.0:10250 \
                  --tls-cert node.crt --tls-key node.key --client-ca /etc/kubernetes/pki/ca.crt

                # Whoever the cluster's own roles allow, as its kubelets judge
                fairlead node --cri unix:///run/containerd/containerd.sock --listen 0.0.0.0:10250 --tls-cert node.crt --tls-key node.key \
                  --client-ca /etc/kubernetes/pki/ca.crt --authorization-kubeconfig /etc/kubernetes/kubelet.conf

                # In front of this machine's kubelet, which listens on 127.0.0.1: sessions are served here, and all else is the kubelet's
                fairlead node --cri unix:///run/containerd/containerd.sock --listen 192.0.2.10:10250 \
                  --kubelet https://127.0.0.1:10250 --kubelet-ca /var/lib/kubelet/pki/kubelet.crt \
                  --kubelet-client-cert front.crt --kubelet-client-key front.key \
                  --tls-cert /var/lib/kubelet/pki/kubelet.crt --tls-key /var/lib/kubelet/pki/kubelet.key \
                  --client-ca /etc/kubernetes/pki/ca.crt --authorization-kubeconfig /etc/kubernetes/kubelet.conf

                # The same, with everything out of the kubelet's own configuration; "fairlead node install" makes units of it
                fairlead node --config /var/lib/kubelet/config.yaml --authorization-kubeconfig /etc/kubernetes/kubelet.conf \
                  --kubelet-client-cert front.crt --kubelet-client-key front.key

                # A user of your own, known by a token
                fairlead node --cri unix:///run/containerd/containerd.sock --token-file tokens.csv --allow-group operators

                # Each request and session, and why one fails; --log-format json for a collector of logs
                fairlead node --cri unix:///run/containerd/containerd.sock --write-kubeconfig node.kubeconfig --log-level debug
                """,
            Log = log,
            Tells = new("fairlead-node", "Fairlead.Server", "Fairlead.Node"),
        };
        NodeVerbOptions options = new();
        options.AddTo(verb);
        log.AddTo(verb);
        if (OperatingSystem.IsLinux())
        {
            foreach (Command more in (Command[])[NodeCheckVerb.Create(invocation), NodeInstallVerb.Create(invocation),
                NodeUninstallVerb.Create(invocation), NodeStayVerb.Create(invocation), MachinePrograms.CreateVerb(invocation)])
                verb.Add(more);
        }

        verb.SetAction(async (parsed, cancellationToken) =>
        {
            if (!OperatingSystem.IsLinux()) throw new UsageException("the node runs on Linux only: so do the containers that it serves");
            await ServeAsync(invocation, parsed, options, cancellationToken);
        });
        return verb;
    }

    [SupportedOSPlatform("linux")]
    static async Task ServeAsync(Invocation invocation, ParseResult parsed, NodeVerbOptions options, CancellationToken cancellationToken)
    {
        SocketPolling.GoOnWherePolled(Environment.ProcessorCount);
        using NodeRun run = NodeRun.Begin(invocation);
        string? kubeconfig = parsed.GetValue(options.WriteKubeconfig);
        using KubernetesEndpoint? reviews = Reviews(parsed.GetValue(options.AuthorizationKubeconfig), invocation.Logging);
        NodeOptions configured = Read(parsed, options, invocation, withAdministrator: kubeconfig is not null) with
        {
            Reviews = reviews,
            Descriptors = run.Descriptors,
        };
        if (run.Sockets.Count > 0) configured = configured with { Addresses = WithSockets(configured, run.Sockets) };
        using CancellationTokenSource starting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, run.Stop);
        await using NodeServer? node = await StartAsync(configured, starting.Token);
        if (node is null) return; // stopped before it began
        if (kubeconfig is not null) await WriteAsync(node, kubeconfig, cancellationToken);
        await invocation.Output.WriteLineAsync(
            $"ready {node.Url.GetLeftPart(UriPartial.Authority)} " +
            (node.HasRuntime
                ? $"runtime=\"{node.Runtime.Description}\" streams=" + (node.Runtime.IsNative ? "native" : "cri")
                : "runtime=away") +
            (kubeconfig is null ? "" : " kubeconfig=" + kubeconfig) +
            (node.HealthUrl is { } health ? " health=" + health.GetLeftPart(UriPartial.Authority) : ""));
        await invocation.Output.FlushAsync(cancellationToken);
        await run.ServeAsync(node, configured.Kubelet is null ? TimeSpan.Zero : NodeRun.StopDrain, parsed.GetValue(options.Drain),
            cancellationToken);
    }

    /// <summary>
    /// Beside what it was given, a front listens on the node's other addresses; a node that was given sockets on nothing else.
    /// </summary>
    [SupportedOSPlatform("linux")]
    static AddressSet WithSockets(NodeOptions options, IReadOnlyList<Socket> sockets) => options.Addresses is { } set
        ? new(set.Port, NodeAddresses.Find) { Sockets = sockets }
        : new(0, static () => []) { Sockets = sockets };

    [SupportedOSPlatform("linux")]
    static NodeOptions Read(ParseResult parsed, NodeVerbOptions options, Invocation invocation, bool withAdministrator)
    {
        KubeletSettings? settings = options.Kubelet.ReadSettings(parsed);
        string? certificate = parsed.GetValue(options.TlsCert), key = parsed.GetValue(options.TlsKey);
        if (certificate is null && key is null && settings is not null) (certificate, key) = (settings.CertificateFile, settings.KeyFile);
        string cri = parsed.GetValue(options.Cri) ?? settings?.RuntimeEndpoint
            ?? throw new UsageException("which runtime? Name its socket: --cri unix:///run/containerd/containerd.sock");
        string? clientCa = parsed.GetValue(options.ClientCa) ?? settings?.ClientAuthoritiesFile,
            tokens = parsed.GetValue(options.TokenFile);
        if (certificate is null != key is null) throw new UsageException("--tls-cert and --tls-key belong together");
        KubeletOptions? kubelet = options.Kubelet.Read(parsed, settings);
        bool asksCluster = parsed.GetValue(options.AuthorizationKubeconfig) is not null;
        if (kubelet is not null && (tokens is not null || withAdministrator))
            throw new UsageException(
                "--kubelet knows its callers by certificates and by the cluster's tokens: leave --token-file and --write-kubeconfig out");
        if (clientCa is null && (kubelet is null ? tokens is null && !withAdministrator : !asksCluster))
            throw new UsageException("nobody could use this node: add --client-ca, " +
                (kubelet is null ? "--token-file or --write-kubeconfig" : "or --authorization-kubeconfig for tokens"));
        if (kubelet is { CertificateFile: null, TokenFile: null } && clientCa is not null)
            throw new UsageException(
                "callers with certificates are judged here, and the kubelet believes only a credential of this front's: add " +
                "--kubelet-client-cert and --kubelet-client-key, or --kubelet-token-file");

        string[] byDefault = asksCluster ? [] : [AllowList.KubeletClient];
        AllowList allowed = new()
        {
            Users = parsed.GetValue(options.AllowUser) is { Length: > 0 } users ? users : byDefault,
            Groups = parsed.GetValue(options.AllowGroup) ?? []
        };
        IReadOnlyList<ApiUser> known = tokens is null ? [] : ReadTokens(tokens, allowed);
        if (known.Count > 0 && byDefault.Length > 0 && known.All(user => user.Rules.Count == 0))
            invocation.Error.WriteLine($"fairlead: nobody in {tokens} is allowed anything: add --allow-user or --allow-group");
        return new NodeOptions
        {
            Cri = NodeVerbOptions.Socket("--cri", cri),
            Listen = GatewayVerbOptions.Address("--listen", parsed.GetValue(options.Listen) ?? "127.0.0.1:0"),
            Addresses = settings is null || parsed.GetValue(options.Listen) is not null ? null : new(settings.Port, NodeAddresses.Find),
            CertificateFile = certificate,
            KeyFile = key,
            ClientAuthoritiesFile = clientCa,
            Users = withAdministrator ? [NodeServer.CreateAdministrator()] : [],
            TokenFile = tokens,
            Allowed = allowed,
            Kubelet = kubelet,
            HealthPort = parsed.GetValue(options.HealthPort),
            Runtime = options.Runtime.Read(parsed),
            Logging = invocation.Log,
        };
    }

    static KubernetesEndpoint? Reviews(string? kubeconfig, ILoggerFactory logging)
    {
        try
        {
            return kubeconfig is null ? null : KubeConfigEndpoint.Load(
                new KubeConfigOptions { Path = kubeconfig, Interactive = false, Logging = logging });
        }
        catch (KubeConfigException e)
        {
            throw new UsageException($"--authorization-kubeconfig {kubeconfig}: {e.Message}");
        }
    }

    static IReadOnlyList<ApiUser> ReadTokens(string path, AllowList allowed)
    {
        try
        {
            using StreamReader reader = File.OpenText(path);
            return StaticTokenFile.Read(reader, allowed);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            throw new UsageException($"--token-file {path}: {e.Message}");
        }
    }

    [SupportedOSPlatform("linux")]
    static async Task<NodeServer?> StartAsync(NodeOptions options, CancellationToken cancellationToken)
    {
        try
        {
            return await NodeServer.StartAsync(options, cancellationToken);
        }
        catch (SocketException e)
        {
            throw new IOException($"{(EndPoint?)options.Addresses ?? options.Listen}: {e.Message}", e);
        }
        catch (InvalidDataException e)
        {
            throw new UsageException(e.Message); // names the file
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    [SupportedOSPlatform("linux")]
    static async Task WriteAsync(NodeServer node, string path, CancellationToken cancellationToken)
    {
        try
        {
            await node.WriteKubeconfigAsync(path, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new UsageException($"the kubeconfig cannot be written to \"{path}\": {e.Message}");
        }
    }
}
