using System.Text.RegularExpressions;
using Fairlead.Testing;

namespace Fairlead.Samples.Packages;

/// <summary>
/// The ways in README's table "Get it", word for word as they are printed there, by a user who has nothing of Fairlead's yet: a home of
/// its own, without a source of packages. The one native file is what <c>./test</c> builds, and the image has tests of its own.
/// </summary>
[Collection(PackedCollection.Name)]
public sealed partial class ReadmeRouteTests(PackedRepository packed) : IAsyncLifetime
{
    const string Minutes = "packing and building programs takes minutes: ./test --full";

    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fairlead-readme-");

    public static bool IsFull => Repository.IsFull;

    string Home => Path.Combine(_folder.FullName, "home");

    /// <summary>Stands for the clone, in which the packages were made.</summary>
    string Clone => Path.Combine(_folder.FullName, "clone");

    public async ValueTask InitializeAsync()
    {
        if (!IsFull) return;
        Directory.CreateDirectory(Path.Combine(Clone, "artifacts"));
        Directory.CreateSymbolicLink(Path.Combine(Clone, "artifacts/packages"), packed.Packages);
        string settings = Path.Combine(Directory.CreateDirectory(Path.Combine(Home, ".nuget/NuGet")).FullName, "NuGet.Config");
        await File.WriteAllTextAsync(settings, "<configuration><packageSources><clear /></packageSources></configuration>");
    }

    public ValueTask DisposeAsync()
    {
        _folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    static Task<string> ReadmeAsync() => File.ReadAllTextAsync(Path.Combine(Repository.Root, "README.md"), TestContext.Current.CancellationToken);

    /// <summary>What the table says to type for one way.</summary>
    static async Task<string[]> LinesOfAsync(string way)
    {
        string row = (await ReadmeAsync()).Split('\n').Single(line => line.StartsWith($"| {way}", StringComparison.Ordinal));
        return [.. Code().Matches(row.Split(" | ")[1]).Select(static code => code.Groups[1].Value)];
    }

    /// <summary>What is typed into a shell of that user's, line by line; the first that fails ends it.</summary>
    Task<string> TypeAsync(string lines, params (string Name, string Value)[] more) => PackedRepository.RunAsync("bash", ["-euo", "pipefail", "-c", lines], Clone,
    [
        ("HOME", Home), ("DOTNET_CLI_HOME", Home), ("NUGET_PACKAGES", Path.Combine(Home, ".nuget/packages")),
        ("NUGET_FALLBACK_PACKAGES", PackedRepository.MachinePackages), ("DOTNET_NOLOGO", "1"), ("DOTNET_GENERATE_ASPNET_CERTIFICATE", "false"),
        ("DOTNET_ADD_GLOBAL_TOOLS_TO_PATH", "false"), ("MSBUILDDISABLENODEREUSE", "1"), ("UseSharedCompilation", "false"), .. more,
    ]);

    async Task<string> TypeWithLabAsync(string lines)
    {
        await using Lab.Testing.Lab lab = await Lab.Testing.Lab.StartAsync(cancellationToken: TestContext.Current.CancellationToken);
        string kubeconfig = Path.Combine(_folder.FullName, "lab.kubeconfig");
        await lab.WriteKubeconfigAsync(kubeconfig, TestContext.Current.CancellationToken);
        return await TypeAsync(lines, ("KUBECONFIG", kubeconfig));
    }

    [Fact]
    public async Task Each_way_begins_with_a_script_that_is_here()
    {
        Assert.Equal("eng/pack artifacts/packages", (await LinesOfAsync("packages"))[0]);
        string[] native = await LinesOfAsync("the command as one native file"), image = await LinesOfAsync("an OCI image");
        Assert.Equal("./fairlead", native[1]);
        foreach (string script in (string[])["eng/pack", native[1], image[0]])
            Assert.True(File.GetUnixFileMode(Path.Combine(Repository.Root, script)).HasFlag(UnixFileMode.UserExecute), $"{script} cannot be run");
        Assert.True(Directory.Exists(Path.Combine(Repository.Root, native[0].Split(' ')[2])), native[0]);
    }

    [Fact(Skip = Minutes, SkipUnless = nameof(IsFull), Timeout = 600_000)]
    public async Task Packages_into_a_new_program_and_the_program_that_is_printed()
    {
        string readme = await ReadmeAsync(), source = (await LinesOfAsync("packages"))[1];
        string lines = readme.Split("## A first program")[1].Split("```sh\n")[1].Split("```")[0];
        await TypeAsync($"{source}\n{lines}");
        await File.WriteAllTextAsync(Path.Combine(Home, "first/Program.cs"), readme.Split("```csharp\n")[1].Split("```")[0], TestContext.Current.CancellationToken);
        Assert.Equal("0: 3\n\n0: a\nb\n\n", await TypeWithLabAsync("cd ~/first && dotnet run"));
        Assert.Equal(await File.ReadAllBytesAsync("/etc/hostname", TestContext.Current.CancellationToken),
            await File.ReadAllBytesAsync(Path.Combine(Home, "first/hostname"), TestContext.Current.CancellationToken));
    }

    [Fact(Skip = Minutes, SkipUnless = nameof(IsFull), Timeout = 600_000)]
    public async Task The_command_as_a_tool()
    {
        string source = (await LinesOfAsync("packages"))[1], install = Assert.Single(await LinesOfAsync("the command as a .NET tool"));
        await TypeAsync($"{source}\n{install}");
        Assert.Equal("3\n", await TypeWithLabAsync("export PATH=~/.dotnet/tools:$PATH; printf abc | fairlead exec -i demo -- wc -c"));
    }

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Code();
}
