using Fairlead.Testing;

namespace LabUsers;

/// <summary>The C# that README and docs/ print is compiled and run against a lab, or is a piece of a sample that is.</summary>
public sealed class DocumentTests(LabFixture lab) : IAsyncLifetime
{
    readonly string? _kubeconfig = Environment.GetEnvironmentVariable("KUBECONFIG");
    readonly string _folder = Environment.CurrentDirectory;
    readonly TextWriter _output = Console.Out;

    public static TheoryData<string> Quotes => [.. DocumentedCode.Blocks.Where(static block => block.Quoted is not null).Select(static block => block.Name)];

    public async ValueTask InitializeAsync()
    {
        Environment.SetEnvironmentVariable("KUBECONFIG", lab.Kubeconfig);
        Environment.CurrentDirectory = lab.Folder;
        foreach (string folder in (string[])["site", "backup", "log"]) Directory.CreateDirectory(Path.Combine(lab.Folder, folder));
        foreach (string folder in (string[])["site", "backup", "log"]) await File.WriteAllTextAsync(Path.Combine(lab.Folder, folder, "file"), folder);
    }

    public ValueTask DisposeAsync()
    {
        Environment.SetEnvironmentVariable("KUBECONFIG", _kubeconfig);
        Environment.CurrentDirectory = _folder;
        Console.SetOut(_output);
        return ValueTask.CompletedTask;
    }

    [Fact(Timeout = 120_000)]
    public async Task Every_block_runs_against_a_lab()
    {
        IReadOnlyDictionary<string, Func<Task>> blocks = await DocumentedCode.CompileAsync(lab.Port.Number, lab.Folder);
        Assert.InRange(blocks.Count, 8, 100);
        Dictionary<string, string> said = [];
        List<string> failed = [];
        foreach ((string name, Func<Task> run) in blocks)
        {
            StringWriter output = new(); // stays open: progress may be told behind the end of a copy
            Console.SetOut(output);
            try
            {
                await run().WaitAsync(TestContext.Current.CancellationToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                failed.Add($"{name}: {e}");
            }

            said[name] = output.ToString();
        }

        Assert.Empty(failed);
        Assert.Equal("0: 3\n\n0: a\nb\n\n", said["README_1"]);
        Assert.Equal(await File.ReadAllBytesAsync("/etc/hostname", TestContext.Current.CancellationToken),
            await File.ReadAllBytesAsync(Path.Combine(lab.Folder, "hostname"), TestContext.Current.CancellationToken));
    }

    [Theory, MemberData(nameof(Quotes))]
    public void What_is_quoted_of_a_sample_is_in_it(string name)
    {
        DocumentedCode.Block block = DocumentedCode.Blocks.Single(one => one.Name == name);
        static string Flat(string text) => string.Join('\n', text.Split('\n').Select(static line => line.Trim()).Where(static line => line.Length > 0));
        string sample = Flat(File.ReadAllText(Path.Combine(Repository.Root, block.Quoted!)));
        foreach (string piece in block.Text[(block.Text.IndexOf('\n', StringComparison.Ordinal) + 1)..].Split("// ...\n"))
            Assert.Contains(Flat(piece), sample, StringComparison.Ordinal);
    }
}
