using System.Net;
using System.Security.Cryptography.X509Certificates;
using Fairlead.Server.Hosting;
using Fairlead.Streaming;
using Fairlead.Wire;
using Microsoft.Extensions.Logging;

namespace Fairlead.Gateway;

/// <summary>What a <see cref="GatewayServer"/> stands in front of, and by which rules.</summary>
public sealed record GatewayOptions
{
    /// <summary>The server behind: address, trust and proxy, without any credentials. The gateway owns it.</summary>
    public required KubernetesEndpoint Upstream { get; init; }

    /// <summary>
    /// The same server with the gateway's own credentials, which only ever speak for callers with a certificate, by impersonation. Needed
    /// with <see cref="ClientAuthorities"/> or their file. The gateway owns it.
    /// </summary>
    public KubernetesEndpoint? Own { get; init; }

    /// <summary>What sessions are carried by upstream; <see cref="Transport.Auto"/> learns what it takes.</summary>
    public Transport UpstreamTransport { get; init; }

    /// <summary>
    /// Sessions go upstream as streams of few HTTP/2 connections where the server behind announces that it takes them so, as a lab, a node
    /// and a gateway do. On by default; an API server of Kubernetes announces nothing of the kind. Exec and attach with input and without
    /// a terminal may carry much: they have a connection each, of HTTP/1.1, also with it.
    /// </summary>
    public bool UpstreamSharesConnections { get; init; } = true;

    /// <summary>Where to listen; port 0 picks a free one.</summary>
    public IPEndPoint Listen { get; init; } = new(IPAddress.Loopback, 0);

    /// <summary>
    /// No TLS towards clients, on a loopback address alone: for bench/stand, which measures what TLS costs. Nobody else sees it.
    /// </summary>
    internal bool WithoutTls { get; init; }

    /// <summary>The gateway's certificate with its key; null makes one for this run, of an authority of its own.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>The intermediates that are sent with <see cref="Certificate"/>.</summary>
    public X509Certificate2Collection? CertificateChain { get; init; }

    /// <summary>
    /// A file of PEM with the gateway's certificate and then its intermediates, instead of <see cref="Certificate"/>. It and
    /// <see cref="KeyFile"/> are read anew when they change.
    /// </summary>
    public string? CertificateFile { get; init; }

    /// <summary>A file of PEM: the key of <see cref="CertificateFile"/>.</summary>
    public string? KeyFile { get; init; }

    /// <summary>Who vouches for callers' certificates; null, without <see cref="ClientAuthoritiesFile"/>, asks nobody for one.</summary>
    public X509Certificate2Collection? ClientAuthorities { get; init; }

    /// <summary>
    /// A file of PEM with those who vouch for callers' certificates, read anew when it changes, instead of <see cref="ClientAuthorities"/>.
    /// </summary>
    public string? ClientAuthoritiesFile { get; init; }

    /// <summary>
    /// The origins from which browsers may open sessions, as in <c>https://console.example</c>. Others, and all by default, are refused.
    /// </summary>
    public IReadOnlyList<string> AllowedOrigins { get; init; } = [];

    /// <summary>
    /// The server behind asks for <c>create</c> itself where a session is opened by GET (Kubernetes 1.35 and later), so that the gateway
    /// need not.
    /// </summary>
    public bool UpstreamChecksCreate { get; init; }

    /// <summary>Bounds and deadlines of clients' connections, stream creation included.</summary>
    public CarrierLimits ClientLimits { get; init; } = CarrierLimits.Default;

    /// <summary>The same towards the server behind.</summary>
    public CarrierLimits UpstreamLimits { get; init; } = CarrierLimits.Default;

    /// <summary>How long the server behind may take to answer an upgrade.</summary>
    public TimeSpan UpgradeTimeout { get; init => field = TimeLimit.OrForEver(value); } = TimeSpan.FromSeconds(60);

    /// <summary>How long a session may carry no payload before it is ended; null for as long as it likes.</summary>
    public TimeSpan? IdleTimeout { get; init => field = TimeLimit.OrNone(value); }

    /// <summary>How old a session may become; null for as old as it likes.</summary>
    public TimeSpan? MaxSessionAge { get; init => field = TimeLimit.OrNone(value); }

    /// <summary>How often a running session's caller is asked about again; null for never.</summary>
    public TimeSpan? ReauthorizeEvery { get; init => field = TimeLimit.OrNone(value); }

    /// <summary>
    /// How long a running session may go on while nobody can be asked about its caller, with <see cref="ReauthorizeEvery"/>: an outage of
    /// the server behind is no revocation.
    /// </summary>
    public TimeSpan ReviewerGrace { get; init => field = TimeLimit.OrForEver(value, orZero: true); } = TimeSpan.FromMinutes(5);

    /// <summary>The most sessions at a time.</summary>
    public int MaxSessions { get; init; } = 10_000;

    /// <summary>The most sessions of one caller at a time.</summary>
    public int MaxSessionsPerCaller { get; init; } = 1_000;

    /// <summary>What of a command the audit shows.</summary>
    public AuditCommand AuditCommand { get; init; }

    /// <summary>Takes one line for each session that was asked for, when it is over, refused ones too. Called from any thread.</summary>
    public Action<AuditRecord>? Audit { get; init; }

    /// <summary>
    /// Networks of proxies that say where their clients are, by <c>X-Forwarded-For</c>, for the audit. Nobody is let in for it.
    /// </summary>
    public IReadOnlyList<IPNetwork> TrustedProxies { get; init; } = [];

    /// <summary>
    /// Connections from <see cref="TrustedProxies"/> begin with the PROXY protocol, version 1 or 2, and are refused without.
    /// </summary>
    public bool TakesProxyProtocol { get; init; }

    /// <summary>
    /// Where health and metrics are served in plain HTTP, apart from what is forwarded; null for health on the main address alone.
    /// </summary>
    public IPEndPoint? Operations { get; init; }

    /// <summary>
    /// Where the gateway logs; nowhere for null. Only the gateway's own categories come: the framework's would show queries.
    /// </summary>
    public ILoggerProvider? Logging { get; init; }

    internal bool TakesCertificates => ClientAuthorities is not null || ClientAuthoritiesFile is not null;

    internal ServerTlsOptions Tls => new()
    {
        Certificate = Certificate,
        CertificateChain = CertificateChain,
        CertificateFile = CertificateFile,
        KeyFile = KeyFile,
        ClientAuthorities = ClientAuthorities,
        ClientAuthoritiesFile = ClientAuthoritiesFile,
    };

    /// <summary>The clock of limits, ages and caches.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
