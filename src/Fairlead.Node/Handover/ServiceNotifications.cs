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
        if (!IsManaged) return;
        using Socket socket = Connect();
        try
        {
            socket.Send(Encoding.UTF8.GetBytes(state));
        }
        catch (SocketException e)
        {
            throw Unreachable(e);
        }
    }

    static string? Address => Environment.GetEnvironmentVariable("NOTIFY_SOCKET");

    /// <summary>Somebody wants to be told.</summary>
    internal static bool IsManaged => Address is { Length: > 0 };

    /// <summary>A connection to who wants to be told.</summary>
    /// <exception cref="IOException">Who wants to be told cannot be told.</exception>
    internal static Socket Connect()
    {
        string address = Address!;
        Socket socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { SendTimeout = 5000 };
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(address[0] == '@' ? '\0' + address[1..] : address));
            return socket;
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw Unreachable(e);
        }
    }

    static IOException Unreachable(SocketException e) => new($"the service manager cannot be told at {Address}: {e.Message}", e);
}
