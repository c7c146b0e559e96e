using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json.Nodes;
using Fairlead.Testing.Containerd;

namespace Fairlead.InteropTests.Images;

/// <summary>The image of this tree's native command, made once: with a test's own authority in its bundle, and imported into a containerd.</summary>
public sealed class ImageFixture : IAsyncLifetime
{
    /// <summary>What it is called.</summary>
    internal const string Name = "fairlead.test/fairlead:1";

    static readonly string s_program = Path.Combine(Repository.Root, "artifacts/command/out/fairlead");

    readonly string _folder = Directory.CreateTempSubdirectory("fairlead-image-").FullName;
    ContainerdProcess? _containerd;

    /// <summary>Why there is none; null where there is one.</summary>
    static string? MissingBecause => !OperatingSystem.IsLinux() || System.Runtime.InteropServices.RuntimeInformation.OSArchitecture != System.Runtime.InteropServices.Architecture.X64
        ? "the image is made on amd64 alone"
        : Peer.Find(Peer.ImagePackages).MissingBecause ?? ContainerdProcess.MissingBecause
        ?? (File.Exists(s_program) && !File.Exists(s_program + ".dll") ? null : "./fairlead is no native file here: the image needs one");

    /// <summary>Who vouches for servers beside those of Debian's list.</summary>
    internal TestAuthority Authority { get; } = new();

    /// <summary>What the build said.</summary>
    internal string Told { get; private set; } = "";

    /// <summary>Where the build put everything.</summary>
    internal string Output => Path.Combine(_folder, "first");

    /// <summary>The containerd that has the image; skips the test where there is none.</summary>
    internal ContainerdProcess Containerd
    {
        get
        {
            Assert.SkipWhen(_containerd is null, MissingBecause ?? "");
            return _containerd!;
        }
    }

    /// <summary>Builds into a folder of that name.</summary>
    Task<RunResult> BuildAsync(string name, string program, RunOptions options, CancellationToken cancellationToken, params string[] more) => RunningProcess.RunAsync(
        Path.Combine(Repository.Root, "deploy/image/build"),
        [
            "--program", program, "--packages", Peer.Find(Peer.ImagePackages).Folder, "--authority", Path.Combine(_folder, "authority.crt"),
            "--name", Name, "--output", Path.Combine(_folder, name), .. more,
        ],
        options: options, cancellationToken: cancellationToken);

    /// <summary>Builds a second time as another day and another user would: elsewhere, from a copy, with another clock, mask and language.</summary>
    /// <returns>Its folder.</returns>
    internal async Task<string> BuildAgainAsync(CancellationToken cancellationToken)
    {
        string copy = Directory.CreateDirectory(Path.Combine(_folder, "copy")).FullName, program = Path.Combine(copy, "fairlead");
        File.Copy(s_program, program, overwrite: true);
        File.SetLastWriteTimeUtc(program, new DateTime(2001, 2, 3, 4, 5, 6, DateTimeKind.Utc));
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        RunOptions options = new() { WorkingDirectory = copy, Environment = new Dictionary<string, string?> { ["TZ"] = "Asia/Tokyo", ["LC_ALL"] = null, ["GZIP"] = null } };
        RunResult again = await BuildAsync("second", program, options, cancellationToken);
        Assert.True(again.ExitCode == 0, again.ToString());
        return Path.Combine(_folder, "second");
    }

    /// <summary>Makes the files alone, as for a Dockerfile, once for all who want them: nobody writes there.</summary>
    /// <returns>The folder that is to be the image's root.</returns>
    internal async Task<string> BuildFilesAsync(CancellationToken cancellationToken)
    {
        string root = Path.Combine(_folder, "files/root");
        if (Directory.Exists(root)) return root;
        RunResult made = await BuildAsync("files", s_program, new RunOptions(), cancellationToken, "--root");
        Assert.True(made.ExitCode == 0, made.ToString());
        return root;
    }

    /// <summary>A copy of those files, for who writes there.</summary>
    internal async Task<string> CopyFilesAsync(string name, CancellationToken cancellationToken)
    {
        string copy = Path.Combine(_folder, name);
        RunResult copied = await RunningProcess.RunAsync("cp", ["-a", await BuildFilesAsync(cancellationToken), copy], cancellationToken: cancellationToken);
        Assert.True(copied.ExitCode == 0, copied.ToString());
        return copy;
    }

    /// <summary>The image's configuration, and every file of its layers by name.</summary>
    internal (JsonNode Config, Dictionary<string, TarEntry> Files) Read()
    {
        Dictionary<string, byte[]> blobs = [];
        using (FileStream archive = File.OpenRead(Path.Combine(Output, "fairlead.oci.tar")))
        {
            foreach (TarEntry entry in Entries(archive))
            {
                using MemoryStream bytes = new();
                entry.DataStream?.CopyTo(bytes);
                blobs[entry.Name] = bytes.ToArray();
            }
        }

        JsonNode index = JsonNode.Parse(blobs["index.json"])!, manifest = JsonNode.Parse(Blob(index["manifests"]![0]!))!;
        Dictionary<string, TarEntry> files = [];
        foreach (JsonNode? layer in manifest["layers"]!.AsArray())
        {
            using GZipStream unpacked = new(new MemoryStream(Blob(layer!)), CompressionMode.Decompress);
            foreach (TarEntry entry in Entries(unpacked)) files["/" + entry.Name.TrimEnd('/')] = entry;
        }

        return (JsonNode.Parse(Blob(manifest["config"]!))!, files);

        byte[] Blob(JsonNode descriptor) => blobs["blobs/" + ((string)descriptor["digest"]!).Replace(':', '/')];
    }

    static IEnumerable<TarEntry> Entries(Stream stream)
    {
        using TarReader reader = new(stream, leaveOpen: true);
        while (reader.GetNextEntry(copyData: true) is { } entry) yield return entry;
    }

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        if (MissingBecause is not null) return;
        using CancellationTokenSource patience = new(TimeSpan.FromMinutes(3));
        await File.WriteAllTextAsync(Path.Combine(_folder, "authority.crt"), Authority.Pem, patience.Token);
        RunResult built = await BuildAsync("first", s_program, new RunOptions(), patience.Token);
        Assert.True(built.ExitCode == 0, built.ToString());
        Told = built.Stdout;
        _containerd = await ContainerdProcess.StartAsync(patience.Token);
        await _containerd.ImportAsync(Path.Combine(Output, "fairlead.oci.tar"), patience.Token);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_containerd is not null) await _containerd.DisposeAsync();
        Authority.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
