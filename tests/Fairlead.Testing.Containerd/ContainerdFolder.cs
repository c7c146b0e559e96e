using System.Diagnostics;
using System.Text;
using Fairlead.Testing.Containerd.Native;

namespace Fairlead.Testing.Containerd;

/// <summary>Where one containerd has its files, and what of the machine's is its own.</summary>
public sealed class ContainerdFolder
{
    /// <summary>The image that every pod runs: a busybox with all its applets.</summary>
    public const string Image = "fairlead.test/busybox:1";

    const string Cgroups = "/sys/fs/cgroup";

    ContainerdFolder(string path) => Root = path;

    internal static string Programs => Path.Combine(Peer.Find(Peer.Containerd).Folder, "bin");

    internal static string ImageFile => Path.Combine(Peer.Find(Peer.Containerd).Folder, "busybox.tar");

    /// <summary>The folder.</summary>
    public string Root { get; }

    /// <summary>The Unix socket.</summary>
    public string Socket => Path.Combine(Root, "containerd.sock");

    /// <summary>Where everything that its containers run is accounted.</summary>
    public string CgroupParent => $"/{Path.GetFileName(Root)}";

    internal string Configuration => Path.Combine(Root, "config.toml");

    /// <summary>Where a pod's containers log; the CRI's own format, one folder a container.</summary>
    public string Logs(string pod) => Path.Combine(Root, "logs", pod);

    internal static ContainerdFolder Create()
    {
        // short, because a Unix socket's path is limited to 107 bytes
        ContainerdFolder folder = new(Directory.CreateTempSubdirectory("fl-ctrd-").FullName);
        File.WriteAllText(folder.Configuration, folder.ConfigurationText());
        return folder;
    }

    string ConfigurationText() => $"""
        version = 2
        root = "{Root}/root"
        state = "{Root}/state"
        disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper",
          "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.overlayfs", "io.containerd.internal.v1.opt"]
        [grpc]
          address = "{Socket}"
        [ttrpc]
          address = "{Socket}.ttrpc"
        [plugins."io.containerd.grpc.v1.cri"]
          sandbox_image = "{Image}"
          # lowering the score is not permitted in many build containers, and a sandbox then fails to start
          restrict_oom_score_adj = true
          stream_server_address = "127.0.0.1"
          stream_server_port = "0"
          [plugins."io.containerd.grpc.v1.cri".cni]
            bin_dir = "{Root}/cni"
            conf_dir = "{Root}/cni"
          [plugins."io.containerd.grpc.v1.cri".containerd]
            # copies instead of mounts: works on any file system, also where an overlay is one already
            snapshotter = "native"

        """;

    /// <summary>Ends what serves this folder's containers, and the containers with it.</summary>
    internal async Task EndShimsAsync()
    {
        foreach (int pid in Shims().Concat(Contained()).ToArray())
        {
            try
            {
                using Process process = Process.GetProcessById(pid);
                process.Kill();
            }
            catch (Exception e) when (e is ArgumentException or InvalidOperationException)
            {
                // it ended meanwhile, which is all that was wanted
            }
        }

        await Eventually.HoldsAsync(() => !Shims().Any() && !Contained().Any(), $"no process of {Root} is left");
    }

    IEnumerable<int> Shims() =>
        Directory.EnumerateDirectories("/proc").Select(folder => int.TryParse(Path.GetFileName(folder), out int pid) ? pid : 0).Where(pid => pid != 0 && IsShim(pid));

    bool IsShim(int pid)
    {
        try
        {
            string line = Encoding.UTF8.GetString(File.ReadAllBytes($"/proc/{pid}/cmdline"));
            return line.Contains("containerd-shim", StringComparison.Ordinal) && line.Contains(Socket, StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false; // it ended while it was looked at
        }
    }

    IEnumerable<int> Contained() =>
        CgroupFolders().SelectMany(folder => Directory.EnumerateFiles(folder, "cgroup.procs", SearchOption.AllDirectories)).SelectMany(File.ReadLines).Select(int.Parse).Distinct();

    IEnumerable<string> CgroupFolders() =>
        Directory.EnumerateDirectories(Cgroups).Append(Cgroups).Select(hierarchy => hierarchy + CgroupParent).Where(Directory.Exists);

    internal void Delete()
    {
        foreach (string mount in Mounts()) Mounting.Detach(mount);
        foreach (string folder in CgroupFolders()) DeleteCgroup(folder);
        Directory.Delete(Root, recursive: true);
    }

    /// <summary>What is mounted below the folder, deepest first.</summary>
    IEnumerable<string> Mounts() =>
        File.ReadAllLines("/proc/self/mountinfo").Select(line => line.Split(' ')[4]).Where(path => path.StartsWith(Root + "/", StringComparison.Ordinal)).Reverse();

    static void DeleteCgroup(string folder)
    {
        // its files go with it, and cannot be deleted one by one
        foreach (string child in Directory.EnumerateDirectories(folder)) DeleteCgroup(child);
        Directory.Delete(folder);
    }
}
