using System.Net.Sockets;
using System.Net.WebSockets;

namespace Fairlead.Streaming;

/// <summary>
/// What ends a loop of a carrier. One rule for all of them: an exception that a connection throws because it is over counts as the
/// network's or the peer's doing. Any other exception is a fault of ours: the session ends with a loss of that name, and the log has the
/// stack. If it were taken for a broken connection, nobody would ever find it.
/// </summary>
static class LoopFault
{
    /// <summary>The connection is over, in one of the ways in which streams and sockets say so.</summary>
    internal static bool IsBroken(Exception failure) =>
        failure is WebSocketException or IOException or SocketException or OperationCanceledException or ObjectDisposedException;

    /// <summary>What a session is told when a fault of ours has ended it. The fault's own words go to the log only.</summary>
    internal static SessionLostException OfOurs(Exception fault) =>
        new(SessionLoss.LocalFault, $"A fault of this program ended the session ({fault.GetType().Name}); its log has the place.", fault);
}
