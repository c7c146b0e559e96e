using System.Collections.Immutable;
using Fairlead.Server.Access;
using Fairlead.Server.Checkpoints;
using Fairlead.Server.Operations;
using Fairlead.Streaming;
using Fairlead.Streaming.Resumption.Answering;
using Fairlead.Wire;
using Fairlead.Wire.PortForward;
using Microsoft.AspNetCore.Http;

namespace Fairlead.Server;

/// <summary>How the pods API is offered.</summary>
public sealed class PodsApiOptions
{
    /// <summary>Who may use it. Nobody else may: there is no anonymous access.</summary>
    public required IReadOnlyList<ApiUser> Users { get; init; }

    /// <summary>
    /// Asked for the users at each request, in place of <see cref="Users"/>: the same list as long as nothing has changed. Null where they
    /// never do.
    /// </summary>
    public Func<IReadOnlyList<ApiUser>>? CurrentUsers { get; init; }

    /// <summary>Who sends a request that has no token of theirs, for instance by client certificate; null for nobody.</summary>
    public Func<HttpContext, ApiUser?>? Authenticate { get; init; }

    /// <summary>
    /// Asked about what a user's own rules do not allow, for instance of an API server; null where the rules say all. Where nobody can be
    /// asked it throws <see cref="AuthorizerUnavailableException"/>: that is no yes, and no no.
    /// </summary>
    public Func<ApiUser, AccessAttributes, CancellationToken, ValueTask<bool>>? Authorize { get; init; }

    /// <summary>Where sessions are counted; null for nowhere. It stays the caller's.</summary>
    public SessionMetrics? Counts { get; init; }

    /// <summary>The forms of the remote command protocol that exec and attach accept; over SPDY/3.1 the best first.</summary>
    public ImmutableArray<RemoteCommandProtocol> Protocols { get; init; } = RemoteCommandProtocol.Accepted;

    /// <summary>
    /// How many sessions are kept for clients whose connection was lost, and for how long, where <see cref="Protocols"/> has
    /// <see cref="RemoteCommandProtocol.Session"/>.
    /// </summary>
    public KeepLimits Keep { get; init; } = KeepLimits.Default;

    /// <summary>
    /// What an earlier process left of its sessions, and where this one leaves its own; null where sessions end with the process.
    /// </summary>
    public SessionCheckpoints? Checkpoints { get; init; }

    /// <summary>The forms of port-forward that are accepted.</summary>
    public ImmutableArray<PortForwardProtocol> PortForwardProtocols { get; init; } = PortForwardProtocol.All;

    /// <summary>
    /// Asked at each session for the forms that are accepted, in place of <see cref="Protocols"/> and <see cref="PortForwardProtocols"/>.
    /// Null where they never change.
    /// </summary>
    public Func<AcceptedForms>? CurrentForms { get; init; }

    /// <summary>How long connecting to a pod's port may take.</summary>
    public TimeSpan PortConnectTimeout { get; init => field = TimeLimit.OrForEver(value); } = TimeSpan.FromSeconds(15);

    /// <summary>The bounds and deadlines of a session's connection.</summary>
    public CarrierLimits Limits { get; init; } = CarrierLimits.Default;

    /// <summary>The clock that ages in tables are counted by.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    internal AcceptedForms PresentForms() => CurrentForms?.Invoke() ?? new AcceptedForms(Protocols, PortForwardProtocols);

    internal IReadOnlyList<ApiUser> PresentUsers() => CurrentUsers?.Invoke() ?? Users;
}
