using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Fairlead.Testing.Native;

/// <summary>Receives datagrams that carry descriptors (recvmsg(2), <c>SCM_RIGHTS</c>), and looks at what was received.</summary>
public static unsafe partial class DescriptorMessages
{
    const int CloseOnExec = 0x40000000, SocketLevel = 1, Rights = 1, MoveCloseOnExec = 1030, Interrupted = 4, HangUpOrError = 0x10 | 0x8;

    /// <summary>Waits for the next one.</summary>
    /// <param name="socket">A socket of datagrams.</param>
    /// <param name="buffer">Where its text goes.</param>
    /// <param name="descriptor">The descriptor that came with it, with a high number; null for none.</param>
    /// <returns>The length of its text; 0 when the socket was shut down.</returns>
    public static int Receive(SafeHandle socket, Span<byte> buffer, out SafeFileHandle? descriptor)
    {
        descriptor = null;
        Control control = default;
        fixed (byte* data = buffer)
        {
            Part part = new() { Data = data, Length = (nuint)buffer.Length };
            Header header = new() { Parts = &part, PartCount = 1, Control = &control, ControlLength = (nuint)sizeof(Control) };
            nint length;
            while ((length = recvmsg(socket, &header, CloseOnExec)) < 0)
                if (Marshal.GetLastPInvokeError() != Interrupted) throw new Win32Exception(Marshal.GetLastPInvokeError());
            if (header.ControlLength > 0 && control is { Level: SocketLevel, Type: Rights })
            {
                using SafeFileHandle low = new(control.Descriptor, ownsHandle: true);
                descriptor = new SafeFileHandle(fcntl(control.Descriptor, MoveCloseOnExec, 1000), ownsHandle: true);
            }

            return (int)length;
        }
    }

    /// <summary>The other side of a pipe or socket has gone: what systemd polls its descriptor store for.</summary>
    public static bool HasHungUp(SafeHandle descriptor)
    {
        PollEntry entry = new() { Descriptor = (int)descriptor.DangerousGetHandle() };
        return poll(&entry, 1, 0) > 0 && (entry.Returned & HangUpOrError) != 0;
    }

    [LibraryImport("libc", SetLastError = true)] private static partial nint recvmsg(SafeHandle socket, Header* message, int flags);
    [LibraryImport("libc", SetLastError = true)] private static partial int fcntl(int descriptor, int command, int argument);
    [LibraryImport("libc", SetLastError = true)] private static partial int poll(PollEntry* entries, nuint count, int timeout);

    struct Header
    {
        internal void* Name;
        internal nuint NameLength;
        internal Part* Parts;
        internal nuint PartCount;
        internal void* Control;
        internal nuint ControlLength;
        internal nuint Flags;
    }

    struct Part
    {
        internal void* Data;
        internal nuint Length;
    }

    struct Control
    {
        internal nuint Length;
        internal int Level;
        internal int Type;
        internal int Descriptor;
    }

    struct PollEntry
    {
        internal int Descriptor;
        internal short Wanted;
        internal short Returned;
    }
}
