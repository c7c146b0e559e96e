using System.Net.Sockets;

namespace Fairlead.Client.Forwarding.Listening;

/// <summary>Listens on a Unix socket that belongs to the user alone.</summary>
static class UnixListener
{
    const int Backlog = 512;

    /// <exception cref="SetupException">It cannot be listened on.</exception>
    internal static Socket Open(string path)
    {
        UnixDomainSocketEndPoint endPoint;
        try
        {
            endPoint = new UnixDomainSocketEndPoint(path);
        }
        catch (ArgumentOutOfRangeException e)
        {
            throw new SetupException($"{path}: the path is too long for a Unix socket. Choose a shorter one", e);
        }

        try
        {
            return Bind(endPoint, path);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse && IsDead(endPoint))
        {
            File.Delete(path);
            return Bind(endPoint, path);
        }
        catch (SocketException e)
        {
            throw new SetupException(e.SocketErrorCode switch
            {
                SocketError.AddressAlreadyInUse => $"{path} is in use: it is no socket, or something listens there. Choose another path",
                SocketError.AddressNotAvailable => $"{path} cannot be listened on: its folder does not exist", // what .NET makes of ENOENT
                _ => $"{path} cannot be listened on: {e.Message}",
            }, e);
        }
    }

    static Socket Bind(UnixDomainSocketEndPoint endPoint, string path)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Bind(endPoint);
            // nobody connects before Listen
            if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            socket.Listen(Backlog);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>True for a socket that nobody listens on any more.</summary>
    static bool IsDead(UnixDomainSocketEndPoint endPoint)
    {
        using Socket probe = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(endPoint);
            return false;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode == SocketError.ConnectionRefused && IsSocket(endPoint.ToString());
        }
    }

    /// <summary>A file refuses connections too. What cannot be opened, and not for want of permission, is a socket.</summary>
    static bool IsSocket(string path)
    {
        try
        {
            // for both: a FIFO would wait for its other end
            File.OpenHandle(path, access: FileAccess.ReadWrite, share: FileShare.ReadWrite).Dispose();
            return false;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }
}
