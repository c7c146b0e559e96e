using System.Security.Cryptography;
using System.Text.Json;

namespace Fairlead.InteropTests.Releases;

/// <summary>The scripts of eng/ that make a release, and what they make.</summary>
public sealed class ReleaseTests(LabFixture lab) : IDisposable
{
    const string Minutes = "builds for other systems, and twice, take minutes: ./test --full";

    readonly string _folder = Directory.CreateTempSubdirectory("fairlead-release-").FullName;

    public static bool IsFull => Repository.IsFull;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    static async Task<RunResult> RunAsync(string script, params string[] arguments)
    {
        RunResult run = await RunningProcess.RunAsync(script, arguments, cancellationToken: TestContext.Current.CancellationToken);
        Assert.True(run.ExitCode == 0, $"{script} {string.Join(' ', arguments)}: {run}");
        return run;
    }

    static string Program => Environment.GetEnvironmentVariable("FAIRLEAD_TEST_COMMAND") is { Length: > 0 } built ? built : Repository.Command;

    static string Script(string name) => Path.Combine(Repository.Root, "eng", name);

    [Fact]
    public async Task The_Debian_package_is_the_same_twice_and_goes_as_it_came()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/dpkg-deb"), "dpkg-deb is not here");
        string first = await MakeAsync("one"), second = await MakeAsync("two");
        Assert.Equal(SHA256.HashData(await File.ReadAllBytesAsync(first, TestContext.Current.CancellationToken)),
            SHA256.HashData(await File.ReadAllBytesAsync(second, TestContext.Current.CancellationToken)));

        // A folder that stands for a machine's root, with a record of packages of its own.
        string root = Path.Combine(_folder, "root"), records = Path.Combine(root, "var/lib/dpkg");
        foreach (string part in (string[])["info", "updates", "triggers"]) Directory.CreateDirectory(Path.Combine(records, part));
        await File.WriteAllTextAsync(Path.Combine(records, "status"), "", TestContext.Current.CancellationToken);
        await RunAsync("/usr/bin/dpkg", $"--root={root}", "--force-depends", "--force-not-root", "--log=/dev/null", "-i", first);
        string[] expected = ["etc/default/fairlead-gateway", "usr/bin/fairlead", "usr/lib/systemd/system/fairlead-gateway.service", "usr/share/man/man1/fairlead-exec.1.gz",
            "usr/share/bash-completion/completions/fairlead", "usr/share/zsh/vendor-completions/_fairlead", "usr/share/fish/vendor_completions.d/fairlead.fish"];
        Assert.All(expected, file => Assert.True(File.Exists(Path.Combine(root, file)), file));
        Assert.Contains("[suggest:", await File.ReadAllTextAsync(Path.Combine(root, expected[4]), TestContext.Current.CancellationToken), StringComparison.Ordinal);

        await RunAsync("/usr/bin/dpkg", $"--root={root}", "--force-not-root", "--log=/dev/null", "-P", "fairlead");
        Assert.DoesNotContain(Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories), file => !file.StartsWith(records, StringComparison.Ordinal));

        async Task<string> MakeAsync(string name)
        {
            string to = Path.Combine(_folder, name);
            await RunAsync(Script("release/deb"), to, Program);
            return Assert.Single(Directory.EnumerateFiles(to, "fairlead_*.deb"));
        }
    }

    /// <summary>Forges put a dot for ~ into names, and SHA256SUMS has to name the files as they are had from there.</summary>
    [Fact]
    public async Task A_Debian_package_before_a_release_is_below_it_and_keeps_its_name_on_a_forge()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/dpkg-deb"), "dpkg-deb is not here");
        RunResult made = await RunningProcess.RunAsync(Script("release/deb"), [_folder, "/bin/true"], null,
            new RunOptions { Environment = new Dictionary<string, string?> { ["VERSION"] = "1.2.3-alpha.4" } }, TestContext.Current.CancellationToken);
        Assert.True(made.ExitCode == 0, made.ToString());
        string file = Assert.Single(Directory.EnumerateFiles(_folder, "*.deb"));
        Assert.Matches(@"^fairlead_1\.2\.3\.alpha\.4_[a-z0-9]+\.deb$", Path.GetFileName(file));
        Assert.Equal("1.2.3~alpha.4", (await RunAsync("/usr/bin/dpkg-deb", "--field", file, "Version")).Stdout.Trim());
    }

    [Fact]
    public async Task An_archive_is_unpacked_and_its_command_runs()
    {
        string system = System.Runtime.InteropServices.RuntimeInformation.RuntimeIdentifier;
        Assert.SkipUnless(system is "linux-x64" or "linux-arm64", $"there is no archive for {system}");
        string archive = (await RunAsync(Script("release/archive"), system, Path.Combine(_folder, "archives"), Program)).Stdout.TrimEnd().Split('\n')[^1];
        Assert.EndsWith($"-{system}.tar.gz", archive, StringComparison.Ordinal);
        string there = Directory.CreateDirectory(Path.Combine(_folder, "there")).FullName;
        await RunAsync("tar", "-xzf", archive, "-C", there);
        string tree = Assert.Single(Directory.EnumerateFileSystemEntries(there));
        foreach (string file in (string[])["LICENSE", "README.md", "CHANGELOG.md", "man/fairlead-exec.1", "completions/fairlead.bash", "completions/fairlead.zsh", "completions/fairlead.fish"])
            Assert.True(new FileInfo(Path.Combine(tree, file)) is { Exists: true, Length: > 0 }, file);

        RunResult counted = await RunningProcess.RunAsync(Path.Combine(tree, "fairlead"), ["exec", "-i", "demo", "-c", "web", "--", "wc", "-c"], "abc"u8.ToArray(),
            new RunOptions { Environment = new Dictionary<string, string?> { ["KUBECONFIG"] = lab.Lab.Kubeconfig } }, TestContext.Current.CancellationToken);
        Assert.Equal((0, "3"), (counted.ExitCode, counted.Stdout.Trim()));
    }

    [Fact]
    public async Task An_archive_has_no_time_and_no_order_of_its_own()
    {
        string tree = Path.Combine(_folder, "work", "fairlead-1");
        Directory.CreateDirectory(tree + "/man");
        foreach (string name in (string[])["b", "a", "man/x.1"]) await File.WriteAllTextAsync(Path.Combine(tree, name), name, TestContext.Current.CancellationToken);
        foreach (string kind in (string[])["tar.gz", "zip"])
        {
            List<string> hashes = [];
            for (int again = 0; again < 2; again++)
            {
                string target = Path.Combine(_folder, $"{again}.{kind}");
                File.SetLastWriteTimeUtc(Path.Combine(tree, "a"), DateTime.UnixEpoch.AddDays(10_000 + again));
                await RunAsync("python3", Script("release/archive.py"), Path.GetDirectoryName(tree)!, "fairlead-1", target);
                hashes.Add(Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(target, TestContext.Current.CancellationToken))));
            }

            Assert.Equal(hashes[0], hashes[1]);
        }
    }

    [Fact]
    public async Task A_release_without_a_part_of_the_changelog_has_no_notes()
    {
        Assert.Contains("fairlead exec", (await RunAsync(Script("release/notes"), "0.0.0-none")).Stdout, StringComparison.Ordinal);
        RunResult none = await RunningProcess.RunAsync(Script("release/notes"), ["98.7.6"], cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(1, none.ExitCode);
        Assert.Contains("rename \"Unreleased\"", none.Stderr, StringComparison.Ordinal);
    }

    [Theory(Timeout = 120_000)]
    [InlineData("linux-x64")]
    [InlineData("win-x64")]
    [InlineData("osx-arm64")]
    public async Task A_build_is_ahead_of_time_for_this_system_alone(string system)
    {
        RunResult said = await RunAsync("dotnet", "msbuild", "src/Fairlead.Cli", "-nologo", "-nodeReuse:false", $"-p:RuntimeIdentifier={system}", "-getProperty:PublishAot,SelfContained");
        JsonElement properties = JsonDocument.Parse(said.Stdout).RootElement.GetProperty("Properties");
        bool isOwn = system == System.Runtime.InteropServices.RuntimeInformation.RuntimeIdentifier;
        Assert.Equal(isOwn ? "true" : "", properties.GetProperty("PublishAot").GetString());
        Assert.Equal("true", properties.GetProperty("SelfContained").GetString());
    }

    [Fact(Skip = Minutes, SkipUnless = nameof(IsFull), Timeout = 2_400_000)]
    public async Task Every_system_is_built_without_a_warning()
    {
        RunResult built = await RunAsync(Script("systems"), Path.Combine(_folder, "systems"), "linux-arm64", "win-x64", "win-arm64", "osx-arm64", "osx-x64");
        Assert.Equal(5, built.Stdout.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.DoesNotContain("failed", built.Stdout, StringComparison.Ordinal);
    }

    /// <summary>The client library and what it is made of, which take seconds; the command takes minutes.</summary>
    [Fact(Timeout = 600_000)]
    public async Task Two_builds_of_the_client_library_are_the_same()
    {
        RunResult compared = await RunAsync(Script("release/same"), Path.Combine(_folder, "same"), "src/Fairlead.Client");
        Assert.Contains("are the same in both builds", compared.Stdout, StringComparison.Ordinal);
        string[] files = [.. Directory.EnumerateFiles(Path.Combine(_folder, "same", "one.out"), "Fairlead.*.dll").Select(static file => Path.GetFileName(file)!)];
        Assert.Contains("Fairlead.Client.dll", files);
        Assert.Contains("Fairlead.Wire.dll", files);
    }

    [Fact(Skip = Minutes, SkipUnless = nameof(IsFull), Timeout = 2_400_000)]
    public async Task Two_builds_of_the_command_are_the_same() =>
        Assert.Contains("are the same in both builds", (await RunAsync(Script("release/same"), Path.Combine(_folder, "same"))).Stdout, StringComparison.Ordinal);

    [Fact(Skip = Minutes, SkipUnless = nameof(IsFull), Timeout = 1_200_000)]
    public async Task The_list_of_contents_names_each_package()
    {
        string list = (await RunAsync(Script("release/sbom"), _folder)).Stdout.Trim();
        using JsonDocument json = JsonDocument.Parse(await File.ReadAllTextAsync(list, TestContext.Current.CancellationToken));
        string?[] names = [.. json.RootElement.GetProperty("components").EnumerateArray().Select(static one => one.GetProperty("name").GetString())];
        foreach (string package in (string[])["YamlDotNet", "System.CommandLine", "Yarp.ReverseProxy", "Google.Protobuf"]) Assert.Contains(package, names);
        Assert.DoesNotContain(names, static name => name!.Contains("Analyzer", StringComparison.Ordinal));
    }
}
