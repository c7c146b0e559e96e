using System.Buffers.Binary;
using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Fairlead.Containerd.Native;

namespace Fairlead.Containerd.Proxy;

/// <summary>Who may connect to a Unix socket: its mode and its owner.</summary>
/// <param name="IsSocket">It is a socket at all.</param>
/// <param name="Mode">The mode.</param>
/// <param name="User">The owner's number.</param>
/// <param name="Group">The group's number.</param>
sealed record SocketAccess(bool IsSocket, UnixFileMode Mode, uint User, uint Group)
{
    const int AtWorkingFolder = -100, StatusLength = 256;
    const int TypeMask = 0xf000, SocketFile = 0xc000;
    const uint OwnerAndMode = 0x1 | 0x2 | 0x8 | 0x10; // STATX_TYPE, _MODE, _UID, _GID

    /// <summary>Reads them.</summary>
    /// <exception cref="IOException">There is no such file.</exception>
    public static unsafe SocketAccess Of(string path)
    {
        byte* status = stackalloc byte[StatusLength];
        if (LibC.statx(AtWorkingFolder, path, 0, OwnerAndMode, status) != 0) throw new IOException($"{path}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
        ReadOnlySpan<byte> fields = new(status, StatusLength);
        return new SocketAccess(
            (BinaryPrimitives.ReadUInt16LittleEndian(fields[28..]) & TypeMask) == SocketFile,
            (UnixFileMode)(BinaryPrimitives.ReadUInt16LittleEndian(fields[28..]) & 0x1ff), BinaryPrimitives.ReadUInt32LittleEndian(fields[20..]), BinaryPrimitives.ReadUInt32LittleEndian(fields[24..]));
    }

    /// <summary>
    /// Binds a socket that nobody else can connect to before it has this access: under another name, which is changed at the end. What lay at the
    /// path is replaced, and a folder that is missing made.
    /// </summary>
    /// <exception cref="IOException">The path is in use by somebody who listens, or the access could not be given.</exception>
    public Socket Bind(string path)
    {
        if (IsServed(path)) throw new IOException($"{path}: somebody listens there");
        if (File.Exists(path) && !Of(path).IsSocket) throw new IOException($"{path}: there is a file that is no socket");
        string folder = Path.GetDirectoryName(path)!, early = Path.Combine(folder, $".{Environment.ProcessId}");
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            Directory.CreateDirectory(folder);
            File.Delete(early);
            socket.Bind(new UnixDomainSocketEndPoint(early)); // refuses everybody as long as nothing listens
            File.SetUnixFileMode(early, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            SocketAccess now = Of(early);
            if ((now.User, now.Group) != (User, Group) && LibC.chown(early, User, Group) != 0)
                throw new IOException($"{path} cannot be given to user {User} and group {Group}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
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
        using Socket probe = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
            return true;
        }
        catch (SocketException)
        {
            return false; // nothing there, or left by one that is gone
        }
    }
}
