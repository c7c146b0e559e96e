namespace Fairlead.HostProcesses.Native;

/// <summary>Which file something is: device and inode. A path alone says nothing across mount namespaces.</summary>
public readonly unsafe record struct FileIdentity(uint Major, uint Minor, ulong Inode)
{
    /// <summary>struct statx: the same layout on every architecture.</summary>
    const int Size = 256, InodeOffset = 32, MajorOffset = 136, MinorOffset = 140;

    /// <summary>The file that this path leads to, through links; null when there is none or it may not be seen.</summary>
    public static FileIdentity? Of(string path)
    {
        byte* result = stackalloc byte[Size];
        if (LibC.statx(LibC.AT_FDCWD, path, 0, LibC.STATX_BASIC_STATS, result) != 0) return null;
        return new FileIdentity(*(uint*)(result + MajorOffset), *(uint*)(result + MinorOffset), *(ulong*)(result + InodeOffset));
    }

    /// <summary>The file behind one of this process's descriptors.</summary>
    public static FileIdentity? Of(System.Runtime.InteropServices.SafeHandle fd) => Of($"/proc/self/fd/{fd.DangerousGetHandle()}");
}
