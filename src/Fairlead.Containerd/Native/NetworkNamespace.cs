using System.Net.Sockets;
using System.Runtime.ExceptionServices;
using Fairlead.HostProcesses.Native;
using Microsoft.Win32.SafeHandles;

namespace Fairlead.Containerd.Native;

/// <summary>Makes sockets inside another network namespace. A socket stays in the namespace that it was made in, whoever uses it.</summary>
static class NetworkNamespace
{
    /// <summary>
    /// Makes a TCP socket, on a thread of its own that enters the namespace and ends: no other thread ever leaves the host's.
    /// </summary>
    /// <param name="path">The namespace, for instance <c>/proc/PID/ns/net</c>.</param>
    /// <param name="family">IPv4 or IPv6.</param>
    /// <exception cref="IOException">There is no such namespace, or it may not be entered.</exception>
    internal static Socket CreateSocket(string path, AddressFamily family)
    {
        Socket? socket = null;
        ExceptionDispatchInfo? failure = null;
        Thread thread = new(() =>
        {
            try
            {
                using SafeFileHandle handle = File.OpenHandle(path);
                if (LibC.setns(handle, LibC.CLONE_NEWNET) != 0) throw NativeError.Last($"setns {path}");
                socket = new Socket(family, SocketType.Stream, ProtocolType.Tcp);
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
        }, maxStackSize: 256 * 1024)
        { IsBackground = true, Name = "network namespace" };
        thread.Start();
        thread.Join(); // microseconds: it waits for nothing
        failure?.Throw();
        return socket!;
    }
}
