namespace Fairlead.Cli.Tests.Node;

/// <summary>
/// A folder that stands for the root of a kubeadm machine whose kubelet runs, and a systemctl that writes down what it is asked.
/// </summary>
sealed class NodeHost : IDisposable
{
    public const string Config = "/var/lib/kubelet/config.yaml", Socket = "/etc/systemd/system/fairlead-node.socket",
        Service = "/etc/systemd/system/fairlead-node.service", Credential = "--kubelet-client-cert /etc/fairlead/node.crt --kubelet-client-key /etc/fairlead/node.key";

    const string Kubelet = "/usr/bin/kubelet\0--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf\0--kubeconfig=/etc/kubernetes/kubelet.conf\0" +
        "--config=/var/lib/kubelet/config.yaml\0--pod-infra-container-image=registry.k8s.io/pause:3.10\0";

    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fairlead-node-");

    public NodeHost()
    {
        Root = _folder.CreateSubdirectory("root").FullName;
        Write(Config, """
            apiVersion: kubelet.config.k8s.io/v1beta1
            authentication:
              x509:
                clientCAFile: /etc/kubernetes/pki/ca.crt
            # of kubeadm
            kind: KubeletConfiguration
            rotateCertificates: true

            """);
        Write("/etc/hostname", "Node-1\n");
        WriteProcess(1, "/sbin/init\0");
        WriteProcess(4711, Kubelet);
        WriteProcess(4712, "/usr/bin/containerd\0");
        Directory.CreateDirectory(Root + "/run/systemd/system");
        // the machine's own systemctl is run by chroot, which needs more than a test may have
        string chroot = Path.Combine(_folder.CreateSubdirectory("bin").FullName, "chroot");
        File.WriteAllText(chroot, $"#!/bin/sh\n[ \"$1 $2\" = '{Root} systemctl' ] || exit 99\nshift 2\necho \"$*\" >> '{Asked}'\n[ \"$*\" != \"$(cat '{Failing}' 2>/dev/null)\" ]\n");
        File.SetUnixFileMode(chroot, (UnixFileMode)0b111_101_101);
    }

    public string Root { get; }

    string Asked => Path.Combine(_folder.FullName, "asked");

    string Failing => Path.Combine(_folder.FullName, "failing");

    /// <summary>What systemctl was asked since the last look.</summary>
    public string[] TakeCalls()
    {
        string[] calls = File.Exists(Asked) ? File.ReadAllLines(Asked) : [];
        File.Delete(Asked);
        return calls;
    }

    /// <summary>systemctl fails at this call; at none for null.</summary>
    public void FailAt(string? call) => File.WriteAllText(Failing, call ?? "");

    public string Read(string path) => File.ReadAllText(Root + path);

    public void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Root + path)!);
        File.WriteAllText(Root + path, text);
    }

    /// <summary>A process of root's, of the machine's own or in a container.</summary>
    public void WriteProcess(int id, string commandLine, bool isOfContainer = false)
    {
        Write($"/proc/{id}/cmdline", commandLine);
        Write($"/proc/{id}/status", "Name:\tx\nUid:\t0\t0\t0\t0\n");
        Directory.CreateDirectory($"{Root}/proc/{id}/ns");
        foreach (string space in (string[])["mnt", "pid", "user"])
        {
            File.Delete($"{Root}/proc/{id}/ns/{space}");
            File.CreateSymbolicLink($"{Root}/proc/{id}/ns/{space}", $"{space}:[{(isOfContainer ? 4026532002 : 4026531840)}]");
        }
    }

    /// <summary>Every file with its bytes and mode, by its path.</summary>
    public SortedDictionary<string, string> Everything()
    {
        SortedDictionary<string, string> files = new(StringComparer.Ordinal);
        foreach (string file in Directory.EnumerateFiles(Root, "*", SearchOption.AllDirectories))
        {
            files[file[Root.Length..]] = new FileInfo(file).LinkTarget is { } target
                ? "link to " + target
                : $"{File.GetUnixFileMode(file)} {Convert.ToHexString(File.ReadAllBytes(file))}";
        }

        return files;
    }

    /// <summary>Runs <c>fairlead node</c> at this machine.</summary>
    public Task<CommandProcess.Result> RunAsync(string verb, string options, CancellationToken cancellationToken) => CommandProcess.RunAsync(
        "/dev/null", $"PATH='{_folder.FullName}/bin':$PATH fairlead node {verb} --root '{Root}' {options}", cancellationToken);

    public void Dispose() => _folder.Delete(recursive: true);
}
