using Fairlead.Containerd.Native;

namespace Fairlead.Containerd.Tasks;

/// <summary>Where one native command has its FIFOs, and what says whose they are.</summary>
sealed class ExecFolder(string path, ExecReference exec) : IDisposable
{
    const string ContainerName = "container";
    const int LongestId = 1024;
    const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    public ExecReference Exec { get; } = exec;

    public string Input => Path.Combine(path, "stdin");

    public string Output => Path.Combine(path, "stdout");

    public string Error => Path.Combine(path, "stderr");

    /// <summary>Makes it. The command's container stands in it before the command can exist.</summary>
    public void Make()
    {
        Directory.CreateDirectory(path, OwnerOnly);
        try
        {
            File.WriteAllText(Path.Combine(path, ContainerName), Exec.ContainerId);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The same in another process's place.</summary>
    public ExecFolder MoveTo(string place)
    {
        string moved = Path.Combine(place, Exec.ExecId);
        Directory.Move(path, moved);
        return new ExecFolder(moved, Exec);
    }

    /// <summary>Reads one that a crash left; null where the crash came before anything was started.</summary>
    public static ExecFolder? Read(string path)
    {
        string container = Path.Combine(path, ContainerName);
        string id = FileFacts.Read(container, followLink: false) is { IsFile: true, Length: <= LongestId }
            ? File.ReadAllText(container)
            : "";
        return id.Length > 0 ? new ExecFolder(path, new ExecReference(id, Path.GetFileName(path))) : null;
    }

    /// <summary>
    /// Deletes it with what can be in it, by name: looking what is there would need a descriptor, of which there may be none left.
    /// </summary>
    public void Dispose()
    {
        foreach (string file in (string[])[Input, Output, Error, Path.Combine(path, ContainerName)]) File.Delete(file);
        Directory.Delete(path);
    }
}
