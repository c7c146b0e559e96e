namespace Fairlead.InteropTests.Resumption;

/// <summary>A terminal session that goes through cuts leaves the screen that it leaves without them, whatever was shown meanwhile.</summary>
public sealed class ResumedScreenTests(LabFixture fixture) : IDisposable
{
    const int Columns = 90, Rows = 24, Steps = 20;
    const string Notice = "fairlead: connection lost, trying again (", Vim = "/usr/bin/vim";

    readonly string _folder = Directory.CreateDirectory(Path.Combine(fixture.Lab.Folder, "screens-" + Guid.NewGuid().ToString("N"))).FullName;

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact(Timeout = 300_000)]
    public async Task An_editor_through_twenty_cuts()
    {
        Assert.SkipUnless(TmuxTerminal.IsHere, "tmux is not installed");
        Assert.SkipUnless(File.Exists(Vim), "vim is not installed");
        string file = Path.Combine(_folder, "text"); // the same for both: the screen shows its name
        (string Screen, string Text) whole = await EditAsync(fixture.Lab.Kubeconfig, file, static (_, _) => Task.CompletedTask, static _ => true);
        File.Delete(file);

        await using FaultProxy proxy = fixture.Lab.Behind();
        int outages = 0;
        (string Screen, string Text) cut = await EditAsync(fixture.Lab.KubeconfigThrough(proxy), file, async (terminal, step) =>
        {
            if (step % 7 != 3)
            {
                proxy.Cut(step % 2 == 0 ? CutKind.Reset : CutKind.Fin);
                return;
            }

            outages++;
            await OutageAsync(terminal, proxy);
        }, screen => screen == whole.Screen);
        Assert.Equal(whole, cut);
        Assert.Equal(3, outages);
        Assert.InRange(proxy.AcceptedConnections, Steps, int.MaxValue);
    }

    /// <summary>Nothing can be reached until the notice is there and something was typed; then the session goes on, and the notice is gone.</summary>
    static async Task<string> OutageAsync(TmuxTerminal terminal, FaultProxy proxy, string typed = "")
    {
        proxy.IsShut = true;
        proxy.Cut(CutKind.Reset);
        string seen = await terminal.ShowsAsync(static screen => screen.Contains(Notice, StringComparison.Ordinal), "the notice is there", Ct);
        if (typed.Length > 0) await terminal.TypeAsync(typed, Ct);
        proxy.IsShut = false;
        await terminal.ShowsAsync(static screen => !screen.Contains(Notice, StringComparison.Ordinal), "the notice is gone", Ct);
        return seen;
    }

    static async Task<(string Screen, string Text)> EditAsync(
        string kubeconfig, string file, Func<TmuxTerminal, int, Task> between, Func<string, bool> isRight)
    {
        await using TmuxTerminal terminal = await TmuxTerminal.StartAsync(
            Columns, Rows,
            [
                Repository.Command, "exec", "--kubeconfig", kubeconfig, "--resume", "auto", "-it", "demo", "--",
                "env", "TERM=screen", "LC_ALL=C.UTF-8", Vim, "-u", "NONE", "-i", "NONE", "-N", "-n", "--cmd", "set ruler laststatus=2 showmode", file,
            ], Ct);
        await terminal.ShowsAsync(screen => screen.Contains(Path.GetFileName(file), StringComparison.Ordinal), "the editor has begun", Ct);
        for (int step = 0; step < Steps; step++)
        {
            string line = $"line {step} is äöü 日本 and more";
            await terminal.TypeAsync((step % 3 == 0 ? "ggO" : "Go") + line, Ct);
            await between(terminal, step);
            await terminal.PressAsync(Ct, "C-\\", "C-n"); // back to commands, whatever came before
            await terminal.ShowsAsync(
                screen => screen.Contains(line, StringComparison.Ordinal) && !screen.Contains("INSERT", StringComparison.Ordinal), $"\"{line}\" was typed", Ct);
        }

        // An editor that goes to sleep while the signal of a new size comes looks at that size with the next key: these do nothing else.
        string screen = await terminal.ShowsAsync(isRight, "the screen is that of a run without cuts", Ct, "C-\\", "C-n");
        await terminal.TypeAsync(":wq", Ct);
        await terminal.PressAsync(Ct, "Enter");
        await terminal.EndsAsync(Ct);
        return (screen, await File.ReadAllTextAsync(file, Ct));
    }

    [Fact(Timeout = 300_000)]
    public async Task A_shell_whose_prompt_is_on_the_last_line_loses_no_line_to_the_notice()
    {
        Assert.SkipUnless(TmuxTerminal.IsHere, "tmux is not installed");
        string whole = await TalkAsync(fixture.Lab.Kubeconfig, static terminal => terminal.TypeAsync(" away", Ct));
        await using FaultProxy proxy = fixture.Lab.Behind();
        string cut = await TalkAsync(fixture.Lab.KubeconfigThrough(proxy), async terminal =>
        {
            string seen = await OutageAsync(terminal, proxy, typed: " away");
            Assert.Contains("$ typed\n" + Notice, seen, StringComparison.Ordinal); // below it
            Assert.Contains("\n40\n", seen, StringComparison.Ordinal);
        });
        Assert.Equal(whole, cut);
    }

    /// <returns>The lines that are or were on the screen.</returns>
    static async Task<string> TalkAsync(string kubeconfig, Func<TmuxTerminal, Task> between)
    {
        await using TmuxTerminal terminal = await TmuxTerminal.StartAsync(
            Columns, Rows,
            [
                Repository.Command, "exec", "--kubeconfig", kubeconfig, "--resume", "auto", "-it", "demo", "--",
                "env", "TERM=screen", "LC_ALL=C.UTF-8", "PS1=$ ", "bash", "--norc", "--noprofile", "-i",
            ], Ct);
        await terminal.ShowsAsync(static screen => screen.TrimEnd().EndsWith('$'), "the prompt is there", Ct);
        await terminal.TypeAsync("seq 1 40", Ct);
        await terminal.PressAsync(Ct, "Enter");
        await terminal.ShowsAsync(static screen => screen.TrimEnd().EndsWith("40\n$", StringComparison.Ordinal), "the screen is full", Ct);
        await terminal.TypeAsync("typed", Ct);
        await terminal.ShowsAsync(static screen => screen.TrimEnd().EndsWith("$ typed", StringComparison.Ordinal), "something is typed", Ct);
        await between(terminal);
        await terminal.TypeAsync(" more", Ct);
        await terminal.ShowsAsync(static screen => screen.TrimEnd().EndsWith("$ typed away more", StringComparison.Ordinal), "more is typed", Ct);
        return (await terminal.ScreenAsync(Ct, withHistory: true)).TrimEnd();
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
