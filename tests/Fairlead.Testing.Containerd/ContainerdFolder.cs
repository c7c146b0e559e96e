using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Fairlead.Testing.Containerd.Native;

namespace Fairlead.Testing.Containerd;

/// <summary>Where one containerd has its files, and what of the machine's is its own.</summary>
public sealed class ContainerdFolder
{
    /// <summary>The image that every pod runs: a busybox with all its applets.</summary>
    public const string Image = "fairlead.test/busybox:1";

    const string Cgroups = "/sys/fs/cgroup";

    readonly Peer _peer;

    ContainerdFolder(Peer peer, string path) => (_peer, Root) = (peer, path);

    internal string Programs => Path.Combine(_peer.Folder, "bin");

    internal string ImageFile => Path.Combine(_peer.Folder, "busybox.tar");

    /// <summary>The folder.</summary>
    public string Root { get; }

    /// <summary>The Unix socket.</summary>
    public string Socket => Path.Combine(Root, "containerd.sock");

    /// <summary>Where everything that its containers run is accounted.</summary>
    public string CgroupParent => $"/{Path.GetFileName(Root)}";

    internal string Configuration => Path.Combine(Root, "config.toml");

    /// <summary>Where a pod's containers log; the CRI's own format, one folder a container.</summary>
    public string Logs(string pod) => Path.Combine(Root, "logs", pod);

    internal static ContainerdFolder Create(Peer peer)
    {
        // short, because a Unix socket's path is limited to 107 bytes
        ContainerdFolder folder = new(peer, Directory.CreateTempSubdirectory("fl-ctrd-").FullName);
        File.WriteAllText(folder.Configuration, folder.ConfigurationText());
        Directory.CreateDirectory(folder.Networks);
        File.WriteAllText(Path.Combine(folder.Networks, "pods.conflist"), folder.NetworkText());
        return folder;
    }

    /// <summary>Version 2 has split its plugin for the CRI, and reads the older form only in part.</summary>
    string ConfigurationText() => $"""
        version = {(_peer.Name == Peer.Containerd2 ? 3 : 2)}
        root = "{Root}/root"
        state = "{Root}/state"
        disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper",
          "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.overlayfs", "io.containerd.snapshotter.v1.erofs",
          "io.containerd.internal.v1.opt", "io.containerd.nri.v1.nri"]
        [grpc]
          address = "{Socket}"
        [ttrpc]
          address = "{Socket}.ttrpc"
        [plugins."io.containerd.grpc.v1.cri"]
          stream_server_address = "127.0.0.1"
          stream_server_port = "0"
        {(_peer.Name == Peer.Containerd2 ? SplitRuntime() : WholeRuntime())}

        """;

    // restrict_oom_score_adj: lowering the score is not permitted in many build containers, and a sandbox then fails to start.
    // The native snapshotter: copies instead of mounts, which works on any file system, also where an overlay is one already.
    string WholeRuntime() => $"""
          sandbox_image = "{Image}"
          restrict_oom_score_adj = true
          [plugins."io.containerd.grpc.v1.cri".cni]
            bin_dir = "{_peer.Folder}/cni"
            conf_dir = "{Networks}"
          [plugins."io.containerd.grpc.v1.cri".containerd]
            snapshotter = "native"
        """;

    string SplitRuntime() => $"""
        [plugins."io.containerd.cri.v1.runtime"]
          restrict_oom_score_adj = true
          [plugins."io.containerd.cri.v1.runtime".cni]
            bin_dirs = ["{_peer.Folder}/cni"]
            conf_dir = "{Networks}"
        [plugins."io.containerd.cri.v1.images"]
          snapshotter = "native"
          [plugins."io.containerd.cri.v1.images".pinned_images]
            sandbox = "{Image}"
        [[plugins."io.containerd.transfer.v1.local".unpack_config]]
          platform = "linux"
          snapshotter = "native"
        """;

    string Networks => Path.Combine(Root, "networks");

    /// <summary>A pair of interfaces for each pod, with an address that no other containerd of these tests is likely to give.</summary>
    string NetworkText()
    {
        string subnet = $"10.{RandomNumberGenerator.GetInt32(128, 255)}.{RandomNumberGenerator.GetInt32(1, 255)}.0/24";
        return $$"""
            {"cniVersion": "0.4.0", "name": "{{Path.GetFileName(Root)}}", "plugins": [
              {"type": "ptp", "ipam": {"type": "host-local", "dataDir": "{{Root}}/addresses", "ranges": [[{"subnet": "{{subnet}}" }]] } }
            ]}

            """;
    }

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
