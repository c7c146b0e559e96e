using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Fairlead.Node.Handover;

/// <summary>
/// Tells systemd, or whoever started this process as it does, what becomes of the service (<c>NOTIFY_SOCKET</c>, sd_notify(3)).
/// </summary>
public static class ServiceNotifications
{
    /// <summary>This process serves, and is the service's own: it may have taken over from another one.</summary>
    /// <exception cref="IOException">Who wants to be told cannot be told.</exception>
    public static void TellReady() => Tell(string.Create(CultureInfo.InvariantCulture, $"MAINPID={Environment.ProcessId}\nREADY=1"));

    /// <summary>This process is about to end.</summary>
    /// <exception cref="IOException">Who wants to be told cannot be told.</exception>
    public static void TellStopping() => Tell("STOPPING=1");

    static void Tell(string state)
    {
        if (Environment.GetEnvironmentVariable("NOTIFY_SOCKET") is not { Length: > 0 } address) return;
        try
        {
            using Socket socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            socket.SendTo(Encoding.UTF8.GetBytes(state), new UnixDomainSocketEndPoint(address[0] == '@' ? '\0' + address[1..] : address));
        }
        catch (SocketException e)
        {
            throw new IOException($"the service manager cannot be told at {address}: {e.Message}", e);
        }
    }
}
