namespace Fairlead.KubeConfig.Credentials;

/// <summary>
/// Finds a program in PATH, and only there. Starting a bare name through <see cref="System.Diagnostics.Process"/> would look in the
/// current folder first, where a stranger's <c>aws</c> may lie.
/// </summary>
static class PluginSearch
{
    /// <returns>The program's full path; null where there is none.</returns>
    public static string? Find(string command, Func<string, string?> environment)
    {
        if (Path.IsPathFullyQualified(command)) return IsProgram(command) ? command : null;

        string[] endings = OperatingSystem.IsWindows() ? ["", .. (environment("PATHEXT") ?? ".EXE;.CMD").Split(';')] : [""];
        foreach (string folder in (environment("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
        {
            if (!Path.IsPathFullyQualified(folder)) continue;
            foreach (string ending in endings)
            {
                string path = Path.Combine(folder, command + ending);
                if (IsProgram(path)) return path;
            }
        }

        return null;
    }

    static bool IsProgram(string path)
    {
        const UnixFileMode Executable = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        return File.Exists(path) && (OperatingSystem.IsWindows() || (File.GetUnixFileMode(path) & Executable) != 0);
    }
}
