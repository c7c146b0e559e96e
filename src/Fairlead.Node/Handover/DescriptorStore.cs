using System.Globalization;
using System.IO.Pipes;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Fairlead.HostProcesses.Native;
using Fairlead.Node.Native;
using Fairlead.Server.Checkpoints;

namespace Fairlead.Node.Handover;

/// <summary>
/// systemd's descriptor store, or that of who plays it: what is given to it under a name comes back to the service's next process
/// (<c>FDSTORE=1</c>, sd_pid_notify_with_fds(3)).
/// </summary>
public sealed class DescriptorStore : IDescriptorStore, IDisposable
{
    /// <summary>How many descriptors may be kept: systemd 254 and later say it by this, and our units do for earlier ones.</summary>
    const string RoomVariable = "FDSTORE";

    /// <summary>
    /// Bytes of all names together: the next process gets them in one variable of its environment (<c>LISTEN_FDNAMES</c>), of which the
    /// kernel allows 128 KiB. A service with more could not be started any more.
    /// </summary>
    const int MostOfNames = 100_000;

    readonly Dictionary<string, SafeHandle> _handed;
    readonly HashSet<string> _kept;
    readonly Socket _socket;
    readonly int _room;

    DescriptorStore(IReadOnlyDictionary<string, SafeHandle> handed, Socket socket, int room)
    {
        (_handed, _socket, _room) = (new(handed), socket, room);
        _kept = [.. handed.Keys];
    }

    /// <summary>Connects to it.</summary>
    /// <param name="handed">What this process was given of it: <see cref="HandedSockets.Take"/>. The store's from here on.</param>
    /// <returns>Null where nobody keeps descriptors for this process.</returns>
    /// <exception cref="IOException">It cannot be reached.</exception>
    public static DescriptorStore? Open(IReadOnlyDictionary<string, SafeHandle> handed)
    {
        ArgumentNullException.ThrowIfNull(handed);
        bool hasRoom = int.TryParse(
            Environment.GetEnvironmentVariable(RoomVariable), NumberStyles.None, CultureInfo.InvariantCulture, out int room) && room > 0;
        return hasRoom && ServiceNotifications.IsManaged ? new DescriptorStore(handed, ServiceNotifications.Connect(), room) : null;
    }

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Names => _handed.Keys;

    /// <inheritdoc/>
    public SafeHandle? Take(string name) => _handed.Remove(name, out SafeHandle? taken) ? taken : null;

    /// <inheritdoc/>
    /// <remarks>
    /// Without <c>FDPOLL=0</c> systemd drops a pipe whose writer has gone, with what nobody has read.
    /// </remarks>
    public void Keep(string name, SafeHandle descriptor)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        if (_kept.Count >= _room)
            throw new IOException($"the service manager keeps {_room} descriptors, and no more (FileDescriptorStoreMax=)");
        if (_kept.Sum(static kept => kept.Length + 1) + name.Length > MostOfNames)
            throw new IOException("the names of more descriptors would not fit into the environment of the next process");
        Send($"FDSTORE=1\nFDPOLL=0\nFDNAME={name}", descriptor);
        _kept.Add(name);
    }

    /// <inheritdoc/>
    public void Remove(string name)
    {
        if (_kept.Remove(name)) Send($"FDSTOREREMOVE=1\nFDNAME={name}", descriptor: null);
    }

    /// <inheritdoc/>
    /// <remarks>By a pipe that the manager closes once it has come to it (<c>BARRIER=1</c>, sd_notify_barrier(3)).</remarks>
    public async Task SettleAsync(CancellationToken cancellationToken)
    {
        await using AnonymousPipeServerStream barrier = new(PipeDirection.In, HandleInheritability.None);
        Send("BARRIER=1", barrier.ClientSafePipeHandle);
        barrier.DisposeLocalCopyOfClientHandle();
        try
        {
            _ = await barrier.ReadAsync(new byte[1], cancellationToken);
        }
        catch (OperationCanceledException e) when (cancellationToken.IsCancellationRequested)
        {
            throw new IOException("the service manager does not say that it has taken the descriptors", e);
        }
    }

    unsafe void Send(string state, SafeHandle? descriptor)
    {
        bool isHeld = false;
        try
        {
            descriptor?.DangerousAddRef(ref isHeld);
            LibC.PassedDescriptor passed = new()
            {
                Length = (nuint)(sizeof(nuint) + (3 * sizeof(int))),
                Level = LibC.SOL_SOCKET,
                Type = LibC.SCM_RIGHTS,
                Descriptor = (int)(descriptor?.DangerousGetHandle() ?? -1),
            };
            fixed (byte* text = Encoding.UTF8.GetBytes(state))
            {
                LibC.MessagePart part = new() { Data = text, Length = (nuint)Encoding.UTF8.GetByteCount(state) };
                LibC.MessageHeader message = new() { Parts = &part, PartCount = 1 };
                if (descriptor is not null)
                {
                    message.Control = &passed;
                    message.ControlLength = (nuint)sizeof(LibC.PassedDescriptor);
                }

                while (LibC.sendmsg(_socket.SafeHandle, &message, 0) < 0)
                {
                    if (Marshal.GetLastPInvokeError() != LibC.EINTR) throw NativeError.Last("the service manager cannot be told");
                }
            }
        }
        finally
        {
            if (isHeld) descriptor!.DangerousRelease();
        }
    }

    /// <summary>Closes what was handed and not taken, and the connection. What is kept stays kept.</summary>
    public void Dispose()
    {
        foreach (SafeHandle handle in _handed.Values) handle.Dispose();
        _socket.Dispose();
    }
}
