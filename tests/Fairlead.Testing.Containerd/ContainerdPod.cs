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
}
