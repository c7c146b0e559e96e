using System.Runtime.InteropServices;
using Fairlead.HostProcesses.Native;
using Microsoft.Win32.SafeHandles;

namespace Fairlead.Containerd.Native;

/// <summary>Makes and opens FIFOs without ever waiting for the other side.</summary>
static unsafe class Fifo
{
    /// <summary>Asked for where bulk is likely; the kernel may refuse, and its 64 KiB stay.</summary>
    const int Capacity = 256 * 1024;

    const uint OwnerOnly = 0x180; // 0600

    /// <summary>Makes it, for its owner alone.</summary>
    /// <exception cref="IOException">It could not be made.</exception>
    internal static void Create(string path)
    {
        if (LibC.mkfifo(path, OwnerOnly) != 0) throw NativeError.Last($"mkfifo {path}");
    }

    /// <summary>Opens the end to read from.</summary>
    internal static SafePipeHandle OpenReader(string path)
    {
        SafePipeHandle reader = Open(path, LibC.O_RDONLY);
        _ = LibC.fcntl(reader, LibC.F_SETPIPE_SZ, Capacity); // a wish: see Capacity
        return reader;
    }

    /// <summary>Opens the end to write to. A reader must be open already.</summary>
    internal static SafePipeHandle OpenWriter(string path) => Open(path, LibC.O_WRONLY);

    /// <summary>The bytes that nobody has read yet.</summary>
    internal static int Unread(SafePipeHandle end)
    {
        int count = 0;
        return LibC.ioctl(end, LibC.FIONREAD, &count) == 0 ? count : throw NativeError.Last("ioctl(FIONREAD)");
    }

    /// <summary>Writes what there is room for, without a wait.</summary>
    /// <returns>How many bytes; 0 where there is no room.</returns>
    /// <exception cref="IOException">Nobody reads any more.</exception>
    internal static int Write(SafePipeHandle end, ReadOnlySpan<byte> data)
    {
        fixed (byte* first = data)
        {
            while (true)
            {
                nint count = LibC.write(end, first, (nuint)data.Length);
                if (count >= 0) return (int)count;
                if (Marshal.GetLastPInvokeError() is LibC.EAGAIN) return 0;
                if (Marshal.GetLastPInvokeError() is not LibC.EINTR) throw NativeError.Last("write");
            }
        }
    }

    static SafePipeHandle Open(string path, int flags)
    {
        int fd = LibC.open(path, flags | LibC.O_NONBLOCK | LibC.O_CLOEXEC);
        return fd >= 0 ? new SafePipeHandle(fd, ownsHandle: true) : throw NativeError.Last($"open {path}");
    }
}
