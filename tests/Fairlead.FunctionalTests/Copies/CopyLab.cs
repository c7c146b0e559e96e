using System.Net;
using Fairlead.Lab;
using Fairlead.Lab.Manifests;
using Fairlead.Testing;

namespace Fairlead.FunctionalTests.Copies;

/// <summary>A lab behind a proxy that can cut, with a pod whose containers find different tools, and folders for both sides.</summary>
sealed class CopyLab : IAsyncDisposable
{
    readonly LabServer _lab;
    readonly DirectoryInfo _folder;

    CopyLab(LabServer lab, FaultProxy proxy, DirectoryInfo folder, StreamingClient client)
    {
        _lab = lab;
        Proxy = proxy;
        _folder = folder;
        Client = client;
        Here = Directory.CreateDirectory(Path.Combine(folder.FullName, "here")).FullName;
        There = Directory.CreateDirectory(Path.Combine(folder.FullName, "there")).FullName;
    }

    internal FaultProxy Proxy { get; }

    internal StreamingClient Client { get; }

    /// <summary>The kubeconfig that leads through the proxy.</summary>
    internal string Kubeconfig => Path.Combine(_folder.FullName, "kubeconfig");

    /// <summary>The folder of this side.</summary>
    internal string Here { get; }

    /// <summary>The folder of the pod's side.</summary>
    internal string There { get; }

    internal List<string> Notices { get; } = [];

    internal CopyOptions Options => new() { Notice = Notices.Add };

    /// <summary>The container that finds everything.</summary>
    internal PodFiles Files => Client.Files(new PodReference("demo", "default", "full"));

    /// <summary>A container that finds only these tools, or scripts in their place.</summary>
    internal static async Task<CopyLab> StartAsync(CancellationToken cancellationToken, FaultProxyOptions? faults = null)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("fairlead-copy-");
        string manifest = $$"""
            apiVersion: v1
            kind: Pod
            metadata: { name: demo }
            spec:
              containers:
              - { name: full, image: local, command: [sleep, "100000"] }
              - { name: few, image: local, command: [/bin/sleep, "100000"], env: [{ name: PATH, value: "{{folder.FullName}}/bin" }] }
            """;
        Directory.CreateDirectory(Path.Combine(folder.FullName, "bin"));
        using StringReader reader = new(manifest);
        LabServer lab = await LabServer.StartAsync(new LabOptions { Pods = PodManifests.Read(reader) }, cancellationToken);
        FaultProxy proxy = new(new IPEndPoint(IPAddress.Loopback, lab.Url.Port), faults);
        string path = Path.Combine(folder.FullName, "kubeconfig");
        await lab.WriteKubeconfigAsync(path, cancellationToken);
        string text = await File.ReadAllTextAsync(path, cancellationToken);
        await File.WriteAllTextAsync(path, text.Replace(lab.Url.Authority, $"127.0.0.1:{proxy.Port}", StringComparison.Ordinal), cancellationToken);
        return new CopyLab(lab, proxy, folder, StreamingClient.FromKubeconfig(path));
    }

    /// <summary>The container with few tools: programs by name, or scripts as <c>name=text</c>.</summary>
    internal PodFiles WithTools(params string[] tools)
    {
        string bin = Path.Combine(_folder.FullName, "bin");
        foreach (string old in Directory.GetFiles(bin)) File.Delete(old);
        foreach (string tool in tools)
        {
            string[] parts = tool.Split('=', 2);
            string path = Path.Combine(bin, parts[0]);
            if (parts.Length == 1)
            {
                File.CreateSymbolicLink(path, new[] { "/usr/bin/", "/bin/" }.Select(folder => folder + tool).First(File.Exists));
                continue;
            }

            ExecutableFile.Write(path, "#!/bin/sh\n" + parts[1] + "\n");
        }

        return Client.Files(new PodReference("demo", "default", "few"));
    }

    /// <summary>The same for a container that does not run as root.</summary>
    internal PodFiles AsNobody(string kind, params string[] more) => OfKind(kind, isRoot: false, more);

    /// <summary>A container that has all tools, those of busybox, no tar, no stat and find either, or a shell and cat; and more of its own.</summary>
    internal PodFiles OfKind(string kind, bool isRoot, params string[] more)
    {
        string[] most = ["dd", "mkdir", "mv", "rm", "chmod", "touch", "ln", "readlink", "sha256sum", "head", "cat"];
        string[] tools = kind switch
        {
            "cat" => ["cat"],
            "no stat" => [.. most, "wc"],
            "no tar" => [.. most, "stat", "find"],
            "busybox" => [.. most.Concat(["stat", "find", "tar", "wc"]).Select(static tool => $"{tool}=exec {Busybox} {tool} \"$@\"")],
            _ => [.. most, "stat", "find", "tar"],
        };
        string shell = kind == "busybox" ? Busybox + " sh" : "/bin/sh";
        if (isRoot) return WithTools([.. tools, $"sh=exec {shell} \"$@\"", .. more]);
        foreach (string path in (string[])[_folder.FullName, _folder.FullName + "/bin"]) File.SetUnixFileMode(path, (UnixFileMode)0x1ED);
        File.SetUnixFileMode(There, (UnixFileMode)0x1FF);
        return WithTools([.. tools.Where(tool => !more.Any(other => other.StartsWith(tool + "=", StringComparison.Ordinal))),
            $"sh=exec /usr/bin/setpriv --reuid 65534 --regid 65534 --clear-groups {shell} \"$@\"", .. more]);
    }

    /// <summary>The peer of that name, or this machine's own; null where there is neither.</summary>
    internal static string? Busybox { get; } =
        new[] { Path.Combine(Peer.Find(Peer.Busybox).Folder, "busybox"), "/bin/busybox", "/usr/bin/busybox" }.FirstOrDefault(File.Exists);

    /// <summary>Writes a file of random bytes.</summary>
    internal static async Task WriteAsync(string path, long length, ulong seed = 1)
    {
        using RandomByteStream bytes = new(length, seed);
        await using FileStream file = File.Create(path);
        await bytes.CopyToAsync(file, 1 << 20, TestContext.Current.CancellationToken);
    }

    /// <summary>Fails where two trees differ in a name, a kind, a permission, a link or a byte, or where anything else lies beside them.</summary>
    internal static void AssertSame(string expected, string actual)
    {
        Assert.Equal(Describe(expected), Describe(actual));
        Assert.DoesNotContain(Directory.GetFileSystemEntries(Path.GetDirectoryName(actual)!), path => Path.GetFileName(path).StartsWith(".fairlead-", StringComparison.Ordinal));
    }

    static List<string> Describe(string path)
    {
        if (!Directory.Exists(path)) return [One(new FileInfo(path), "")];
        DirectoryInfo root = new(path);
        return [.. root.EnumerateFileSystemInfos("*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 })
            .Select(entry => One(entry, Path.GetRelativePath(path, entry.FullName))).Order(StringComparer.Ordinal)];

        static string One(FileSystemInfo entry, string name) => entry switch
        {
            { LinkTarget: { } target } => $"{name} -> {target}",
            FileInfo file => $"{name} {(int)file.UnixFileMode:x} {file.Length} {new DateTimeOffset(file.LastWriteTimeUtc).ToUnixTimeSeconds()} {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(file.FullName)))}",
            _ => $"{name}/ {(int)entry.UnixFileMode:x} {new DateTimeOffset(entry.LastWriteTimeUtc).ToUnixTimeSeconds()}",
        };
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Proxy.DisposeAsync();
        await _lab.DisposeAsync();
        await RunningProcess.RunAsync("rm", ["-rf", _folder.FullName], cancellationToken: CancellationToken.None); // it knows names that are no text
    }
}
