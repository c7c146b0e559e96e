using Fairlead.Files.Native;
using Fairlead.Files.Trees;

namespace Fairlead.Files.Local;

/// <summary>
/// A path of this machine that a user has named. On Linux and macOS it is bytes, so that it leads to the same place also where the
/// working folder has a name that is no text.
/// </summary>
static class LocalPath
{
    const int MostLinks = 40; // as Linux follows

    /// <summary>The path from the root on.</summary>
    internal static string Full(string path)
    {
        if ((OperatingSystem.IsLinux() || OperatingSystem.IsMacOS()) && !Path.IsPathRooted(path))
            return Path.GetFullPath(path, UnixFolder.Working());
        return Path.GetFullPath(path);
    }

    /// <summary>What is there, behind any link; null where there is nothing.</summary>
    /// <exception cref="LocalFaultException">This cannot be told, as where a folder on the way may not be entered.</exception>
    internal static EntryKind? KindOf(string full)
    {
        if (OperatingSystem.IsLinux() || OperatingSystem.IsMacOS())
            return LocalStatus.Of(LibC.AT_FDCWD, full, followsLinks: true) is { } status ? TreeEntry.KindOf(status.Mode) : null;
        return Directory.Exists(full) ? EntryKind.Folder : File.Exists(full) ? EntryKind.File : null;
    }

    /// <summary>Where a link leads in the end; the path itself where it is none.</summary>
    internal static string Followed(string full)
    {
        if (!OperatingSystem.IsLinux() && !OperatingSystem.IsMacOS())
            return new FileInfo(full).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? full;
        for (int i = 0; i < MostLinks && UnixFolder.LinkAt(full) is { } target; i++)
            full = target.StartsWith('/') ? target : Path.Join(Path.GetDirectoryName(full), target);
        return full;
    }
}
