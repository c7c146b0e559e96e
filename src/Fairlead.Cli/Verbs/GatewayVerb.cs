using System.CommandLine;
using System.Net.Sockets;
using Fairlead.Cli.CommandLine;
using Fairlead.Cli.Gateway;
using Fairlead.Cli.Logging;
using Fairlead.Cli.Usage;
using Fairlead.Gateway;
using Fairlead.KubeConfig;
using Fairlead.Server.Hosting;
using Fairlead.Streaming;
using Microsoft.Extensions.Logging;

namespace Fairlead.Cli.Verbs;

/// <summary><c>fairlead gateway</c>: any client to any server.</summary>
static class GatewayVerb
{
    public static Command Create(Invocation invocation)
    {
        LogOptions log = new(LogLevel.Information);
        VerbCommand verb = new("gateway",
            "Stand in front of an API server, a kubelet or a lab, and let every client reach it whatever each of them speaks.")
        {
            Usage = "[--listen ADDR:PORT] (--upstream URL | --upstream-kubeconfig FILE) [options]",
            Examples = """
                # In front of the cluster of a kubeconfig; clients use their own credentials
                fairlead gateway --upstream-kubeconfig ~/.kube/config --write-kubeconfig gateway.kubeconfig

                # From another terminal, with a kubectl of any age
                kubectl --kubeconfig gateway.kubeconfig exec -it demo -- sh

                # Client certificates of an authority of your own, and sessions of an hour at most
                fairlead gateway --listen 0.0.0.0:8443 --upstream-kubeconfig gateway-identity.kubeconfig \
                    --tls-cert tls.crt --tls-key tls.key --client-ca ca.crt --max-session-age 1h

                # Why a session does not come about: each step, and each failure with its cause
                fairlead gateway --upstream-kubeconfig ~/.kube/config --log-level debug

                # The same for a collector of logs
                fairlead gateway --upstream-kubeconfig ~/.kube/config --log-level debug --log-format json
                """,
            Log = log,
        };
        GatewayVerbOptions options = new();
        options.AddTo(verb);
        log.AddTo(verb);
        verb.SetAction(async (parsed, cancellationToken) =>
        {
            using StopSignals stop = new();
            using Telemetry? telemetry = Telemetry.Start();
            GatewayOptions configured = Read(parsed, options, invocation);
            await using GatewayServer gateway = await StartAsync(configured, cancellationToken);
            string? kubeconfig = parsed.GetValue(options.WriteKubeconfig);
            if (kubeconfig is not null)
                await WriteAsync(
                    kubeconfig, RedirectedKubeConfig.Create(
                    parsed.GetValue(options.Kubeconfig), gateway.Url, gateway.AuthorityPem
                    ?? await File.ReadAllTextAsync(parsed.GetValue(options.TlsCert)!, cancellationToken)), cancellationToken);

            await invocation.Output.WriteLineAsync(
                $"ready {gateway.Url.GetLeftPart(UriPartial.Authority)}{(kubeconfig is null ? "" : " kubeconfig=" + kubeconfig)}"
                + (gateway.OperationsUrl is { } operations ? " operations=" + operations.GetLeftPart(UriPartial.Authority) : ""));
            await invocation.Output.FlushAsync(cancellationToken);
            await stop.WaitAsync(cancellationToken);
            if (parsed.GetValue(options.LameDuck) is { } lameDuck) await gateway.AnnounceEndAsync(lameDuck, cancellationToken);
            await gateway.DrainAsync(parsed.GetValue(options.Drain), cancellationToken);
        });
        return verb;
    }

    static GatewayOptions Read(ParseResult parsed, GatewayVerbOptions options, Invocation invocation)
    {
        string? url = parsed.GetValue(options.Upstream), kubeconfig = parsed.GetValue(options.Kubeconfig),
            clientCa = parsed.GetValue(options.ClientCa);
        string? certificate = parsed.GetValue(options.TlsCert), key = parsed.GetValue(options.TlsKey);
        if (url is null == kubeconfig is null) throw new UsageException("name the server: either --upstream or --upstream-kubeconfig");
        if (certificate is null != key is null) throw new UsageException("--tls-cert and --tls-key belong together");
        if (clientCa is not null && kubeconfig is null)
            throw new UsageException(
                "--client-ca needs credentials by which the gateway speaks for its clients: name them by --upstream-kubeconfig");

        KubeConfigOptions upstream = new()
        {
            Path = kubeconfig,
            Server = url,
            CertificateAuthority = parsed.GetValue(options.UpstreamCa),
            Anonymous = true,
            Interactive = false,
            Logging = invocation.Logging
        };
        CarrierLimits limits = CarrierLimits.Default with
        {
            PingInterval = parsed.GetValue(options.PingInterval),
            PingTimeout = parsed.GetValue(options.PingTimeout),
            StreamTimeout = parsed.GetValue(options.StreamTimeout),
        };
        return new GatewayOptions
        {
            Listen = GatewayVerbOptions.Address("--listen", parsed.GetValue(options.Listen)!),
            Upstream = KubeConfigEndpoint.Load(upstream),
            Own = clientCa is null ? null : KubeConfigEndpoint.Load(upstream with { Anonymous = false }),
            UpstreamTransport = parsed.GetValue(options.Transport),
            CertificateFile = certificate,
            KeyFile = key,
            ClientAuthoritiesFile = clientCa,
            AllowedOrigins = parsed.GetValue(options.AllowOrigin) ?? [],
            UpstreamChecksCreate = parsed.GetValue(options.UpstreamChecksCreate),
            ClientLimits = limits,
            UpstreamLimits = limits,
            UpgradeTimeout = parsed.GetValue(options.HandshakeTimeout),
            IdleTimeout = parsed.GetValue(options.IdleTimeout),
            MaxSessionAge = parsed.GetValue(options.MaxSessionAge),
            ReauthorizeEvery = parsed.GetValue(options.ReauthorizeEvery),
            ReviewerGrace = parsed.GetValue(options.ReviewerGrace),
            MaxSessions = parsed.GetValue(options.MaxSessions),
            MaxSessionsPerCaller = parsed.GetValue(options.MaxSessionsPerCaller),
            AuditCommand = parsed.GetValue(options.AuditCommand),
            Audit = record => invocation.Log?.WriteAudit(record.ToJson()),
            Operations = parsed.GetValue(options.Operations) is { } operations
                ? GatewayVerbOptions.Address("--operations", operations)
                : null,
            Logging = invocation.Log,
        };
    }

    static async Task<GatewayServer> StartAsync(GatewayOptions options, CancellationToken cancellationToken)
    {
        try
        {
            return await GatewayServer.StartAsync(options, cancellationToken);
        }
        catch (InvalidDataException e)
        {
            throw new UsageException(e.Message); // names the file
        }
        catch (Exception e) when (e is (IOException and not FairleadException) or SocketException)
        {
            throw new UsageException($"--listen {options.Listen}: {e.Message}");
        }
    }

    static async Task WriteAsync(string path, string text, CancellationToken cancellationToken)
    {
        try
        {
            await OwnerOnlyFile.WriteAsync(path, text, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new UsageException($"the kubeconfig cannot be written to \"{path}\": {e.Message}");
        }
    }
}
