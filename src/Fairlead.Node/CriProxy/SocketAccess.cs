using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Fairlead.Containerd.Native;
using Fairlead.Node.Native;

namespace Fairlead.Node.CriProxy;

/// <summary>Who may connect to a Unix socket: its mode and its owner.</summary>
/// <param name="Mode">The mode.</param>
/// <param name="User">The owner's number.</param>
/// <param name="Group">The group's number.</param>
sealed record SocketAccess(UnixFileMode Mode, uint User, uint Group)
{
    /// <summary>Reads them.</summary>
    /// <exception cref="IOException">There is no such file.</exception>
    public static SocketAccess Of(string path)
    {
        FileFacts facts = FileFacts.Read(path, followLink: true) ?? throw new FileNotFoundException($"{path}: there is no such file");
        return new SocketAccess(facts.Mode & (UnixFileMode)0x1ff, facts.User, facts.Group);
    }

    /// <summary>
    /// Binds a socket that nobody else can connect to before it has this access: under another name, which is changed at the end. What lay
    /// at the path is replaced, and a folder that is missing made, for its owner alone.
    /// </summary>
    /// <exception cref="IOException">
    /// The path is in use by somebody who listens, others may replace what is in its folder, or the access could not be given.
    /// </exception>
    public Socket Bind(string path)
    {
        if (IsServed(path)) throw new IOException($"{path}: somebody listens there");
        if (FileFacts.Read(path, followLink: false) is { IsSocket: false })
            throw new IOException($"{path}: there is a file that is no socket");
        string folder = Path.GetDirectoryName(path)!, early = Path.Combine(folder, $".{Environment.ProcessId}");
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            TrustedFolder.Require(folder, mayBeShared: true);
            File.Delete(early);
            socket.Bind(new UnixDomainSocketEndPoint(early)); // refuses everybody as long as nothing listens
            File.SetUnixFileMode(early, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            SocketAccess now = Of(early);
            if ((now.User, now.Group) != (User, Group) && LibC.chown(early, User, Group) != 0)
                throw new IOException(
                    $"{path} cannot be given to user {User} and group {Group}: " +
                    $"{new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
            File.SetUnixFileMode(early, Mode);
            File.Move(early, path, overwrite: true);
            return socket;
        }
        catch (Exception e) when (e is SocketException or UnauthorizedAccessException)
        {
            socket.Dispose();
            throw new IOException($"{path}: {e.Message}", e);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    static bool IsServed(string path)
    {
        // A connect that blocks would wait for room in the queue of an owner that was stopped, for as long as it stays stopped.
        using Socket probe = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
            return true;
        }
        catch (SocketException e)
        {
            // the queue of one that listens is full; else nothing is there, or left by one that is gone
            return e.SocketErrorCode == SocketError.WouldBlock;
        }
    }
}
