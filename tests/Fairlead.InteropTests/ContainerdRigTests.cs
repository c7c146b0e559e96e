using Fairlead.Containerd.Cri;
using Fairlead.Testing.Containerd;

namespace Fairlead.InteropTests;

/// <summary>The rig itself: what runs in it is real, and nothing of it stays.</summary>
public sealed class ContainerdRigTests
{
    [Fact(Timeout = 120_000)]
    public async Task A_containerd_runs_a_pod_and_leaves_nothing()
    {
        Assert.SkipWhen(ContainerdProcess.MissingBecause is not null, ContainerdProcess.MissingBecause ?? "");
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        string root, cgroup;
        await using (ContainerdProcess containerd = await ContainerdProcess.StartAsync(cancellationToken))
        {
            (root, cgroup) = (containerd.Folder.Root, containerd.Folder.CgroupParent);
            ContainerdPod pod = await containerd.RunPodAsync(new() { Name = "kept" }, cancellationToken);
            ExecSyncResponse said = await containerd.Runtime.ExecSyncAsync(
                new() { ContainerId = pod.ContainerId, Cmd = { "sh", "-c", "echo in a container; exit 3" } }, cancellationToken: cancellationToken);

            Assert.Equal("in a container\n", said.Stdout.ToStringUtf8());
            Assert.Equal(3, said.ExitCode);
            Assert.Contains(root, File.ReadAllText("/proc/self/mountinfo"), StringComparison.Ordinal); // else the last assertions show nothing
            Assert.NotEmpty(CgroupsOf(cgroup));
        }

        Assert.False(Directory.Exists(root));
        Assert.DoesNotContain(root, File.ReadAllText("/proc/self/mountinfo"), StringComparison.Ordinal);
        Assert.Empty(CgroupsOf(cgroup));
        Assert.DoesNotContain(Directory.GetDirectories("/proc"), folder => CommandLine(folder).Contains(root, StringComparison.Ordinal));
    }

    static IEnumerable<string> CgroupsOf(string parent) => Directory.GetDirectories("/sys/fs/cgroup").Select(hierarchy => hierarchy + parent).Where(Directory.Exists);

    static string CommandLine(string folder)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, "cmdline"));
        }
        catch (IOException)
        {
            return ""; // no process, or one that has ended
        }
    }
}
