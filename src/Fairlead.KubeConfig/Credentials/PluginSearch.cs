namespace Fairlead.KubeConfig.Credentials;

/// <summary>
/// Finds a program in PATH, and only there. Starting a bare name through <see cref="System.Diagnostics.Process"/> would look in the
/// current folder first, where a stranger's <c>aws</c> may lie.
/// </summary>
static class PluginSearch
{
    /// <param name="command">Its name, or its whole path.</param>
    /// <param name="environment">Variables by their names.</param>
    /// <param name="isWindows">Whether a program is known by one of the endings of PATHEXT, and not by its mode.</param>
    /// <returns>The program's full path; null where there is none.</returns>
    public static string? Find(string command, Func<string, string?> environment, bool isWindows)
    {
        string[] endings = isWindows ? Endings(command, environment) : [""];
        if (Path.IsPathFullyQualified(command)) return FindIn("", command, endings, isWindows);
        return (environment("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).Where(Path.IsPathFullyQualified)
            .Select(folder => FindIn(folder, command, endings, isWindows)).FirstOrDefault(static path => path is not null);
    }

    /// <summary>
    /// A name without an ending is no program on Windows: installers put a script for other systems beside the <c>.cmd</c>.
    /// </summary>
    static string[] Endings(string command, Func<string, string?> environment)
    {
        string[] known = (environment("PATHEXT") ?? ".COM;.EXE;.BAT;.CMD").Split(';', StringSplitOptions.RemoveEmptyEntries);
        return Path.HasExtension(command) ? ["", .. known] : known;
    }

    static string? FindIn(string folder, string command, string[] endings, bool isWindows) =>
        endings.Select(ending => Path.Combine(folder, command + ending)).FirstOrDefault(path => IsProgram(path, isWindows));

    static bool IsProgram(string path, bool isWindows)
    {
        const UnixFileMode Executable = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        return File.Exists(path) && (isWindows || OperatingSystem.IsWindows() || (File.GetUnixFileMode(path) & Executable) != 0);
    }
}
