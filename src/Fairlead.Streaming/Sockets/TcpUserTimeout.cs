using System.Net.Sockets;
using System.Runtime.Versioning;

namespace Fairlead.Streaming.Sockets;

/// <summary>TCP_USER_TIMEOUT of Linux (RFC 5482): how long sent bytes may stay without acknowledgement.</summary>
public static class TcpUserTimeout
{
    const int IpProtoTcp = 6;
    const int Option = 18;

    /// <summary>Sets it. A receiver that answers window probes, so one that merely does not read, is not given up.</summary>
    [SupportedOSPlatform("linux")]
    public static void SetUserTimeout(this Socket socket, TimeSpan timeout)
    {
        ArgumentNullException.ThrowIfNull(socket);
        if (socket.AddressFamily is not (AddressFamily.InterNetwork or AddressFamily.InterNetworkV6)) return;
        Span<byte> milliseconds = stackalloc byte[sizeof(int)];
        BitConverter.TryWriteBytes(milliseconds, (int)Math.Min(timeout.TotalMilliseconds, int.MaxValue));
        socket.SetRawSocketOption(IpProtoTcp, Option, milliseconds);
    }
}
