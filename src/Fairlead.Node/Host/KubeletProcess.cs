namespace Fairlead.Node.Host;

/// <summary>Which of a machine's processes is its kubelet. A name is no proof: a container's processes are seen too.</summary>
/// <param name="folder">The process's folder in <c>/proc</c>.</param>
/// <param name="first">That of the machine's first process.</param>
sealed class KubeletProcess(string folder, string first)
{
    /// <summary>Not those of a container: they are the first process's.</summary>
    static readonly string[] s_own = ["ns/mnt", "ns/pid", "ns/user"];

    /// <summary>What stands behind the program's name; null where it is no kubelet, or not the machine's own.</summary>
    public string[]? Arguments
    {
        get
        {
            try
            {
                return File.ReadAllText(Path.Join(folder, "cmdline")).TrimEnd('\0').Split('\0') is [var program, .. var rest]
                    && Path.GetFileName(program) == "kubelet" && IsRoots && s_own.All(IsOwn) ? rest : null;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return null; // it has ended meanwhile, or is somebody else's
            }
        }
    }

    /// <summary>Real, effective, saved and of the file system, as proc_pid_status(5) has them.</summary>
    bool IsRoots => File.ReadLines(Path.Join(folder, "status")).Any(static line => line == "Uid:\t0\t0\t0\t0");

    bool IsOwn(string space) => LinkOf(folder, space) is { } link && link == LinkOf(first, space);

    static string? LinkOf(string process, string space) => new FileInfo(Path.Join(process, space)).LinkTarget;
}
