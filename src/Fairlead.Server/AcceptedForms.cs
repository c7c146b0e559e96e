using System.Collections.Immutable;
using Fairlead.Wire;
using Fairlead.Wire.PortForward;

namespace Fairlead.Server;

/// <summary>The forms in which sessions are accepted.</summary>
/// <param name="Commands">Of exec and attach; over SPDY/3.1 the best first.</param>
/// <param name="Forwards">Of port-forward.</param>
public sealed record AcceptedForms(ImmutableArray<RemoteCommandProtocol> Commands, ImmutableArray<PortForwardProtocol> Forwards);
