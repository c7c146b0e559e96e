using Fairlead.Testing;
using System.IO.Compression;
using System.Text;
using System.Xml.Linq;

namespace Fairlead.Samples.Packages;

/// <summary>The packages as somebody gets them: what they say, and new programs that use them, each built with warnings as errors and run against a lab.</summary>
[Collection(PackedCollection.Name)]
public sealed class PackageTests(PackedRepository packed)
{
    const string Minutes = "packing and building programs takes minutes: ./test --full";

    public static bool IsFull => Repository.IsFull;

    static readonly string[] s_names =
    [
        "Fairlead.Cli", "Fairlead.Client", "Fairlead.Extensions.DependencyInjection", "Fairlead.Files", "Fairlead.HostProcesses", "Fairlead.KubeConfig",
        "Fairlead.KubernetesClient", "Fairlead.Lab", "Fairlead.Lab.Testing", "Fairlead.Server", "Fairlead.Streaming", "Fairlead.Upgrades", "Fairlead.Wire", "Fairlead.Yaml",
    ];

    [Fact(Skip = Minutes, SkipUnless = nameof(IsFull))]
    public void Each_package_says_what_it_is_and_has_no_path_of_this_machine()
    {
        Assert.Equal(s_names.Select(static name => $"{name}.{PackedRepository.Version}.nupkg").Order(StringComparer.Ordinal),
            Directory.EnumerateFiles(packed.Packages, "*.nupkg").Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal));
        foreach (string name in s_names)
        {
            using ZipArchive package = ZipFile.OpenRead(Path.Combine(packed.Packages, $"{name}.{PackedRepository.Version}.nupkg"));
            XElement about = XDocument.Load(package.GetEntry($"{name}.nuspec")!.Open()).Root!.Elements().Single(static one => one.Name.LocalName == "metadata");
            string Said(string element) => about.Elements().Single(one => one.Name.LocalName == element).Value;
            Assert.InRange(Said("description").Length, 40, 400);
            Assert.Equal("Apache-2.0", Said("license"));
            Assert.Contains("kubernetes", Said("tags"), StringComparison.Ordinal);
            Assert.NotNull(package.GetEntry(Said("readme")));
            Assert.NotNull(package.GetEntry(Said("icon")));
            XElement repository = about.Elements().Single(static one => one.Name.LocalName == "repository");
            Assert.StartsWith("https://", (string?)repository.Attribute("url"), StringComparison.Ordinal);
            AssertNothingOfThisMachine(package);
            if (name == "Fairlead.Cli") continue; // a tool, not to be referred to

            Assert.NotNull(package.GetEntry($"lib/net10.0/{name}.xml"));
            using ZipArchive symbols = ZipFile.OpenRead(Path.Combine(packed.Packages, $"{name}.{PackedRepository.Version}.snupkg"));
            Assert.Contains("raw.githubusercontent.com", Encoding.UTF8.GetString(Read(symbols.GetEntry($"lib/net10.0/{name}.pdb")!)), StringComparison.Ordinal);
            AssertNothingOfThisMachine(symbols);
        }
    }

    static void AssertNothingOfThisMachine(ZipArchive package)
    {
        byte[] root = Encoding.UTF8.GetBytes(Repository.Root + "/"), wide = Encoding.Unicode.GetBytes(Repository.Root + "/");
        foreach (ZipArchiveEntry entry in package.Entries.Where(static entry => entry.Name.StartsWith("Fairlead", StringComparison.OrdinalIgnoreCase)))
        {
            byte[] bytes = Read(entry);
            Assert.True(bytes.AsSpan().IndexOf(root) < 0 && bytes.AsSpan().IndexOf(wide) < 0, $"{entry.FullName} holds {Repository.Root}");
        }
    }

    static byte[] Read(ZipArchiveEntry entry)
    {
        using Stream stream = entry.Open();
        using MemoryStream all = new();
        stream.CopyTo(all);
        return all.ToArray();
    }

    const string FirstProgram = """
        using Fairlead;

        using StreamingClient client = StreamingClient.FromKubeconfig();
        PodReference pod = PodReference.Parse("default/demo") with { Container = "web" };
        CommandResult counted = await client.RunAsync(pod, ["wc", "-c"], "abc");
        Console.Write($"{counted.Exit.Code}: {counted.Output}");

        string folder = Directory.CreateTempSubdirectory("fairlead-").FullName;
        await File.WriteAllTextAsync(folder + "/a", "copied");
        CopyResult copy = await client.Files(pod).CopyToPodAsync(folder + "/a", folder + "/b");
        Console.WriteLine($"{copy.VerifiedBySha256} {await File.ReadAllTextAsync(folder + "/b")}");
        Directory.Delete(folder, recursive: true);
        try
        {
            await client.RunAsync(new("nobody"), ["true"]);
        }
        catch (RefusedException refused)
        {
            Console.WriteLine(refused.Message);
        }
        """;

    const string Expected = "0: 3\n1 copied\npods \"nobody\" not found\n";

    static string Project(string sdk, string properties, params string[] packages) => $"""
        <Project Sdk="{sdk}">
          <PropertyGroup>{properties}</PropertyGroup>
          <ItemGroup>
            {string.Join("\n    ", packages.Select(static name => name.Contains('=', StringComparison.Ordinal)
                ? $"<PackageReference Include=\"{name.Split('=')[0]}\" Version=\"{name.Split('=')[1]}\" />"
                : $"<PackageReference Include=\"{name}\" Version=\"{PackedRepository.Version}\" />"))}
          </ItemGroup>
        </Project>
        """;

    async Task<string> RunWithLabAsync(string program, params string[] arguments)
    {
        await using Lab.Testing.Lab lab = await Lab.Testing.Lab.StartAsync(cancellationToken: TestContext.Current.CancellationToken);
        string kubeconfig = Path.Combine(packed.Programs, Path.GetRandomFileName());
        await lab.WriteKubeconfigAsync(kubeconfig, TestContext.Current.CancellationToken);
        return await PackedRepository.RunAsync(program, arguments, packed.Programs, ("KUBECONFIG", kubeconfig));
    }

    [Fact(Skip = Minutes, SkipUnless = nameof(IsFull), Timeout = 600_000)]
    public async Task A_console_program()
    {
        await packed.WriteAsync("First/First.csproj", Project("Microsoft.NET.Sdk", "<OutputType>Exe</OutputType>", "Fairlead.KubeConfig", "Fairlead.Files"));
        await packed.WriteAsync("First/Program.cs", FirstProgram);
        await packed.BuildAsync("First");
        Assert.Equal(Expected, await RunWithLabAsync(Path.Combine(packed.Programs, "First/bin/Release/net10.0/First")));
    }

    [Fact(Skip = Minutes, SkipUnless = nameof(IsFull), Timeout = 600_000)]
    public async Task The_program_of_the_README_as_it_is_printed()
    {
        string readme = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "README.md"), TestContext.Current.CancellationToken);
        await packed.WriteAsync("Printed/Printed.csproj", Project("Microsoft.NET.Sdk", "<OutputType>Exe</OutputType>", "Fairlead.KubeConfig", "Fairlead.Files"));
        await packed.WriteAsync("Printed/Program.cs", readme.Split("```csharp\n")[1].Split("```")[0]);
        await packed.BuildAsync("Printed");
        Assert.Equal("0: 3\n\n0: a\nb\n\n", await RunWithLabAsync(Path.Combine(packed.Programs, "Printed/bin/Release/net10.0/Printed")));
        Assert.Equal(await File.ReadAllBytesAsync("/etc/hostname", TestContext.Current.CancellationToken),
            await File.ReadAllBytesAsync(Path.Combine(packed.Programs, "hostname"), TestContext.Current.CancellationToken));
    }

    [Fact(Skip = Minutes, SkipUnless = nameof(IsFull), Timeout = 900_000)]
    public async Task The_same_as_one_native_file()
    {
        Assert.SkipUnless(Linker.IsThere, "no linker (clang or gcc) is there");
        await packed.WriteAsync("Native/Native.csproj", Project("Microsoft.NET.Sdk",
            "<OutputType>Exe</OutputType><PublishAot>true</PublishAot><InvariantGlobalization>true</InvariantGlobalization>", "Fairlead.KubeConfig", "Fairlead.Files"));
        await packed.WriteAsync("Native/Program.cs", FirstProgram);
        await PackedRepository.RunAsync("dotnet", ["publish", "Native", "-c", "Release", "-nologo", "-v", "q", "-o", "native-out", "-nodeReuse:false", "-p:UseSharedCompilation=false"], packed.Programs);
        Assert.Equal(Expected, await RunWithLabAsync(Path.Combine(packed.Programs, "native-out/Native")));
    }

    [Fact(Skip = Minutes, SkipUnless = nameof(IsFull), Timeout = 600_000)]
    public async Task A_web_application_with_another_Kubernetes_library_beside_it()
    {
        await packed.WriteAsync("Web/Web.csproj", Project("Microsoft.NET.Sdk.Web", "", "Fairlead.Extensions.DependencyInjection", "Fairlead.KubernetesClient", "KubernetesClient=21.0.8"));
        await packed.WriteAsync("Web/Program.cs", """
            using Fairlead;
            using k8s;

            WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
            builder.Logging.ClearProviders();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            builder.Services.AddFairlead(builder.Configuration.GetSection("Fairlead"));
            builder.Services.AddHealthChecks().AddFairlead();
            await using WebApplication application = builder.Build();
            application.MapGet("/run", async (StreamingClient client) => (await client.RunAsync(new("demo"), ["printf", "ran"])).Output);
            application.MapHealthChecks("/healthz");
            await application.StartAsync();
            using HttpClient http = new() { BaseAddress = new Uri(application.Urls.First()) };
            Console.WriteLine($"{await http.GetStringAsync("/run")} {await http.GetStringAsync("/healthz")}");
            using Kubernetes kubernetes = new(KubernetesClientConfiguration.BuildDefaultConfig());
            Console.WriteLine((await kubernetes.CoreV1.ListNamespacedPodAsync("default")).Items.Count);
            using StreamingClient streaming = kubernetes.Streaming();
            Console.WriteLine((await streaming.RunAsync(new("demo"), ["printf", "too"])).Output);
            """);
        await packed.BuildAsync("Web");
        Assert.Equal("ran Healthy\n1\ntoo\n", await RunWithLabAsync(Path.Combine(packed.Programs, "Web/bin/Release/net10.0/Web")));
    }

    [Fact(Skip = Minutes, SkipUnless = nameof(IsFull), Timeout = 600_000)]
    public async Task A_test_with_a_lab()
    {
        await packed.WriteAsync("Tests/Tests.csproj", Project("Microsoft.NET.Sdk", "<OutputType>Exe</OutputType>", "Fairlead.Lab.Testing", "xunit.v3.mtp-v2=4.0.2"));
        await packed.WriteAsync("Tests/CutTests.cs", """
            using Fairlead;
            using Fairlead.Lab.Testing;
            using Xunit;

            public sealed class CutTests
            {
                static CancellationToken Token => TestContext.Current.CancellationToken;

                [Fact]
                public async Task A_cut_connection_is_a_loss()
                {
                    await using Lab lab = await Lab.StartAsync(cancellationToken: Token);
                    using StreamingClient client = lab.CreateClient();
                    await using RemoteProcess run = await client.ExecAsync(new("demo"), ["sleep", "1000"], cancellationToken: Token);
                    lab.CutConnections();
                    await Assert.ThrowsAsync<SessionLostException>(async () => await run.WaitForExitAsync(Token));
                }
            }
            """);
        await packed.BuildAsync("Tests");
        await PackedRepository.RunAsync(Path.Combine(packed.Programs, "Tests/bin/Release/net10.0/Tests"), [], packed.Programs);
    }

    [Fact(Skip = Minutes, SkipUnless = nameof(IsFull), Timeout = 600_000)]
    public async Task The_command_as_a_tool()
    {
        await PackedRepository.RunAsync("dotnet",
            ["tool", "install", "Fairlead.Cli", "--version", PackedRepository.Version, "--tool-path", "tools", "--configfile", "nuget.config"], packed.Programs);
        Assert.Equal("3\n", await RunWithLabAsync(Path.Combine(packed.Programs, "tools/fairlead"), "exec", "demo", "-c", "web", "--", "sh", "-c", "printf abc | wc -c"));
    }
}
