using System.Formats.Tar;
using System.IO.Enumeration;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Fairlead.Containerd.Cri;
using Fairlead.Testing.Containerd;
using k8s.Models;

namespace Fairlead.InteropTests.Images;

/// <summary>The image that <c>deploy/image/build</c> makes: what is in it, that it is the same again, and that it runs.</summary>
public sealed class ImageTests(ImageFixture image) : IClassFixture<ImageFixture>
{
    const int User = 65532;
    const UnixFileMode AnyExecute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
    const UnixFileMode Others = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite | UnixFileMode.SetUser | UnixFileMode.SetGroup;

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task The_same_inputs_make_the_same_bytes()
    {
        _ = image.Containerd;
        string again = await image.BuildAgainAsync(TestContext.Current.CancellationToken);
        byte[] first = await File.ReadAllBytesAsync(Path.Combine(image.Output, "fairlead.oci.tar"), TestContext.Current.CancellationToken);
        Assert.Equal(first, await File.ReadAllBytesAsync(Path.Combine(again, "fairlead.oci.tar"), TestContext.Current.CancellationToken));
        Assert.Contains("sha256:" + Convert.ToHexStringLower(SHA256.HashData(first)), image.Told, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_in_it_can_be_run_but_the_command()
    {
        _ = image.Containerd;
        (JsonNode config, Dictionary<string, TarEntry> files) = image.Read();
        Assert.Equal($"{User}:{User}", (string?)config["config"]!["User"]);
        Assert.Equal("""["/usr/bin/fairlead"]""", config["config"]!["Entrypoint"]!.ToJsonString());
        Assert.Equal(["/usr/bin/fairlead"], files.Where(static file => IsProgram(file.Key, file.Value)).Select(static file => file.Key));
        Assert.DoesNotContain(files.Values, static file => file.EntryType != TarEntryType.SymbolicLink && file.Name != "tmp/" && (file.Mode & Others) != 0);
        Assert.All(files.Values, static file => Assert.Equal((0, 0), (file.Uid, file.Gid)));

        // links lead to what is there
        foreach (TarEntry link in files.Values.Where(static file => file.EntryType == TarEntryType.SymbolicLink))
            Assert.Contains(Path.GetFullPath(link.LinkName, Path.GetDirectoryName("/" + link.Name)!), files.Keys);
    }

    [Fact(Timeout = 60_000)]
    public async Task What_a_Dockerfile_makes_of_it_is_the_same()
    {
        _ = image.Containerd;
        (JsonNode config, Dictionary<string, TarEntry> files) = image.Read();
        string root = await image.BuildFilesAsync(TestContext.Current.CancellationToken);
        Assert.Equal(files.Keys.Order(), Below(root).Order());

        string[] lines = await File.ReadAllLinesAsync(Path.Combine(Repository.Root, "deploy/image/Dockerfile"), TestContext.Current.CancellationToken);
        Assert.Contains($"USER {config["config"]!["User"]}", lines);
        Assert.Contains($"ENV {string.Join(' ', config["config"]!["Env"]!.AsArray())}", lines);
        Assert.Contains($"ENTRYPOINT {config["config"]!["Entrypoint"]!.ToJsonString()}", lines);
        Assert.Contains($"CMD {config["config"]!["Cmd"]!.ToJsonString()}", lines);
    }

    [Fact]
    public void Its_list_of_contents_has_every_package_and_the_command_itself()
    {
        _ = image.Containerd;
        (_, Dictionary<string, TarEntry> files) = image.Read();
        JsonNode contents = JsonNode.Parse(File.ReadAllText(Path.Combine(image.Output, "fairlead.spdx.json")))!;
        Dictionary<string, JsonNode> packages = contents["packages"]!.AsArray().ToDictionary(static each => (string)each!["name"]!, static each => each!);
        foreach (string file in Directory.EnumerateFiles(Peer.Find(Peer.ImagePackages).Folder, "*.deb"))
        {
            string[] parts = Path.GetFileName(file).Split('_');
            Assert.Equal(Uri.UnescapeDataString(parts[1]), (string?)packages[parts[0]]["versionInfo"]);
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file))), (string?)packages[parts[0]]["checksums"]![0]!["checksumValue"]);
            Assert.Contains($"/usr/share/doc/{parts[0]}/copyright", files.Keys);
        }

        byte[] program = new byte[files["/usr/bin/fairlead"].Length];
        files["/usr/bin/fairlead"].DataStream!.ReadExactly(program);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(program)), (string?)packages["fairlead"]["checksums"]![0]!["checksumValue"]);
        Assert.Contains("Yarp.ReverseProxy", packages.Keys); // compiled into it
        Assert.All(packages.Values, package => Assert.Contains($"{package["name"]} {package["versionInfo"]}", image.Told, StringComparison.Ordinal));
    }

    [Fact(Timeout = 120_000)]
    public async Task Lab_and_gateway_run_from_it_without_rights_and_trust_the_authorities_in_it()
    {
        CommandLineClient client = Clients.Require(Peer.KubectlNewest);
        ContainerdProcess containerd = image.Containerd;
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        string shared = Directory.CreateDirectory(Path.Combine(containerd.Folder.Root, "shared")).FullName;
        File.SetUnixFileMode(shared, (UnixFileMode)0b111_111_111);
        (string certificate, string key) = image.Authority.IssueServerPem();
        await File.WriteAllTextAsync(Path.Combine(shared, "tls.crt"), certificate, cancellationToken);
        await File.WriteAllTextAsync(Path.Combine(shared, "tls.key"), key, cancellationToken);
        await File.WriteAllTextAsync(Path.Combine(shared, "pods.yaml"), """
            apiVersion: v1
            kind: Pod
            metadata: {name: demo}
            spec:
              containers:
                - name: main
                  command: [/usr/bin/fairlead, gateway, --upstream, "https://localhost:1"]
            """, cancellationToken);
        string[] tls = ["--tls-cert", "/shared/tls.crt", "--tls-key", "/shared/tls.key"];

        Uri lab = await RunAsync("lab", "--pods", "/shared/pods.yaml", "--write-kubeconfig", "/shared/lab.kubeconfig");
        Uri inner = await RunAsync("gateway", ["--upstream-kubeconfig", "/shared/lab.kubeconfig", .. tls]);
        Uri outer = await RunAsync("gateway", ["--upstream", $"https://localhost:{inner.Port}", .. tls]); // by the bundle alone
        Uri distrusting = await RunAsync("gateway", ["--upstream", lab.ToString(), .. tls]); // whose authority nobody put there

        RunResult version = await ExecAsync(outer, [], "/usr/bin/fairlead", "version");
        Assert.True(version.ExitCode == 0, version.ToString());
        Assert.StartsWith("fairlead ", version.Stdout, StringComparison.Ordinal);
        RunResult refused = await ExecAsync(outer, ["-i"], "/usr/bin/fairlead", "no-such-verb");
        Assert.True(refused.ExitCode == 1 && refused.Stderr.Contains("unknown command \"no-such-verb\"", StringComparison.Ordinal), refused.ToString());
        RunResult distrusted = await ExecAsync(distrusting, [], "/usr/bin/fairlead", "version");
        Assert.True(distrusted.ExitCode != 0 && distrusted.Stdout.Length == 0, distrusted.ToString());

        async Task<Uri> RunAsync(string verb, params string[] arguments)
        {
            ContainerdPodOptions options = new()
            {
                Name = $"{verb}-{Guid.NewGuid():N}"[..20],
                Image = ImageFixture.Name,
                Command = [],
                Arguments = [verb, .. arguments],
                Mounts = [(shared, "/shared")],
                Security = Restrict,
            };
            ContainerdPod pod = await containerd.RunPodAsync(options, cancellationToken);
            string log = Path.Combine(containerd.Folder.Logs(pod.Name), pod.Container, "0.log");
            string? ready = null;
            await Eventually.HoldsAsync(() => (ready = ReadyLine(log)) is not null, $"{verb} is ready", cancellationToken: cancellationToken);
            return new Uri(ready!.Split(' ')[1]);
        }

        async Task<RunResult> ExecAsync(Uri server, string[] flags, params string[] command)
        {
            string kubeconfig = Path.Combine(shared, $"kubeconfig-{server.Port}");
            await File.WriteAllTextAsync(kubeconfig, Kubeconfig(server, Path.Combine(shared, "lab.kubeconfig")), cancellationToken);
            return await RunningProcess.RunAsync(
                client.Program, client.Exec(kubeconfig, flags, command), flags.Length > 0 ? Array.Empty<byte>() : null, new RunOptions { Environment = client.Environment(kubeconfig) }, cancellationToken);
        }
    }

    /// <summary>
    /// The DaemonSet's own words, in a container that has nothing but the command, at a node's root that is the image's files: there it is placed,
    /// tried out by entering that root, and taken away at the container's end.
    /// </summary>
    [Fact(Timeout = 120_000)]
    public async Task A_front_is_put_on_a_node_from_it_and_taken_away_when_the_container_ends()
    {
        string secrets = Directory.CreateDirectory(Path.Combine(image.Containerd.Folder.Root, "secrets")).FullName, node = await image.CopyFilesAsync("node", Ct);
        await File.WriteAllTextAsync(Path.Combine(secrets, "token"), "the-pods-own", Ct);
        await StayAsync(new()
        {
            Overlay = "node",
            Root = node,
            Before = "kind: KubeletConfiguration\nmaxPods: 7\n",
            Meanwhile = "address: 127.0.0.1\nkind: KubeletConfiguration\nmaxPods: 7\n",
            Files = ["usr/local/bin/fairlead-node", "etc/fairlead/token"],
            LastWords = "uninstalled: the kubelet has its addresses back",
            Mounts = [(secrets, "/var/run/secrets/fairlead")],
            Arguments = ["--authorization-kubeconfig=/etc/kubernetes/kubelet.conf"], // no kubelet runs there, off which it could be read
            Look = async () => Assert.Equal("the-pods-own", await File.ReadAllTextAsync(Path.Combine(node, "etc/fairlead/token"), Ct)),
        });
    }

    /// <summary>The same of the CRI proxy's DaemonSet: unit, program and the kubelet's endpoint, and all of it back.</summary>
    [Fact(Timeout = 120_000)]
    public async Task A_CRI_proxy_is_put_on_a_node_from_it_and_taken_away_when_the_container_ends()
    {
        _ = image.Containerd;
        string node = await image.CopyFilesAsync("cri-node", Ct), unit = "etc/systemd/system/fairlead-cri-proxy.service";
        await StayAsync(new()
        {
            Overlay = "cri-proxy",
            Root = node,
            Before = "kind: KubeletConfiguration\ncontainerRuntimeEndpoint: unix:///run/containerd/containerd.sock\n",
            Meanwhile = "kind: KubeletConfiguration\ncontainerRuntimeEndpoint: unix:///run/fairlead/cri.sock\n",
            Files = ["usr/local/bin/fairlead-cri-proxy", unit],
            LastWords = "uninstalled: the kubelet asks unix:///run/containerd/containerd.sock itself",
            Mounts = [],
            Arguments = [],
            Look = async () => Assert.Contains(
                "/usr/local/bin/fairlead-cri-proxy cri-proxy --listen unix:///run/fairlead/cri.sock --cri unix:///run/containerd/containerd.sock", await File.ReadAllTextAsync(Path.Combine(node, unit), Ct), StringComparison.Ordinal),
        });
    }

    /// <summary>Runs a DaemonSet's container from the image, and holds what the machine is like while it runs and after its end.</summary>
    async Task StayAsync(Stay stay)
    {
        ContainerdProcess containerd = image.Containerd;
        string kubelet = Path.Combine(Directory.CreateDirectory(Path.Combine(stay.Root, "var/lib/kubelet")).FullName, "config.yaml");
        await File.WriteAllTextAsync(kubelet, stay.Before, Ct);
        V1Container wanted = (await Deploy.Overlay.LoadAsync(stay.Overlay)).Of<V1DaemonSet>().Single().Spec.Template.Spec.Containers.Single();
        string[] more = ["--holder=fairlead-x7k2p"];
        ContainerdPod pod = await containerd.RunPodAsync(
            new()
            {
                Name = $"{stay.Overlay}-{Guid.NewGuid():N}"[..20],
                Image = ImageFixture.Name,
                Command = [],
                Arguments = [.. wanted.Args.Select(static word => word.Replace("$(NODE_NAME)", "worker-1", StringComparison.Ordinal)), .. more, .. stay.Arguments],
                Mounts = [(stay.Root, "/host"), .. stay.Mounts],
                Security = static security =>
                {
                    security.RunAsUser = new() { Value = 0 };
                    security.ReadonlyRootfs = true;
                },
            }, Ct);
        string log = Path.Combine(containerd.Folder.Logs(pod.Name), pod.Container, "0.log");
        await Eventually.HoldsAsync(() => File.Exists(log) && (File.ReadAllText(log).Contains("ready: ", StringComparison.Ordinal) || pod.CommandLines().Count == 0), "it is there", cancellationToken: Ct);
        Assert.Contains($"ready: the {(stay.Overlay == "node" ? "front" : "CRI proxy")} is here", await File.ReadAllTextAsync(log, Ct), StringComparison.Ordinal);
        Assert.Equal(stay.Meanwhile, await File.ReadAllTextAsync(kubelet, Ct));
        Assert.All(stay.Files, file => Assert.True(File.Exists(Path.Combine(stay.Root, file)), file));
        Assert.True(File.GetUnixFileMode(Path.Combine(stay.Root, stay.Files[0])).HasFlag(UnixFileMode.OtherExecute));
        await stay.Look();
        ExecSyncResponse probe = await containerd.Runtime.ExecSyncAsync(
            new() { ContainerId = pod.ContainerId, Cmd = { wanted.ReadinessProbe.Exec.Command.Concat(more) }, Timeout = 30 }, cancellationToken: Ct);
        Assert.True(probe.ExitCode == 0, probe.Stdout.ToStringUtf8() + probe.Stderr.ToStringUtf8());

        await containerd.Runtime.StopContainerAsync(new() { ContainerId = pod.ContainerId, Timeout = 60 }, cancellationToken: Ct);
        Assert.Contains(stay.LastWords, await File.ReadAllTextAsync(log, Ct), StringComparison.Ordinal);
        Assert.Equal(stay.Before, await File.ReadAllTextAsync(kubelet, Ct));
        Assert.All(stay.Files, file => Assert.False(File.Exists(Path.Combine(stay.Root, file)), file));
    }

    /// <summary>A DaemonSet's container on a machine.</summary>
    sealed record Stay
    {
        /// <summary>The DaemonSet's folder.</summary>
        public required string Overlay { get; init; }

        /// <summary>The machine's root.</summary>
        public required string Root { get; init; }

        /// <summary>The kubelet's configuration, before and after.</summary>
        public required string Before { get; init; }

        /// <summary>The same while the container runs.</summary>
        public required string Meanwhile { get; init; }

        /// <summary>What is on the machine while it runs, and not afterwards; the first is the program.</summary>
        public required string[] Files { get; init; }

        /// <summary>What it says at its end.</summary>
        public required string LastWords { get; init; }

        /// <summary>What else the container sees.</summary>
        public required (string Host, string Container)[] Mounts { get; init; }

        /// <summary>What else it is told.</summary>
        public required string[] Arguments { get; init; }

        /// <summary>Looks closer while it runs.</summary>
        public required Func<Task> Look { get; init; }
    }

    /// <summary>What the namespaces of careful clusters allow, and no more: pod security's level "restricted".</summary>
    static void Restrict(LinuxContainerSecurityContext security)
    {
        security.RunAsUser = new() { Value = User };
        security.RunAsGroup = new() { Value = User };
        security.ReadonlyRootfs = true;
        security.NoNewPrivs = true;
        security.Capabilities = new() { DropCapabilities = { "ALL" } };
        security.Seccomp = new() { ProfileType = SecurityProfile.Types.ProfileType.RuntimeDefault };
    }

    /// <summary>The line by which a server says that it is ready, from a log in the CRI's form; null while there is none.</summary>
    /// <exception cref="InvalidOperationException">It said something else at its end.</exception>
    static string? ReadyLine(string log)
    {
        string[] lines = File.Exists(log) ? File.ReadAllLines(log) : [];
        if (lines.FirstOrDefault(static line => line.Contains(" stderr F fairlead", StringComparison.Ordinal)) is { } failure) throw new InvalidOperationException(failure);
        return lines.Select(static line => line.Split(" stdout F ", 2)).FirstOrDefault(static parts => parts.Length == 2 && parts[1].StartsWith("ready ", StringComparison.Ordinal))?[1];
    }

    /// <summary>The lab's kubeconfig with another server and what vouches for it.</summary>
    string Kubeconfig(Uri server, string lab)
    {
        StringBuilder text = new();
        foreach (string line in File.ReadLines(lab))
        {
            string indent = line[..(line.Length - line.TrimStart().Length)];
            text.AppendLine(
                line.Contains("server:", StringComparison.Ordinal) ? $"{indent}server: https://localhost:{server.Port}"
                : line.Contains("certificate-authority-data:", StringComparison.Ordinal) ? $"{indent}certificate-authority-data: {image.Authority.PemAsBase64}"
                : line);
        }

        return text.ToString();
    }

    /// <summary>Everything below a folder, as seen from there; links are not followed, since they mean another root.</summary>
    static FileSystemEnumerable<string> Below(string root) =>
        new(root, (ref FileSystemEntry entry) => entry.ToFullPath()[root.Length..], new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 })
        {
            ShouldRecursePredicate = static (ref FileSystemEntry entry) => !entry.Attributes.HasFlag(FileAttributes.ReparsePoint),
        };

    /// <summary>A file that a kernel would run, or a script: whatever is executable and no library, and whatever lies where programs do.</summary>
    static bool IsProgram(string path, TarEntry file) =>
        file.EntryType is not TarEntryType.Directory
        && (((file.Mode & AnyExecute) != 0 && file.EntryType is not TarEntryType.SymbolicLink && !Path.GetFileName(path).Contains(".so", StringComparison.Ordinal))
            || Path.GetFileName(Path.GetDirectoryName(path)) is "bin" or "sbin");
}
