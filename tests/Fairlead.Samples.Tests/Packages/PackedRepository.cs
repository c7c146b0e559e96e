using Fairlead.Testing;
namespace Fairlead.Samples.Packages;

/// <summary>The packages of this repository in a folder, and a folder for programs that use them: new ones, as somebody else's.</summary>
public sealed class PackedRepository : IAsyncLifetime
{
    internal const string Version = "0.1.0-test";

    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fairlead-packages-");

    internal string Packages => Path.Combine(_folder.FullName, "packages");

    internal string Programs => Path.Combine(_folder.FullName, "programs");

    /// <summary>Where this machine keeps packages of others that it has fetched: those of ours refer to them.</summary>
    internal static string MachinePackages => Environment.GetEnvironmentVariable("NUGET_PACKAGES")
        ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget/packages");

    public async ValueTask InitializeAsync()
    {
        if (!Repository.IsFull) return; // and every test is skipped
        await RunAsync(Path.Combine(Repository.Root, "eng/pack"), [Packages, Version], Repository.Root);
        // Ours are kept in a cache of their own: their version stays the same while they change.
        await WriteAsync("nuget.config", $"""
            <configuration>
              <config><add key="globalPackagesFolder" value="cache" /></config>
              <fallbackPackageFolders><add key="machine" value="{MachinePackages}" /></fallbackPackageFolders>
              <packageSources><add key="fairlead" value="{Packages}" /></packageSources>
            </configuration>
            """);
        await WriteAsync("Directory.Build.props", """
            <Project>
              <PropertyGroup>
                <TargetFramework>net10.0</TargetFramework>
                <Nullable>enable</Nullable>
                <ImplicitUsings>enable</ImplicitUsings>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
                <WarningsNotAsErrors>NU1603;NU1900;NU1901;NU1902;NU1903;NU1904</WarningsNotAsErrors>
                <SatelliteResourceLanguages>en</SatelliteResourceLanguages>
              </PropertyGroup>
            </Project>
            """);
    }

    /// <summary>Writes a file of a program.</summary>
    internal async Task WriteAsync(string path, string text)
    {
        string full = Path.Combine(Programs, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        await File.WriteAllTextAsync(full, text);
    }

    /// <summary>Builds a program, which was written, with warnings as errors.</summary>
    internal Task BuildAsync(string program, params string[] options) =>
        RunAsync("dotnet", ["build", program, "-c", "Release", "-nologo", "-v", "q", "-nodeReuse:false", "-p:UseSharedCompilation=false", .. options], Programs);

    /// <summary>Runs something that has to succeed.</summary>
    internal static async Task<string> RunAsync(string file, IEnumerable<string> arguments, string folder, params (string Name, string Value)[] environment)
    {
        RunResult result = await RunningProcess.RunAsync(file, arguments, options: new RunOptions
        {
            WorkingDirectory = folder,
            Environment = environment.ToDictionary(static one => one.Name, static one => (string?)one.Value),
        }, cancellationToken: TestContext.Current.CancellationToken);
        Assert.True(result.ExitCode == 0, $"{file}: {result}");
        return result.Stdout;
    }

    public ValueTask DisposeAsync()
    {
        _folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }
}
