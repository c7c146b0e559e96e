using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Fairlead.Files.Native;

/// <summary>Asks the system of a file: <c>statx</c> on Linux, <c>fstatat</c> and <c>fstat</c> on macOS.</summary>
[SupportedOSPlatform("linux"), SupportedOSPlatform("macos")]
static unsafe partial class FileStatusCalls
{
    const int Length = 256; // struct statx is the same on every architecture; macOS' struct stat has 144 bytes

    const int EmptyPath = 0x1000; // Linux: of the open file itself
    const uint Basic = 0x7ff;

    static readonly bool s_arm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    /// <inheritdoc cref="LocalStatus.Of"/>
    internal static LocalStatus? Of(int folder, string name, bool followsLinks)
    {
        byte* status = stackalloc byte[Length];
        bool isMac = OperatingSystem.IsMacOS();
        int result = isMac ? AskMac(folder, name, status, followsLinks) : AskLinux(folder, name, status, followsLinks);
        if (result != 0)
        {
            int error = Marshal.GetLastPInvokeError();
            return error == LibC.ENOENT ? null : throw new Local.LocalFaultException(name, error);
        }

        ReadOnlySpan<byte> bytes = new(status, Length);
        return isMac ? ReadMac(bytes) : ReadLinux(bytes);
    }

    static int AskLinux(int folder, string name, byte* status, bool followsLinks) => statx(
        folder, name, (followsLinks ? 0 : LibC.AT_SYMLINK_NOFOLLOW) | (name.Length == 0 ? EmptyPath : 0), Basic, status);

    static int AskMac(int folder, string name, byte* status, bool followsLinks)
    {
        if (name.Length == 0) return s_arm ? fstat(folder, status) : fstat_wide(folder, status);
        int flags = followsLinks ? 0 : LibC.AT_SYMLINK_NOFOLLOW;
        return s_arm ? fstatat(folder, name, status, flags) : fstatat_wide(folder, name, status, flags);
    }

    static LocalStatus ReadLinux(ReadOnlySpan<byte> statx) => new(
        BinaryPrimitives.ReadUInt16LittleEndian(statx[28..]),
        BinaryPrimitives.ReadInt64LittleEndian(statx[40..]),
        BinaryPrimitives.ReadInt64LittleEndian(statx[112..]),
        BinaryPrimitives.ReadInt32LittleEndian(statx[20..]),
        BinaryPrimitives.ReadInt32LittleEndian(statx[24..]),
        BinaryPrimitives.ReadInt64LittleEndian(statx[32..]));

    /// <summary>
    /// <c>struct stat</c> of <c>sys/stat.h</c> with 64 bits for a file's number: device (4 bytes), mode (2), links (2), number (8), user
    /// (4), group (4), kind of device (4 and 4 empty), the times of reading, change, change of status and birth (16 each), size (8).
    /// </summary>
    internal static LocalStatus ReadMac(ReadOnlySpan<byte> stat) => new(
        BinaryPrimitives.ReadUInt16LittleEndian(stat[4..]),
        BinaryPrimitives.ReadInt64LittleEndian(stat[96..]),
        BinaryPrimitives.ReadInt64LittleEndian(stat[48..]),
        BinaryPrimitives.ReadInt32LittleEndian(stat[16..]),
        BinaryPrimitives.ReadInt32LittleEndian(stat[20..]),
        BinaryPrimitives.ReadInt64LittleEndian(stat[8..]));

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Custom,
        StringMarshallingCustomType = typeof(NameMarshaller))]
    private static partial int statx(int folder, string name, int flags, uint mask, byte* status);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fstat(int descriptor, byte* status);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Custom,
        StringMarshallingCustomType = typeof(NameMarshaller))]
    private static partial int fstatat(int folder, string name, byte* status, int flags);

    /// <summary>As macOS on Intel calls them: see <see cref="LibC.OpenListing"/>.</summary>
    [LibraryImport("libc", EntryPoint = "fstat$INODE64", SetLastError = true)]
    private static partial int fstat_wide(int descriptor, byte* status);

    [LibraryImport("libc", EntryPoint = "fstatat$INODE64", SetLastError = true, StringMarshalling = StringMarshalling.Custom,
        StringMarshallingCustomType = typeof(NameMarshaller))]
    private static partial int fstatat_wide(int folder, string name, byte* status, int flags);
}
