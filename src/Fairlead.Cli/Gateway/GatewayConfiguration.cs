using System.CommandLine;
using System.Globalization;
using System.Net;
using Fairlead.Cli.CommandLine;
using Fairlead.Cli.Usage;
using Fairlead.Gateway;
using Fairlead.Server.Hosting;
using Fairlead.Streaming;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fairlead.Cli.Gateway;

/// <summary>What a line says of a gateway: read for a start, or only looked at.</summary>
/// <param name="parsed">The line.</param>
/// <param name="options">Its options.</param>
/// <param name="invocation">Where is told and logged.</param>
sealed class GatewayConfiguration(ParseResult parsed, GatewayVerbOptions options, Invocation invocation)
{
    string? Url => parsed.GetValue(options.Upstream);

    string? Kubeconfig => parsed.GetValue(options.Kubeconfig);

    string? Certificate => parsed.GetValue(options.TlsCert);

    string? Key => parsed.GetValue(options.TlsKey);

    string? ClientCa => parsed.GetValue(options.ClientCa);

    KubeConfigOptions Upstream => new()
    {
        Path = Kubeconfig,
        Server = Url,
        CertificateAuthority = parsed.GetValue(options.UpstreamCa),
        Anonymous = true,
        Interactive = false,
        Logging = invocation.Logging,
    };

    /// <exception cref="UsageException">Something is missing, or does not go together.</exception>
    /// <exception cref="KubeConfigException">The server behind cannot be read out of its files.</exception>
    public GatewayOptions Read()
    {
        Require();
        KubeConfigOptions upstream = Upstream;
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
            Own = ClientCa is null ? null : KubeConfigEndpoint.Load(upstream with { Anonymous = false }),
            UpstreamTransport = parsed.GetValue(options.Transport),
            UpstreamSharesConnections = !parsed.GetValue(options.UpstreamHttp1),
            CertificateFile = Certificate,
            KeyFile = Key,
            ClientAuthoritiesFile = ClientCa,
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
            TrustedProxies = parsed.GetValue(options.TrustProxy) ?? [],
            TakesProxyProtocol = parsed.GetValue(options.ProxyProtocol),
            Audit = record => invocation.Log?.WriteAudit(record.ToJson()),
            Operations = parsed.GetValue(options.Operations) is { } operations
                ? GatewayVerbOptions.Address("--operations", operations)
                : null,
            Logging = invocation.Log,
        };
    }

    /// <summary>Reads all that a start would read, and says of each option what came of it.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="UsageException">Something is missing, or does not go together.</exception>
    public async Task<int> CheckAsync()
    {
        Require();
        int faults = 0;
        await LookAsync("--listen", () => GatewayVerbOptions.Address("--listen", parsed.GetValue(options.Listen)!).ToString());
        if (parsed.GetValue(options.Operations) is { } operations)
            await LookAsync("--operations", () => GatewayVerbOptions.Address("--operations", operations).ToString());
        await LookAsync(Kubeconfig is null ? "--upstream" : "--upstream-kubeconfig", () => ServerOf(Upstream));
        if (ClientCa is not null)
        {
            await LookAsync("--upstream-kubeconfig, for --client-ca", () => ServerOf(Upstream with { Anonymous = false }));
            await LookAsync("--client-ca", () =>
            {
                using ServerTls read = Tls(new ServerTlsOptions { ClientAuthoritiesFile = ClientCa });
                return ClientCa;
            });
        }

        if (Certificate is not null)
        {
            await LookAsync("--tls-cert, --tls-key", () =>
            {
                using ServerTls read = Tls(new ServerTlsOptions { CertificateFile = Certificate, KeyFile = Key });
                DateTime end = read.Certificate.NotAfter.ToUniversalTime();
                string day = end.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
                return end < DateTime.UtcNow
                    ? $"{Certificate} has ended on {day}: clients will not take it"
                    : $"{Certificate}, valid until {day}";
            });
        }

        if (parsed.GetValue(options.WriteKubeconfig) is { } written)
        {
            await LookAsync("--write-kubeconfig", () => Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(written)))
                ? written
                : throw new UsageException($"there is no folder for {written}"));
        }

        await invocation.Output.WriteLineAsync(faults == 0 ? "a gateway would start" : $"{faults} in the way of a start");
        return faults == 0 ? ExitCodes.Success : ExitCodes.Failure;

        async Task LookAsync(string option, Func<string> look)
        {
            string line;
            try
            {
                line = $"ok     {option}: {look()}";
            }
            catch (Exception e) when (e is UsageException or KubeConfigException or InvalidDataException)
            {
                faults++;
                line = $"FAULT  {option}: {e.Message}";
            }

            await invocation.Output.WriteLineAsync(line);
        }
    }

    void Require()
    {
        if (Url is null == Kubeconfig is null) throw new UsageException("name the server: either --upstream or --upstream-kubeconfig");
        if (Certificate is null != Key is null) throw new UsageException("--tls-cert and --tls-key belong together");
        if (ClientCa is not null && Kubeconfig is null)
            throw new UsageException(
                "--client-ca needs credentials by which the gateway speaks for its clients: name them by --upstream-kubeconfig");
        if (parsed.GetValue(options.ProxyProtocol) && parsed.GetValue(options.TrustProxy) is not { Length: > 0 })
            throw new UsageException("--proxy-protocol needs --trust-proxy: anybody else's header would be believed");
    }

    static string ServerOf(KubeConfigOptions upstream)
    {
        using KubernetesEndpoint read = KubeConfigEndpoint.Load(upstream);
        return read.Server.GetLeftPart(UriPartial.Authority);
    }

    static ServerTls Tls(ServerTlsOptions files) =>
        new(files, IPAddress.Loopback, "fairlead gateway", TimeProvider.System, NullLogger.Instance);
}
