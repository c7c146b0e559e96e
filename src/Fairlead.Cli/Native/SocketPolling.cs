using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Fairlead.Cli.Native;

/// <summary>How this process waits for its sockets.</summary>
static class SocketPolling
{
    /// <summary>Variables of .NET on Unix, read once, when the first socket waits.</summary>
    const string Inline = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", Threads = "DOTNET_SYSTEM_NET_SOCKETS_THREAD_COUNT";

    /// <summary>
    /// What waits for a socket goes on on the thread that polls it, and is not handed to a pool thread that has to be woken first. Call it
    /// before the first socket; later it does nothing.
    /// </summary>
    /// <param name="threads">How many poll: 1 for a process of one session, one for each processor for a server.</param>
    /// <remarks>
    /// From then on nothing that follows an await may block in wait for another socket. The variables are there only while .NET reads them:
    /// a credential plugin, or a command of the lab's, must not inherit them.
    /// </remarks>
    public static void GoOnWherePolled(int threads)
    {
        if (OperatingSystem.IsWindows()) return;
        (string Name, string Value)[] settings = [(Inline, "1"), (Threads, threads.ToString(CultureInfo.InvariantCulture))];
        string?[] before = [.. settings.Select(static setting => Environment.GetEnvironmentVariable(setting.Name))];
        foreach ((string name, string value) in settings) Environment.SetEnvironmentVariable(name, value);
        try
        {
            using Socket waiting = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            waiting.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            using SocketAsyncEventArgs receive = new();
            receive.SetBuffer(new byte[1], 0, 1);
            _ = waiting.ReceiveAsync(receive); // waits, until the socket is closed
        }
        catch (SocketException)
        {
            // no such address here: the usual way then, which is only slower
        }
        finally
        {
            for (int i = 0; i < before.Length; i++) Environment.SetEnvironmentVariable(settings[i].Name, before[i]);
        }
    }
}
