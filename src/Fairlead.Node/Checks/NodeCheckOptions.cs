using System.Net;
using Fairlead.Containerd;
using Fairlead.Node.Host;

namespace Fairlead.Node.Checks;

/// <summary>The machine that is looked at, and what a front would be started with there.</summary>
public sealed record NodeCheckOptions
{
    /// <summary>The port of 127.0.0.1 at which a front tells of its health unless something else is said.</summary>
    public const int UsualHealthPort = 10247;

    /// <summary>The machine.</summary>
    public HostRoot Root { get; init; } = HostRoot.Own;

    /// <summary>The kubelet's configuration.</summary>
    public string Config { get; init; } = KubeletSettings.UsualFile;

    /// <summary>The folder of its drop-ins; null for none.</summary>
    public string? ConfigFolder { get; init; }

    /// <summary>What the kubelet that runs was started with, or the one that ran last; null where that is not known.</summary>
    public KubeletFlags? Flags { get; init; }

    /// <summary><see cref="Flags"/> are those of a kubelet that runs.</summary>
    public bool IsRunning { get; init; } = true;

    /// <summary>The runtime's socket, where it is not the one that the kubelet's configuration names.</summary>
    public UnixSocketAddress? Cri { get; init; }

    /// <summary>How containers would be reached.</summary>
    public CriRuntimeOptions Runtime { get; init; } = new();

    /// <summary>Where the kubelet is asked; null for its port on loopback.</summary>
    public Uri? Kubelet { get; init; }

    /// <summary>The front's own client certificate, PEM; null for none.</summary>
    public string? ClientCertificateFile { get; init; }

    /// <summary>The key of <see cref="ClientCertificateFile"/>.</summary>
    public string? ClientKeyFile { get; init; }

    /// <summary>The front's own token, instead of a certificate; null for none.</summary>
    public string? TokenFile { get; init; }

    /// <summary>The cluster, with the credentials by which it would be asked who somebody is and what he may do; null for none.</summary>
    public KubernetesEndpoint? Cluster { get; init; }

    /// <summary>The Node's name.</summary>
    public required string NodeName { get; init; }

    /// <summary>The machine's own addresses.</summary>
    public required IReadOnlyList<IPAddress> Addresses { get; init; }

    /// <summary>The port of 127.0.0.1 at which the front would tell of its health.</summary>
    public int HealthPort { get; init; } = UsualHealthPort;

    /// <summary>The clock by which certificates end.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
