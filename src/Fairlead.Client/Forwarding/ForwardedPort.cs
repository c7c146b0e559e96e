using System.Net;

namespace Fairlead;

/// <summary>One end point that a forward listens on.</summary>
/// <param name="Local">Where it listens: the picked port is in it. An <see cref="IPEndPoint"/> or a Unix socket's end point.</param>
/// <param name="Remote">The pod's port that it leads to now; a new pod may have another one behind the same name.</param>
public readonly record struct ForwardedPort(EndPoint Local, int Remote);
