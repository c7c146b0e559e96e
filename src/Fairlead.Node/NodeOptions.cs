using System.Net;
using System.Security.Cryptography.X509Certificates;
using Fairlead.Containerd;
using Fairlead.Server.Access;
using Fairlead.Server.Checkpoints;
using Fairlead.Server.Hosting;
using Fairlead.Streaming;
using Microsoft.Extensions.Logging;

namespace Fairlead.Node;

/// <summary>What a <see cref="NodeServer"/> serves, and to whom.</summary>
public sealed record NodeOptions
{
    /// <summary>The runtime's socket.</summary>
    public required UnixSocketAddress Cri { get; init; }

    /// <summary>Where to listen; port 0 picks a free one.</summary>
    public IPEndPoint Listen { get; init; } = new(IPAddress.Loopback, 0);

    /// <summary>Listens at all of these instead of at <see cref="Listen"/>; null for that one.</summary>
    public AddressSet? Addresses { get; init; }

    /// <summary>The server's certificate with its key, which stays the caller's; null for one made for this run.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>What stands between <see cref="Certificate"/> and its authority; stays the caller's.</summary>
    public X509Certificate2Collection? CertificateChain { get; init; }

    /// <summary>
    /// A file of PEM with the certificate and then its intermediates, instead of <see cref="Certificate"/>. It and <see cref="KeyFile"/>
    /// are read anew when they change.
    /// </summary>
    public string? CertificateFile { get; init; }

    /// <summary>A file of PEM: the key of <see cref="CertificateFile"/>.</summary>
    public string? KeyFile { get; init; }

    /// <summary>Whose client certificates are taken; null, without <see cref="ClientAuthoritiesFile"/>, for none.</summary>
    public X509Certificate2Collection? ClientAuthorities { get; init; }

    /// <summary>
    /// A file of PEM with those whose client certificates are taken, read anew when it changes, instead of <see cref="ClientAuthorities"/>.
    /// </summary>
    public string? ClientAuthoritiesFile { get; init; }

    /// <summary>
    /// A file of more <see cref="Users"/>, as <see cref="Server.Access.StaticTokenFile"/> reads it, judged by <see cref="Allowed"/>; read
    /// anew when it changes.
    /// </summary>
    public string? TokenFile { get; init; }

    /// <summary>Users known by token, with what each may do.</summary>
    public IReadOnlyList<ApiUser> Users { get; init; } = [];

    /// <summary>What holders of client certificates may do: everything, or nothing.</summary>
    public AllowList Allowed { get; init; } = new();

    /// <summary>
    /// The cluster that is asked, by SubjectAccessReview, about what <see cref="Allowed"/> and a user's own rules do not allow; null for
    /// none. It stays the caller's, and its credentials have to be allowed to ask (<c>system:auth-delegator</c>).
    /// </summary>
    public KubernetesEndpoint? Reviews { get; init; }

    /// <summary>
    /// The kubelet that it stands in front of: streams are the node's own, and everything else is passed on. Null for a bare runtime, whose
    /// pods API is served instead.
    /// </summary>
    public KubeletOptions? Kubelet { get; init; }

    /// <summary>
    /// The port of 127.0.0.1 at which the node tells of its own health, in plain HTTP: <c>/livez</c>, <c>/healthz</c> and <c>/readyz</c>.
    /// 0 picks a free one; null for none.
    /// </summary>
    public int? HealthPort { get; init; }

    /// <summary>
    /// Keeps descriptors of sessions while no process of the node runs, so that they go on in the next one
    /// (<see cref="NodeServer.SuspendAsync"/>); null where sessions end with the process. It stays the caller's.
    /// </summary>
    public IDescriptorStore? Descriptors { get; init; }

    /// <summary>How containers are reached.</summary>
    public CriRuntimeOptions Runtime { get; init; } = new();

    /// <summary>Bounds and deadlines of sessions.</summary>
    public CarrierLimits Limits { get; init; } = CarrierLimits.Default;

    /// <summary>Where the node logs; nowhere for null.</summary>
    public ILoggerProvider? Logging { get; init; }

    internal ServerTlsOptions Tls => new()
    {
        Certificate = Certificate,
        CertificateChain = CertificateChain,
        CertificateFile = CertificateFile,
        KeyFile = KeyFile,
        ClientAuthorities = ClientAuthorities,
        ClientAuthoritiesFile = ClientAuthoritiesFile,
        AcceptsStrangers = Kubelet is not null,
    };
}
