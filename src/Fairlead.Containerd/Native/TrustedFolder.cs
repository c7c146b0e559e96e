using System.Globalization;

namespace Fairlead.Containerd.Native;

/// <summary>
/// Folders in which nobody but this user and root can put, replace or remove anything, so that what is done in them by name is done to what
/// was meant: once that is known of a folder and of everything above it, no look at a file can be raced.
/// </summary>
public static class TrustedFolder
{
    const int MostLinks = 40; // as the kernel
    const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Makes sure of a folder, from the root down. What is missing is made, for its owner alone whatever the umask.</summary>
    /// <param name="path">The folder. Links above it are followed where root or this user made them; it must be none itself.</param>
    /// <param name="mayBeShared">Others may put theirs beside ours, as in <c>/tmp</c>, if they cannot take ours away.</param>
    /// <exception cref="IOException">It is not to be trusted, and why.</exception>
    public static void Require(string path, bool mayBeShared)
    {
        string at = "/";
        Stack<string> rest = new(Names(Path.GetFullPath(path)).Reverse());
        for (int links = 0; rest.TryPop(out string? name);)
        {
            bool isLast = rest.Count == 0;
            string next = Path.GetFullPath(Path.Combine(at, name));
            FileFacts facts = FileFacts.Read(next, followLink: false) ?? Make(next);
            if (facts.IsLink && !isLast)
            {
                if (!IsOurs(facts, rootToo: true)) throw Refused(next, BelongsTo(facts));
                if (++links > MostLinks) throw Refused(path, "there are too many links on the way");
                string target = new FileInfo(next).LinkTarget ?? throw Refused(next, "it changes while it is looked at");
                if (target.StartsWith('/')) at = "/";
                foreach (string part in Names(target).Reverse()) rest.Push(part);
                continue;
            }

            RequireFolder(next, facts, isLast, mayBeShared);
            at = next;
        }
    }

    /// <summary>A folder of this user's, and no link to one. To be asked in a folder that is trusted.</summary>
    public static bool IsOwn(string path) =>
        FileFacts.Read(path, followLink: false) is { IsFolder: true, OthersMayWrite: false } facts && IsOurs(facts, rootToo: false);

    static void RequireFolder(string path, FileFacts facts, bool isLast, bool mayBeShared)
    {
        if (facts.IsLink) throw Refused(path, "it is a link: name the folder itself");
        if (!facts.IsFolder) throw Refused(path, "it is no folder");
        if (!IsOurs(facts, rootToo: !isLast || mayBeShared)) throw Refused(path, BelongsTo(facts));
        bool isSticky = (facts.Mode & UnixFileMode.StickyBit) != 0;
        if (facts.OthersMayWrite && !(isSticky && (!isLast || mayBeShared)))
            throw Refused(path, $"others may write there (mode {Convert.ToString((int)facts.Mode, 8)}); chmod go-w");
    }

    static FileFacts Make(string path)
    {
        Directory.CreateDirectory(path, OwnerOnly);
        return FileFacts.Read(path, followLink: false) ?? throw Refused(path, "it could not be made");
    }

    static bool IsOurs(FileFacts facts, bool rootToo) => facts.User == LibC.geteuid() || (rootToo && facts.User == 0);

    static string BelongsTo(FileFacts facts) =>
        string.Create(CultureInfo.InvariantCulture, $"it belongs to user {facts.User}, and this process runs as user {LibC.geteuid()}");

    static string[] Names(string path) => path.Split('/', StringSplitOptions.RemoveEmptyEntries);

    static IOException Refused(string path, string why) => new($"{path} is not trusted: {why}");
}
