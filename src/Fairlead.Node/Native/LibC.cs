using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Fairlead.Node.Native;

/// <summary>The calls of the C library that this room needs.</summary>
static unsafe partial class LibC
{
    internal const int SOL_SOCKET = 1, SCM_RIGHTS = 1;

    internal const int F_SETFD = 2, FD_CLOEXEC = 1, LOCK_EX = 2, EINTR = 4, O_RDWR = 2, O_CREAT = 0x40, O_CLOEXEC = 0x80000;

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    internal static partial int chown(string path, uint user, uint group);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int fcntl(int descriptor, int command, int argument);

    [LibraryImport("libc")]
    internal static partial int getppid();

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint sendmsg(SafeHandle socket, MessageHeader* message, int flags);

    /// <summary>msghdr(3type) on 64 bits.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct MessageHeader
    {
        internal void* Name;
        internal nuint NameLength;
        internal MessagePart* Parts;
        internal nuint PartCount;
        internal void* Control;
        internal nuint ControlLength;
        internal nuint Flags;
    }

    /// <summary>iovec(3type).</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct MessagePart
    {
        internal void* Data;
        internal nuint Length;
    }

    /// <summary>cmsghdr(3type) with one descriptor behind it, as <c>SCM_RIGHTS</c> has it on 64 bits.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct PassedDescriptor
    {
        internal nuint Length;
        internal int Level;
        internal int Type;
        internal int Descriptor;
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    internal static partial int chroot(string folder);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    internal static partial int chdir(string folder);

    /// <summary>Comes back only where it failed. Both lists end with a null.</summary>
    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    internal static partial int execve(string program, string?[] arguments, string?[] environment);

    [LibraryImport("libc")]
    internal static partial void _exit(int code);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    internal static partial SafeFileHandle open(string path, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int flock(SafeHandle descriptor, int operation);
}
