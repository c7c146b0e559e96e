namespace Fairlead.Server.Hosting;

/// <summary>Folders that nobody else may look into.</summary>
public static class OwnerOnlyFolder
{
    /// <summary>
    /// Makes a folder and what is missing above it, each with mode 0700 whatever the umask. Folders that are there stay as they are.
    /// </summary>
    /// <exception cref="IOException">It could not be made.</exception>
    public static void Make(string path)
    {
        Stack<string> missing = [];
        for (string? at = Path.GetFullPath(path); at is not null && !Directory.Exists(at); at = Path.GetDirectoryName(at)) missing.Push(at);
        foreach (string folder in missing)
        {
            if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder); // there a profile is its owner's anyhow
            else Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }
}
