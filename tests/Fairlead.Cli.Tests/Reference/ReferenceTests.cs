using Fairlead.Testing;

namespace Fairlead.Cli.Tests.Reference;

/// <summary>The pages of docs/reference and docs/man say what the command says. eng/reference writes them.</summary>
public sealed class ReferenceTests
{
    static readonly string s_pages = Path.Combine(Repository.Root, "docs", "reference"), s_man = Path.Combine(Repository.Root, "docs", "man");

    static Dictionary<string, string> Made()
    {
        Dictionary<string, string> made = [];
        foreach (ReferencePage page in ReferencePage.All())
        {
            made.Add(Path.Combine(s_pages, page.Name + ".md"), page.Markdown());
            made.Add(Path.Combine(s_man, page.Name + ".1"), page.Man());
        }

        return made;
    }

    [Fact]
    public async Task Each_command_has_its_page_and_its_man_page_as_the_help_is()
    {
        Dictionary<string, string> made = Made();
        if (Environment.GetEnvironmentVariable("FAIRLEAD_WRITE_REFERENCE") == "1") await WriteAsync(made);
        Assert.Equal(made.Keys.Order(StringComparer.Ordinal),
            Directory.EnumerateFiles(s_pages, "fairlead*.md").Concat(Directory.EnumerateFiles(s_man)).Order(StringComparer.Ordinal));
        foreach ((string path, string text) in made)
        {
            Assert.True(text == await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken),
                $"{Path.GetRelativePath(Repository.Root, path)} is not what the command says: run eng/reference and look at what has changed");
        }
    }

    static async Task WriteAsync(Dictionary<string, string> made)
    {
        Directory.CreateDirectory(s_pages);
        Directory.CreateDirectory(s_man);
        foreach (string old in Directory.EnumerateFiles(s_pages, "fairlead*.md").Concat(Directory.EnumerateFiles(s_man))) File.Delete(old);
        foreach ((string path, string text) in made) await File.WriteAllTextAsync(path, text, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Man_pages_are_read_without_a_complaint()
    {
        string man = "/usr/bin/man";
        Assert.SkipUnless(File.Exists(man), "man is not installed");
        foreach (string page in Directory.EnumerateFiles(s_man))
        {
            RunResult read = await RunningProcess.RunAsync(man, ["--warnings=mac,escape,syntax", "--encoding=utf8", "-l", page],
                options: new RunOptions { Environment = new Dictionary<string, string?> { ["MANWIDTH"] = "100", ["LC_ALL"] = "C.UTF-8", ["PAGER"] = "cat" } },
                cancellationToken: TestContext.Current.CancellationToken);
            Assert.Equal((0, ""), (read.ExitCode, read.Stderr));
            Assert.Contains("SYNOPSIS", read.Stdout, StringComparison.Ordinal);
        }
    }
}
