using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace Fairlead.Files.Native;

/// <summary>Windows' calls that .NET does not offer: to open a folder, and a link itself.</summary>
[SupportedOSPlatform("windows")]
static unsafe partial class Kernel32
{
    internal const uint Read = 0x80000000, Write = 0x40000000, ListFolder = 0x1 | 0x80, WriteAttributes = 0x100;
    internal const uint ShareRead = 1, ShareReadWrite = 1 | 2, ShareDelete = 4;
    internal const uint OpenExisting = 3, OpenAlways = 4;

    /// <summary>What opens a folder at all, and what opens a link instead of what it points to.</summary>
    internal const uint BackupSemantics = 0x02000000, LinkItself = 0x00200000;

    internal const int NotFound = 2, NoSuchPath = 3, InUse = 32, InvalidName = 123, NotAFolder = 267;

    const int LongestPath = 32_768;

    /// <returns>-1 where it cannot be opened; the last error says why.</returns>
    [LibraryImport("kernel32", EntryPoint = "CreateFileW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    internal static partial nint CreateFile(
        string path, uint access, uint share, nint security, uint disposition, uint flags, nint template);

    [LibraryImport("kernel32", EntryPoint = "GetFinalPathNameByHandleW", SetLastError = true)]
    private static partial uint GetFinalPath(SafeFileHandle file, char* path, uint length, uint flags);

    /// <summary>Where an open file is, with no link in the path; null where that cannot be told, and the last error says why.</summary>
    internal static string? FinalPath(SafeFileHandle file)
    {
        char[] path = new char[LongestPath];
        fixed (char* start = path)
        {
            uint length = GetFinalPath(file, start, (uint)path.Length, 0);
            return length > 0 && length < path.Length ? new string(start, 0, (int)length) : null;
        }
    }
}
