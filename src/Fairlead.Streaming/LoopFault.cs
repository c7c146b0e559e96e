using System.Net.Sockets;
using System.Net.WebSockets;

namespace Fairlead.Streaming;

/// <summary>
/// What ends a loop of a carrier. One rule for all of them: what a connection throws that is over is the network's or the peer's; anything
/// else is a fault of ours, which ends the session by its own name and reaches the log with its stack. Taken for a broken connection, it
/// would never be found.
/// </summary>
static class LoopFault
{
    /// <summary>The connection is over, in one of the ways in which streams and sockets say so.</summary>
    internal static bool IsBroken(Exception failure) =>
        failure is WebSocketException or IOException or SocketException or OperationCanceledException or ObjectDisposedException;

    /// <summary>What a session is told that a fault of ours has ended. The words of the fault are the log's.</summary>
    internal static SessionLostException OfOurs(Exception fault) =>
        new(SessionLoss.LocalFault, $"A fault of this program ended the session ({fault.GetType().Name}); its log has the place.", fault);
}
