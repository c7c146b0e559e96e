using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading.Channels;
using Fairlead.Testing.Native;
using Microsoft.Win32.SafeHandles;

namespace Fairlead.Testing;

/// <summary>
/// Plays systemd for a service: holds its socket, starts process after process with it, hears what they say of themselves, and keeps the
/// descriptors that they give it.
/// </summary>
public sealed class ServiceKeeper : IDisposable
{
    /// <summary>sd_listen_fds(3): they are moved to 3 and what follows, and the variables name the process that they are for.</summary>
    const string Starter =
        "n=3; for fd in $1; do eval \"exec $n<&$fd-\"; n=$((n+1)); done; export LISTEN_FDS=$((n-3)) LISTEN_PID=$$ LISTEN_FDNAMES=$2; shift 2; exec \"$@\"";

    readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    readonly Socket _notifications = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
    readonly string _folder = Directory.CreateTempSubdirectory("fairlead-service-").FullName;
    readonly Channel<string[]> _said = Channel.CreateUnbounded<string[]>();
    readonly Dictionary<string, (SafeFileHandle Descriptor, bool IsPolled)> _store = [];
    readonly int _room;
    readonly Thread _hearing;
    Exception? _failure;

    /// <summary>The socket listens from now on, whatever becomes of the processes.</summary>
    /// <param name="room">How many descriptors it keeps (<c>FileDescriptorStoreMax=</c>); 0 for none, as systemd does by itself.</param>
    public ServiceKeeper(int room = 0)
    {
        _room = room;
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _socket.Listen(512);
        _notifications.Bind(new UnixDomainSocketEndPoint(NotifyPath));
        _hearing = new Thread(Hear) { IsBackground = true };
        _hearing.Start();
    }

    /// <summary>Where the service is reached.</summary>
    public IPEndPoint EndPoint => (IPEndPoint)_socket.LocalEndPoint!;

    /// <summary>The names of what is kept now.</summary>
    public IReadOnlyList<string> Kept
    {
        get
        {
            lock (_store) return [.. _store.Keys];
        }
    }

    string NotifyPath => Path.Combine(_folder, "notify");

    /// <summary>Starts a process of the service.</summary>
    public RunningProcess Start(string program, IEnumerable<string> arguments)
    {
        lock (_store)
        {
            DropHungUp();
            List<SafeHandle> handed = [_socket.SafeHandle, .. _store.Values.Select(static kept => kept.Descriptor)];
            string names = string.Join(':', _store.Keys.Prepend("the-socket"));
            foreach (SafeHandle handle in handed) Descriptors.Inherit(handle, reaches: true);
            try
            {
                string numbers = string.Join(' ', handed.Select(static handle => handle.DangerousGetHandle()));
                return RunningProcess.Start("bash", ["-c", Starter, "bash", numbers, names, program, .. arguments], new RunOptions
                {
                    Environment = new Dictionary<string, string?>
                    {
                        ["NOTIFY_SOCKET"] = NotifyPath,
                        ["FDSTORE"] = _room > 0 ? _room.ToString() : null,
                    },
                });
            }
            finally
            {
                foreach (SafeHandle handle in handed) Descriptors.Inherit(handle, reaches: false);
            }
        }
    }

    /// <summary>The next thing that a process says of itself, as lines of <c>NAME=VALUE</c>.</summary>
    public async Task<string[]> HearAsync(CancellationToken cancellationToken)
    {
        if (_failure is not null) throw new InvalidOperationException("Nothing is heard any more.", _failure);
        return await _said.Reader.ReadAsync(cancellationToken);
    }

    /// <summary>Puts something into the store that no process has given.</summary>
    public void Keep(string name, SafeFileHandle descriptor)
    {
        lock (_store) _store[name] = (descriptor, IsPolled: false);
    }

    /// <summary>Takes something out of the store, as a manager does that has no room for it.</summary>
    public void Drop(string name)
    {
        lock (_store)
            if (_store.Remove(name, out var kept)) kept.Descriptor.Dispose();
    }

    void Hear()
    {
        byte[] buffer = new byte[4096];
        try
        {
            while (DescriptorMessages.Receive(_notifications.SafeHandle, buffer, out SafeFileHandle? descriptor) is > 0 and var length)
                Take(Encoding.UTF8.GetString(buffer, 0, length).Split('\n'), descriptor);
        }
        catch (Exception e)
        {
            _failure = e;
            _said.Writer.TryComplete(e);
        }
    }

    void Take(string[] lines, SafeFileHandle? descriptor)
    {
        string name = lines.FirstOrDefault(static line => line.StartsWith("FDNAME=", StringComparison.Ordinal))?["FDNAME=".Length..] ?? "stored";
        lock (_store)
        {
            if (lines.Contains("FDSTORE=1") && descriptor is not null && _store.Count < _room)
            {
                _store.Add(name, (descriptor, IsPolled: !lines.Contains("FDPOLL=0")));
                return;
            }

            if (lines.Contains("FDSTOREREMOVE=1")) Drop(name);
        }

        if (lines.All(static line => line is not ("BARRIER=1" or "FDSTORE=1" or "FDSTOREREMOVE=1"))) _said.Writer.TryWrite(lines);
        descriptor?.Dispose(); // a barrier is told so that it was come to
    }

    /// <summary>systemd watches what it keeps, unless it was told not to, and lets go of what hangs up.</summary>
    void DropHungUp()
    {
        foreach ((string name, (SafeFileHandle descriptor, bool isPolled)) in _store.ToArray())
            if (isPolled && DescriptorMessages.HasHungUp(descriptor)) Drop(name);
    }

    /// <summary>Lets the socket and its queue go, and what is kept.</summary>
    public void Dispose()
    {
        _socket.Dispose();
        _notifications.Shutdown(SocketShutdown.Receive);
        _hearing.Join();
        _notifications.Dispose();
        foreach ((SafeFileHandle descriptor, _) in _store.Values) descriptor.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
