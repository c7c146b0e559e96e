using Fairlead.Files.Native;
using Fairlead.Files.Trees;
using Microsoft.Win32.SafeHandles;

namespace Fairlead.Files.Local;

/// <summary>
/// Sees that folders of this machine are what a copy takes them for, before the first one: that no link is followed, and that the system's
/// numbers and structures lie where this program looks for them. For systems on which no test of ours runs: where one of these is not so,
/// nothing is copied.
/// </summary>
static class FolderProof
{
    const string Content = "four";

    static readonly Lazy<string?> s_failure = new(static () => FailureOf(LocalFolder.Open));

    /// <summary>Tries it out in a folder of its own, once for a process.</summary>
    /// <exception cref="PlatformNotSupportedException">It is not so.</exception>
    internal static void HoldsHere()
    {
        if (s_failure.Value is { } failure)
        {
            throw new PlatformNotSupportedException(
                $"files of this machine are not copied: its system does not do what a copy relies on: {failure}");
        }
    }

    /// <param name="open">Opens a folder by its path.</param>
    /// <returns>What is not so, for people; null where all is.</returns>
    internal static string? FailureOf(Func<string, LocalFolder> open)
    {
        try
        {
            DirectoryInfo place = Directory.CreateTempSubdirectory("fairlead-proof-");
            try
            {
                Try(place.FullName, open);
                return null;
            }
            finally
            {
                place.Delete(recursive: true);
            }
        }
        catch (Exception e)
            when (e is IOException or UnauthorizedAccessException or EntryPointNotFoundException or PlatformNotSupportedException)
        {
            return e.Message;
        }
    }

    static void Try(string place, Func<string, LocalFolder> open)
    {
        using LocalFolder folder = open(place);
        File.WriteAllText(Path.Combine(place, "file"), Content);
        DateTime written = new(2001, 2, 3, 4, 5, 6, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(Path.Combine(place, "file"), written);
        Directory.CreateDirectory(Path.Combine(place, "inner"));
        folder.CreateLink("to-file", "file");
        folder.CreateLink("to-inner", "inner");

        LocalStatus? file = folder.Status("file");
        Hold(file is { } of && TreeEntry.KindOf(of.Mode) == EntryKind.File && of.Size == Content.Length
            && of.Modified == new DateTimeOffset(written).ToUnixTimeSeconds(), "a file has another size, kind or time");
        Hold(folder.Status("inner") is { } inner && TreeEntry.KindOf(inner.Mode) == EntryKind.Folder, "a folder is of another kind");
        Hold(folder.Status("to-file") is { } link && TreeEntry.KindOf(link.Mode) == EntryKind.Link,
            "a link is followed when it is looked at");
        Hold(folder.ReadLink("to-inner") == "inner", "a link leads elsewhere");
        Hold(folder.Status("nothing") is null, "what is not there is there");
        Hold(folder.Names() is ["file", "inner", "to-file", "to-inner"], "a folder has other names in it");
        Hold(folder.IsOwn, "a new folder belongs to somebody else");

        HoldRefused(() => folder.OpenFile("to-file"), "a link to a file is followed");
        HoldRefused(() => folder.OpenOrCreateFile("to-file", begins: true), "a link to a file is followed when it is written");
        HoldRefused(() => folder.OpenFolder("to-inner"), "a link to a folder is followed");
        HoldRefused(() => folder.OpenOrCreateFolder("to-inner", 0x1C0), "a link to a folder is followed when it is made");
        Hold(File.ReadAllText(Path.Combine(place, "file")) == Content, "a file was written through a link");

        using (SafeFileHandle made = folder.OpenOrCreateFile("made"))
        {
            RandomAccess.Write(made, "abc"u8, 0);
            if (!OperatingSystem.IsWindows())
            {
                Hold(File.GetUnixFileMode(made) == (UnixFileMode.UserRead | UnixFileMode.UserWrite), "a new file is not its owner's alone");
                folder.SetMode(made, 0x1A0 /* 0640 */);
                Hold(File.GetUnixFileMode(made) == (UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead),
                    "permissions are not set");
            }

            folder.SetModified(made, 1_000_000_000);
        }

        Hold(File.GetLastWriteTimeUtc(Path.Combine(place, "made")) == DateTimeOffset.FromUnixTimeSeconds(1_000_000_000).UtcDateTime,
            "a time is not set");
        folder.OpenOrCreateFile("made", begins: true).Dispose();
        Hold(folder.Status("made") is { Size: 0 }, "a file that begins again is not emptied");
        using (LocalFolder target = folder.OpenFolder("inner")) folder.MoveTo("to-file", target, "moved");
        Hold(new FileInfo(Path.Combine(place, "inner/moved")).LinkTarget == "file" && folder.Status("to-file") is null,
            "a link is not moved itself");
        folder.Remove("inner");
        folder.Remove("to-inner");
        Hold(folder.Names() is ["file", "made"], "what was removed is there");
    }

    static void HoldRefused(Func<IDisposable> open, string otherwise)
    {
        try
        {
            open().Dispose();
        }
        catch (IOException)
        {
            return; // as it has to be
        }

        throw new IOException(otherwise);
    }

    static void Hold(bool isSo, string otherwise)
    {
        if (!isSo) throw new IOException(otherwise);
    }
}
