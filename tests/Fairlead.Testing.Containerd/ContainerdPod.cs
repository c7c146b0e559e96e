using System.Diagnostics;

namespace Fairlead.Testing.Containerd;

/// <summary>A pod of one container that a <see cref="ContainerdProcess"/> runs.</summary>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Name">Its name.</param>
/// <param name="Container">The container's name.</param>
/// <param name="SandboxId">The sandbox's id at the CRI.</param>
/// <param name="ContainerId">The container's id at the CRI.</param>
public sealed record ContainerdPod(string Namespace, string Name, string Container, string SandboxId, string ContainerId)
{
    /// <summary>
    /// The command lines of the processes in its container, words joined by spaces. What other containers and other runs have on the same
    /// machine is not among them.
    /// </summary>
    public IReadOnlyList<string> CommandLines()
    {
        List<string> lines = [];
        foreach (Process process in Process.GetProcesses())
        {
            using (process)
            {
                try
                {
                    if (!File.ReadAllText($"/proc/{process.Id}/cgroup").Contains(ContainerId, StringComparison.Ordinal)) continue;
                    string line = File.ReadAllText($"/proc/{process.Id}/cmdline").TrimEnd('\0').Replace('\0', ' ');
                    if (line.Length > 0) lines.Add(line); // a zombie has none
                }
                catch (IOException)
                {
                    // it ended while it was looked at
                }
            }
        }

        return lines;
    }

    /// <summary>Where a file of its container is on this machine, while a process runs there.</summary>
    /// <exception cref="FileNotFoundException">None does.</exception>
    public string PathOf(string path)
    {
        foreach (Process process in Process.GetProcesses().OrderBy(static process => process.Id)) // the main process first
        {
            using (process)
            {
                try
                {
                    if (File.ReadAllText($"/proc/{process.Id}/cgroup").Contains(ContainerId, StringComparison.Ordinal))
                        return $"/proc/{process.Id}/root{path}";
                }
                catch (IOException)
                {
                    // it ended while it was looked at
                }
            }
        }

        throw new FileNotFoundException("no process of the container runs", path);
    }
}
