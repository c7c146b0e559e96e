namespace Fairlead.Containerd.Tasks;

/// <summary>Where one native command has its FIFOs, and what says whose they are.</summary>
sealed class ExecFolder(string path, ExecReference exec) : IDisposable
{
    const string ContainerName = "container";
    const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    public ExecReference Exec { get; } = exec;

    public string Input => Path.Combine(path, "stdin");

    public string Output => Path.Combine(path, "stdout");

    public string Error => Path.Combine(path, "stderr");

    /// <summary>Makes it. The command's container stands in it before the command can exist.</summary>
    public void Make()
    {
        Directory.CreateDirectory(path, OwnerOnly);
        File.WriteAllText(Path.Combine(path, ContainerName), Exec.ContainerId);
    }

    /// <summary>Reads one that a crash left; null where the crash came before anything was started.</summary>
    public static ExecFolder? Read(string path)
    {
        string container = Path.Combine(path, ContainerName);
        string id = File.Exists(container) ? File.ReadAllText(container) : "";
        return id.Length > 0 ? new ExecFolder(path, new ExecReference(id, Path.GetFileName(path))) : null;
    }

    public void Dispose() => Directory.Delete(path, recursive: true);
}
