using System.Runtime.Versioning;
using Fairlead.Files.Native;

namespace Fairlead.Files.Local;

/// <summary>What Windows says of a file, in the words that a copy uses: it has no permissions there, and no owner with a number.</summary>
[SupportedOSPlatform("windows")]
static class WindowsStatus
{
    const int FolderMode = 0x4000 | 0x1ED /* 0755 */, FileMode = 0x8000 | 0x1A4 /* 0644 */, LinkMode = 0xA000 | 0x1FF;

    /// <summary>Null where there is nothing. What stands for another thing, and is no link, is a thing that is never copied.</summary>
    internal static LocalStatus? Of(FileInfo info)
    {
        if ((int)info.Attributes == -1) return null;
        bool isFolder = info.Attributes.HasFlag(FileAttributes.Directory), isLink = info.Attributes.HasFlag(FileAttributes.ReparsePoint);
        int mode = isLink ? info.LinkTarget is null ? 0 : LinkMode : isFolder ? FolderMode : FileMode;
        long modified = new DateTimeOffset(info.LastWriteTimeUtc).ToUnixTimeSeconds();
        return new LocalStatus(mode, isFolder || isLink ? 0 : info.Length, modified, 0, 0, 0);
    }

    /// <summary>Windows' dates begin in 1601; .NET's end in 9999.</summary>
    internal static DateTime Date(long seconds)
    {
        DateTimeOffset first = new(1601, 1, 2, 0, 0, 0, TimeSpan.Zero);
        return DateTimeOffset.FromUnixTimeSeconds(
            Math.Clamp(seconds, first.ToUnixTimeSeconds(), DateTimeOffset.MaxValue.ToUnixTimeSeconds())).UtcDateTime;
    }
}
