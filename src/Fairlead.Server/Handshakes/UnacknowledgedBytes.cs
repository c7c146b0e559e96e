using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Fairlead.Streaming.Sockets;

namespace Fairlead.Server.Handshakes;

/// <summary>
/// A client whose host is gone while output waits for it acknowledges nothing: the kernel then gives the connection up in the same
/// time in which a silent one is given up. A host that is there but does not read is not affected.
/// </summary>
static class UnacknowledgedBytes
{
    internal static void Bound(HttpContext context, TimeSpan timeout)
    {
        if (OperatingSystem.IsLinux() && context.Features.Get<IConnectionSocketFeature>()?.Socket is { } socket)
            socket.SetUserTimeout(timeout);
    }
}
