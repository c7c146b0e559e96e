using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Fairlead.Containerd.Native;

/// <summary>The C library's functions as Linux on 64 bits has them. Constants are the kernel's, the same on x86-64 and arm64.</summary>
static unsafe partial class LibC
{
    internal const int O_RDONLY = 0, O_WRONLY = 1, O_NONBLOCK = 0x800, O_CLOEXEC = 0x80000;
    internal const int F_SETPIPE_SZ = 1031;
    internal const nuint FIONREAD = 0x541B;
    internal const int EINTR = 4, EAGAIN = 11;
    internal const int SIGHUP = 1, SIGKILL = 9;
    internal const int CLONE_NEWNET = 0x40000000;

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int mkfifo(string path, uint mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int statx(int folder, string path, int flags, uint mask, byte* status);

    [LibraryImport("libc")] internal static partial uint geteuid();

    [LibraryImport("libc", SetLastError = true)] internal static partial int fcntl(SafeHandle fd, int command, int argument);
    [LibraryImport("libc", SetLastError = true)] internal static partial nint write(SafeHandle fd, byte* data, nuint count);
    [LibraryImport("libc", SetLastError = true)] internal static partial int ioctl(SafeHandle fd, nuint request, void* argument);
    [LibraryImport("libc", SetLastError = true)] internal static partial int setns(SafeFileHandle fd, int kind);
}
