using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Fairlead.Files.Native;

/// <summary>
/// The C library's calls that name a file by an open folder and one name, as Linux and macOS on 64 bits have them. What macOS calls
/// otherwise, and where its structures lie, is of its headers: <see cref="Local.FolderProof"/> sees on each machine whether it is so.
/// </summary>
[SupportedOSPlatform("linux"), SupportedOSPlatform("macos")]
static unsafe partial class LibC
{
    static readonly bool s_mac = OperatingSystem.IsMacOS(), s_arm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    internal const int O_RDONLY = 0, O_RDWR = 2;
    internal const int ENOENT = 2, EINTR = 4, EEXIST = 17, EINVAL = 22;

    internal static int O_CREAT => s_mac ? 0x200 : 0x40;

    internal static int O_TRUNC => s_mac ? 0x400 : 0x200;

    internal static int O_NONBLOCK => s_mac ? 0x4 : 0x800;

    internal static int O_CLOEXEC => s_mac ? 0x1000000 : 0x80000;

    /// <summary>These two are not the same on every Linux.</summary>
    internal static int O_DIRECTORY => s_mac ? 0x100000 : s_arm ? 0x4000 : 0x10000;

    /// <inheritdoc cref="O_DIRECTORY"/>
    internal static int O_NOFOLLOW => s_mac ? 0x100 : s_arm ? 0x8000 : 0x20000;

    internal static int ENAMETOOLONG => s_mac ? 63 : 36;

    internal static int ELOOP => s_mac ? 62 : 40;

    internal static int EILSEQ => s_mac ? 92 : 84;

    internal static int AT_FDCWD => s_mac ? -2 : -100;

    internal static int AT_SYMLINK_NOFOLLOW => s_mac ? 0x20 : 0x100;

    internal static int AT_REMOVEDIR => s_mac ? 0x80 : 0x200;

    /// <summary>Opens a name in a folder.</summary>
    /// <remarks>
    /// The C library takes the mode as one of any number of arguments, which macOS on ARM looks for on the stack and nowhere else: there
    /// the registers are filled before it.
    /// </remarks>
    internal static int OpenAt(int folder, string name, int flags, uint mode) =>
        s_mac && s_arm ? openat_arm(folder, name, flags, 0, 0, 0, 0, 0, mode) : openat(folder, name, flags, mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Custom,
        StringMarshallingCustomType = typeof(NameMarshaller))]
    private static partial int openat(int folder, string name, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true, StringMarshalling = StringMarshalling.Custom,
        StringMarshallingCustomType = typeof(NameMarshaller))]
    private static partial int openat_arm(int folder, string name, nint flags, nint a, nint b, nint c, nint d, nint e, nuint mode);

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

    /// <summary>Where a name begins in what <see cref="ReadListing"/> returns.</summary>
    internal static int NameOffset => s_mac ? 21 : 19;

    /// <summary>Lists an open folder. Takes the descriptor over where it succeeds; 0 where it does not.</summary>
    internal static nint OpenListing(int descriptor) => s_mac && !s_arm ? fdopendir_wide(descriptor) : fdopendir(descriptor);

    /// <summary>The next entry, which the listing owns; null at the end, and on an error.</summary>
    internal static byte* ReadListing(nint listing) => s_mac && !s_arm ? readdir_wide(listing) : readdir(listing);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint fdopendir(int descriptor);

    [LibraryImport("libc", SetLastError = true)]
    private static partial byte* readdir(nint folder);

    /// <summary>macOS on Intel has each of these twice: the plain name is of a time when a file's number had 32 bits.</summary>
    [LibraryImport("libc", EntryPoint = "fdopendir$INODE64", SetLastError = true)]
    private static partial nint fdopendir_wide(int descriptor);

    [LibraryImport("libc", EntryPoint = "readdir$INODE64", SetLastError = true)]
    private static partial byte* readdir_wide(nint folder);

    [LibraryImport("libc")]
    internal static partial int closedir(nint folder);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int fchmod(int descriptor, uint mode);

    /// <summary>In the place of nanoseconds: this time stays as it is.</summary>
    internal static long UTIME_OMIT => s_mac ? -2 : (1L << 30) - 2;

    /// <summary>Takes the time of the last reading and that of the last change, each seconds and nanoseconds.</summary>
    [LibraryImport("libc", SetLastError = true)]
    internal static partial int futimens(int descriptor, long* times);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int fchown(int descriptor, int user, int group);

    /// <summary>LOCK_EX | LOCK_NB: one copy at a time; the kernel lets go when the descriptor is closed.</summary>
    internal const int LockWithoutWaiting = 2 | 4;

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int flock(int descriptor, int operation);

    /// <summary>Null where it cannot be told, for instance because the folder is gone.</summary>
    [LibraryImport("libc", SetLastError = true)]
    internal static partial byte* getcwd(byte* buffer, nuint length);

    [LibraryImport("libc")]
    internal static partial uint geteuid();
}
