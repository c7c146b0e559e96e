using System.Runtime.InteropServices;

namespace Fairlead.Node.Native;

/// <summary>The calls of the C library that this room needs.</summary>
static partial class LibC
{
    internal const int F_SETFD = 2, FD_CLOEXEC = 1;

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    internal static partial int chown(string path, uint user, uint group);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int fcntl(int descriptor, int command, int argument);

    [LibraryImport("libc")]
    internal static partial int getppid();
}
