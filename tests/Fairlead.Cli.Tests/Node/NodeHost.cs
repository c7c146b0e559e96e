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
    readonly HashSet<string> _own = [];

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
        PutShell();
        WriteProgram("/usr/bin/systemctl", """
            #!/bin/sh
            [ "$SYSTEMD_IGNORE_CHROOT" = 1 ] || { echo "Running in chroot, ignoring command" >&2; exit 0; }
            echo "$*" >> /asked
            for unit; do :; done
            if [ "$1" = disable ] && [ ! -e "/etc/systemd/system/$unit" ]; then
                echo "Failed to disable unit: Unit file $unit does not exist." >&2
                exit 1
            fi
            failing=
            [ ! -e /failing ] || read -r failing < /failing
            [ "$*" != "$failing" ]

            """);
    }

    public string Root { get; }

    string Asked => Path.Combine(Root, "asked");

    string Failing => Path.Combine(Root, "failing");

    /// <summary>What systemctl was asked since the last look.</summary>
    public string[] TakeCalls()
    {
        string[] calls = File.Exists(Asked) ? File.ReadAllLines(Asked) : [];
        File.Delete(Asked);
        return calls;
    }

    /// <summary>systemctl fails at this call; at none for null.</summary>
    public void FailAt(string? call) => File.WriteAllText(Failing, call + "\n");

    public string Read(string path) => File.ReadAllText(Root + path);

    public void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Root + path)!);
        File.WriteAllText(Root + path, text);
    }

    /// <summary>A program of the machine's: a script for its shell.</summary>
    public void WriteProgram(string path, string text)
    {
        Write(path, text);
        Own(path);
    }

    /// <summary>This machine's own shell with the libraries that it needs, so that the root can really be entered.</summary>
    void PutShell()
    {
        using System.Diagnostics.Process libraries = System.Diagnostics.Process.Start(
            new System.Diagnostics.ProcessStartInfo("ldd", "/bin/sh") { RedirectStandardOutput = true })!;
        string listed = libraries.StandardOutput.ReadToEnd();
        libraries.WaitForExit();
        foreach (string file in listed.Split((char[])[' ', '\t', '\n']).Where(static word => word.StartsWith('/')).Append("/bin/sh"))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Root + file)!);
            File.Copy(file, Root + file);
            Own(file);
        }
    }

    void Own(string path)
    {
        File.SetUnixFileMode(Root + path, (UnixFileMode)0b111_101_101);
        _own.Add(Root + path);
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

    /// <summary>Every file with its bytes and mode, by its path: not what a test put there, nor what lies in memory alone.</summary>
    public SortedDictionary<string, string> Everything()
    {
        SortedDictionary<string, string> files = new(StringComparer.Ordinal);
        foreach (string file in Directory.EnumerateFiles(Root, "*", SearchOption.AllDirectories))
        {
            if (_own.Contains(file) || file == Asked || file == Failing || file.StartsWith(Root + "/run/", StringComparison.Ordinal)) continue;
            files[file[Root.Length..]] = new FileInfo(file).LinkTarget is { } target
                ? "link to " + target
                : $"{File.GetUnixFileMode(file)} {Convert.ToHexString(File.ReadAllBytes(file))}";
        }

        return files;
    }

    /// <summary>
    /// Runs <c>fairlead node</c>, or another, at this machine, as root, or as one who is it in a namespace of users: roots are entered by nobody else.
    /// </summary>
    public Task<CommandProcess.Result> RunAsync(string verb, string options, CancellationToken cancellationToken, string of = "node") =>
        CommandProcess.RunAsync("/dev/null", string.Join(' ', AsRoot.Select(static word => $"'{word}'")) + $" {of} {verb} --root '{Root}' {options}", cancellationToken);

    /// <summary>The program, with what makes one root who is not.</summary>
    public static string[] AsRoot => Environment.IsPrivilegedProcess ? [CommandProcess.Path] : ["unshare", "--user", "--map-root-user", CommandProcess.Path];

    public void Dispose() => _folder.Delete(recursive: true);
}
