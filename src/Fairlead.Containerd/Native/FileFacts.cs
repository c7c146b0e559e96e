using System.Buffers.Binary;
using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Fairlead.Containerd.Native;

/// <summary>What a file is, and whose.</summary>
/// <param name="Type">The kernel's number for its kind.</param>
/// <param name="Mode">The mode, with the sticky bit.</param>
/// <param name="User">The owner's number.</param>
/// <param name="Group">The group's number.</param>
/// <param name="Length">How many bytes are in it.</param>
public readonly record struct FileFacts(int Type, UnixFileMode Mode, uint User, uint Group, ulong Length)
{
    const int AtWorkingFolder = -100, NoFollow = 0x100, StatusLength = 256;
    const int TypeMask = 0xf000, ModeMask = 0xfff, Socket = 0xc000, Link = 0xa000, Regular = 0x8000, Folder = 0x4000;
    const int NotFound = 2, NoFolder = 20; // ENOENT, ENOTDIR
    const uint Wanted = 0x1 | 0x2 | 0x8 | 0x10 | 0x200; // STATX_TYPE, _MODE, _UID, _GID, _SIZE

    /// <summary>A Unix socket.</summary>
    public bool IsSocket => Type == Socket;

    /// <summary>A symbolic link.</summary>
    public bool IsLink => Type == Link;

    /// <summary>A regular file.</summary>
    public bool IsFile => Type == Regular;

    /// <summary>A folder.</summary>
    public bool IsFolder => Type == Folder;

    /// <summary>Somebody beside its owner may write to it.</summary>
    public bool OthersMayWrite => (Mode & (UnixFileMode.GroupWrite | UnixFileMode.OtherWrite)) != 0;

    /// <summary>Reads them; null where there is no such file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="followLink">Of a link: what it leads to, rather than the link.</param>
    /// <exception cref="IOException">It cannot be looked at.</exception>
    public static unsafe FileFacts? Read(string path, bool followLink)
    {
        byte* status = stackalloc byte[StatusLength];
        if (LibC.statx(AtWorkingFolder, path, followLink ? 0 : NoFollow, Wanted, status) != 0)
        {
            int error = Marshal.GetLastPInvokeError();
            return error is NotFound or NoFolder ? null : throw new IOException($"{path}: {new Win32Exception(error).Message}");
        }

        ReadOnlySpan<byte> fields = new(status, StatusLength);
        int mode = BinaryPrimitives.ReadUInt16LittleEndian(fields[28..]);
        return new FileFacts(
            mode & TypeMask,
            (UnixFileMode)(mode & ModeMask),
            BinaryPrimitives.ReadUInt32LittleEndian(fields[20..]),
            BinaryPrimitives.ReadUInt32LittleEndian(fields[24..]),
            BinaryPrimitives.ReadUInt64LittleEndian(fields[40..]));
    }
}
