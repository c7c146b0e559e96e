using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Fairlead.Files.Native;

/// <summary>The C library's calls that name a file by an open folder and one name, as Linux on 64 bits has them.</summary>
[SupportedOSPlatform("linux")]
static unsafe partial class LibC
{
    internal const int O_RDONLY = 0, O_RDWR = 2, O_CREAT = 0x40, O_TRUNC = 0x200, O_NONBLOCK = 0x800, O_CLOEXEC = 0x80000;
    internal const int ENOENT = 2, EINTR = 4, EEXIST = 17, EINVAL = 22, ENAMETOOLONG = 36, ELOOP = 40, EILSEQ = 84;
    internal const int AT_FDCWD = -100, AT_SYMLINK_NOFOLLOW = 0x100, AT_REMOVEDIR = 0x200, AT_EMPTY_PATH = 0x1000;
    internal const uint STATX_BASIC_STATS = 0x7ff;

    static readonly bool s_arm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    /// <summary>These two are not the same everywhere.</summary>
    internal static int O_DIRECTORY => s_arm ? 0x4000 : 0x10000;

    /// <inheritdoc cref="O_DIRECTORY"/>
    internal static int O_NOFOLLOW => s_arm ? 0x8000 : 0x20000;

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Custom,
        StringMarshallingCustomType = typeof(NameMarshaller))]
    internal static partial int openat(int folder, string name, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Custom,
        StringMarshallingCustomType = typeof(NameMarshaller))]
    internal static partial int mkdirat(int folder, string name, uint mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Custom,
        StringMarshallingCustomType = typeof(NameMarshaller))]
    internal static partial int unlinkat(int folder, string name, int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Custom,
        StringMarshallingCustomType = typeof(NameMarshaller))]
    internal static partial int renameat(int folder, string name, int newFolder, string newName);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Custom,
        StringMarshallingCustomType = typeof(NameMarshaller))]
    internal static partial int symlinkat(string target, int folder, string name);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Custom,
        StringMarshallingCustomType = typeof(NameMarshaller))]
    internal static partial nint readlinkat(int folder, string name, byte* buffer, nuint length);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Custom,
        StringMarshallingCustomType = typeof(NameMarshaller))]
    internal static partial int statx(int folder, string name, int flags, uint mask, byte* status);

    /// <summary>Where a name begins in what <see cref="readdir"/> returns.</summary>
    internal const int NameOffset = 19;

    /// <summary>Takes the descriptor over where it succeeds.</summary>
    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint fdopendir(int descriptor);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial byte* readdir(nint folder);

    [LibraryImport("libc")]
    internal static partial int closedir(nint folder);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int fchmod(int descriptor, uint mode);

    /// <summary>In the place of nanoseconds: this time stays as it is.</summary>
    internal const long UTIME_OMIT = (1L << 30) - 2;

    /// <summary>Takes the time of the last reading and that of the last change, each seconds and nanoseconds.</summary>
    [LibraryImport("libc", SetLastError = true)]
    internal static partial int futimens(int descriptor, long* times);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int fchown(int descriptor, int user, int group);

    /// <summary>LOCK_EX | LOCK_NB: one copy at a time; the kernel lets go when the descriptor is closed.</summary>
    internal const int LockWithoutWaiting = 2 | 4;

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int flock(int descriptor, int operation);

    [LibraryImport("libc")]
    internal static partial uint geteuid();
}
