using System.Net;
using System.Net.Sockets;
using System.Text;
using Fairlead.Testing.Native;

namespace Fairlead.Testing;

/// <summary>Plays systemd for a service: holds its socket, starts process after process with it, and hears what they say of themselves.</summary>
public sealed class ServiceKeeper : IDisposable
{
    /// <summary>sd_listen_fds(3): the socket is descriptor 3, and the variables name the process that they are for.</summary>
    const string Starter = "exec 3<&$1; shift; export LISTEN_FDS=1 LISTEN_PID=$$; exec \"$@\"";

    readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    readonly Socket _notifications = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
    readonly string _folder = Directory.CreateTempSubdirectory("fairlead-service-").FullName;

    /// <summary>The socket listens from now on, whatever becomes of the processes.</summary>
    public ServiceKeeper()
    {
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _socket.Listen(512);
        _notifications.Bind(new UnixDomainSocketEndPoint(NotifyPath));
    }

    /// <summary>Where the service is reached.</summary>
    public IPEndPoint EndPoint => (IPEndPoint)_socket.LocalEndPoint!;

    string NotifyPath => Path.Combine(_folder, "notify");

    /// <summary>Starts a process of the service.</summary>
    public RunningProcess Start(string program, IEnumerable<string> arguments)
    {
        Descriptors.Inherit(_socket.SafeHandle, reaches: true);
        try
        {
            string descriptor = _socket.SafeHandle.DangerousGetHandle().ToString();
            return RunningProcess.Start("bash", ["-c", Starter, "bash", descriptor, program, .. arguments], new RunOptions
            {
                Environment = new Dictionary<string, string?> { ["NOTIFY_SOCKET"] = NotifyPath },
            });
        }
        finally
        {
            Descriptors.Inherit(_socket.SafeHandle, reaches: false);
        }
    }

    /// <summary>The next thing that a process says of itself, as lines of <c>NAME=VALUE</c>.</summary>
    public async Task<string[]> HearAsync(CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[4096];
        int length = await _notifications.ReceiveAsync(buffer, cancellationToken);
        return Encoding.UTF8.GetString(buffer, 0, length).Split('\n');
    }

    /// <summary>Lets the socket and its queue go.</summary>
    public void Dispose()
    {
        _socket.Dispose();
        _notifications.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
