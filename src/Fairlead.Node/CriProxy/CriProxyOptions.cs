using System.Net;
using Fairlead.Containerd;
using Fairlead.Streaming;
using Microsoft.Extensions.Logging;

namespace Fairlead.Node.CriProxy;

/// <summary>What a <see cref="CriProxyServer"/> stands in front of.</summary>
public sealed record CriProxyOptions
{
    /// <summary>The runtime's socket.</summary>
    public required UnixSocketAddress Cri { get; init; }

    /// <summary>
    /// The socket to serve. It gets the mode and the owner of the runtime's own; what an ended process left there is replaced.
    /// </summary>
    public required UnixSocketAddress Listen { get; init; }

    /// <summary>Where streams are had; loopback, since a URL is the only proof. Port 0 picks a free one.</summary>
    public IPEndPoint Streams { get; init; } = new(IPAddress.Loopback, 0);

    /// <summary>How containers are reached.</summary>
    public CriRuntimeOptions Runtime { get; init; } = new();

    /// <summary>Bounds and deadlines of sessions.</summary>
    public CarrierLimits Limits { get; init; } = CarrierLimits.Default;

    /// <summary>Where the proxy logs; nowhere for null.</summary>
    public ILoggerProvider? Logging { get; init; }
}
