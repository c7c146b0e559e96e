using System.Collections.Immutable;
using System.Net;
using Fairlead.Lab.Manifests;
using Fairlead.Server.Access;
using Fairlead.Streaming;
using Fairlead.Streaming.Resumption.Answering;
using Fairlead.Wire;
using Fairlead.Wire.PortForward;
using Microsoft.Extensions.Logging;

namespace Fairlead.Lab;

/// <summary>What a <see cref="LabServer"/> serves, and to whom.</summary>
public sealed record LabOptions
{
    /// <summary>Where to listen; port 0 picks a free one.</summary>
    public IPEndPoint Listen { get; init; } = new(IPAddress.Loopback, 0);

    /// <summary>Allow an address that other machines reach. The commands run as the user who runs the lab.</summary>
    public bool AllowRemote { get; init; }

    /// <summary>The pods and their owners; null for the pod <c>demo</c>.</summary>
    public PodManifests? Pods { get; init; }

    /// <summary>Who may use it; null for one user <c>admin</c> with a fresh random token who may do everything.</summary>
    public IReadOnlyList<ApiUser>? Users { get; init; }

    /// <summary>A file of users, YAML or JSON, read anew when it changes, instead of <see cref="Users"/>.</summary>
    public string? UsersFile { get; init; }

    /// <summary>How the processes are run.</summary>
    public ProcessRuntimeOptions Runtime { get; init; } = new();

    /// <summary>The forms of the remote command protocol that exec and attach accept; over SPDY/3.1 the best first.</summary>
    public ImmutableArray<RemoteCommandProtocol> Protocols { get; init; } = RemoteCommandProtocol.Accepted;

    /// <summary>How many sessions are kept for clients whose connection was lost, and for how long.</summary>
    public KeepLimits Keep { get; init; } = KeepLimits.Default;

    /// <summary>The forms of port-forward that are accepted.</summary>
    public ImmutableArray<PortForwardProtocol> PortForwardProtocols { get; init; } = PortForwardProtocol.All;

    /// <summary>Bounds and deadlines of sessions.</summary>
    public CarrierLimits Limits { get; init; } = CarrierLimits.Default;

    /// <summary>The clock: for files that are looked at again, for times in statuses and logs, and for backoffs.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Where the lab logs; nowhere for null.</summary>
    public ILoggerProvider? Logging { get; init; }
}
