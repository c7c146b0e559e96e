using Fairlead.HostProcesses.Native;

namespace Fairlead.HostProcesses.Starting;

/// <summary>Finds the file that a command names, with the answers that shells and container runtimes give.</summary>
static class ExecutableSearch
{
    /// <summary>The file to run. A name with a slash is taken as it is, any other is looked for in the command's own PATH.</summary>
    /// <exception cref="ProcessStartException">There is none (127), or only files that may not be executed (126).</exception>
    internal static string Find(string command, string? path, string workingDirectory)
    {
        if (command.Contains('/', StringComparison.Ordinal))
        {
            string file = Path.Combine(workingDirectory, command);
            if (Directory.Exists(file)) throw Denied(command, "is a directory");
            if (!File.Exists(file)) throw ProcessStartException.NotFound($"exec: \"{command}\": no such file or directory");
            return IsExecutable(file) ? file : throw Denied(command, "permission denied");
        }

        bool found = false;
        foreach (string directory in (path ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries))
        {
            string file = Path.Combine(workingDirectory, directory, command);
            if (command.Length == 0 || !File.Exists(file)) continue;
            if (IsExecutable(file)) return file;
            found = true;
        }

        throw found
            ? Denied(command, "permission denied")
            : ProcessStartException.NotFound($"exec: \"{command}\": executable file not found in $PATH");
    }

    static bool IsExecutable(string file) => LibC.access(file, LibC.X_OK) == 0;

    static ProcessStartException Denied(string command, string why) => ProcessStartException.NotRunnable($"exec: \"{command}\": {why}");
}
