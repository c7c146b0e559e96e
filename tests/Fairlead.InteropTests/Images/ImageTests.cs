using System.Formats.Tar;
using System.IO.Enumeration;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Fairlead.Containerd.Cri;
using Fairlead.Testing.Containerd;

namespace Fairlead.InteropTests.Images;

/// <summary>The image that <c>deploy/image/build</c> makes: what is in it, that it is the same again, and that it runs.</summary>
public sealed partial class ImageTests(ImageFixture image) : IClassFixture<ImageFixture>
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
