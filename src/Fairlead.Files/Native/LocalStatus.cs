using System.Runtime.Versioning;

namespace Fairlead.Files.Native;

/// <summary>What the system says of a file, in Linux' words: as <c>statx</c> has it.</summary>
readonly record struct LocalStatus(int Mode, long Size, long Modified, int UserId, int GroupId, long Inode)
{
    /// <summary>
    /// Null where there is no such name, or where a link that is followed leads to none. A link is followed only where that is asked for.
    /// </summary>
    /// <param name="folder">An open folder, or what is asked about itself where the name is empty.</param>
    /// <param name="name">The name in it.</param>
    /// <param name="followsLinks">Of what a link leads to, rather than of the link.</param>
    [SupportedOSPlatform("linux"), SupportedOSPlatform("macos")]
    internal static LocalStatus? Of(int folder, string name, bool followsLinks = false) => FileStatusCalls.Of(folder, name, followsLinks);
}
