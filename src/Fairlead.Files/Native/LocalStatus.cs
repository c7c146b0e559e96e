using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Fairlead.Files.Native;

/// <summary>What the system says of a file, in Linux' words: as <c>statx</c> has it.</summary>
readonly record struct LocalStatus(int Mode, long Size, long Modified, int UserId, int GroupId, long Inode)
{
    const int Length = 256; // struct statx is the same on every architecture

    /// <summary>
    /// Null where there is no such name, or where a link that is followed leads to none. A link is followed only where that is asked for.
    /// </summary>
    [SupportedOSPlatform("linux")]
    internal static unsafe LocalStatus? Of(int folder, string name, bool followsLinks = false)
    {
        byte* status = stackalloc byte[Length];
        int flags = (followsLinks ? 0 : LibC.AT_SYMLINK_NOFOLLOW) | (name.Length == 0 ? LibC.AT_EMPTY_PATH : 0);
        if (LibC.statx(folder, name, flags, LibC.STATX_BASIC_STATS, status) != 0)
        {
            int error = Marshal.GetLastPInvokeError();
            return error == LibC.ENOENT ? null : throw new Local.LocalFaultException(name, error);
        }

        ReadOnlySpan<byte> bytes = new(status, Length);
        return new LocalStatus(
            BinaryPrimitives.ReadUInt16LittleEndian(bytes[28..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[40..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[112..]),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[20..]),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[24..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[32..]));
    }
}
