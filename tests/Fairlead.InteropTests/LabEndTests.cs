using System.Globalization;

namespace Fairlead.InteropTests;

/// <summary>However a lab ends, what runs in it ends too, and the shell that watches over that.</summary>
public sealed class LabEndTests
{
    readonly CommandLineClient _fairlead = CommandLineClient.Find(CommandLineClient.Fairlead);

    [Theory(Timeout = 120_000), Trait("Case", "C13")]
    [InlineData(9)]
    [InlineData(15)]
    [InlineData(2)]
    [InlineData(1)]
    public async Task Pods_and_commands_die_with_the_lab(int signal)
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        string mark = Random.Shared.Next(100_000, 999_999).ToString(CultureInfo.InvariantCulture), sleep = $"sleep 999.{mark}";
        string pods = Path.GetTempFileName();
        await File.WriteAllTextAsync(pods, $$"""
            {"kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [
              {"name": "plain", "command": ["sleep", "999.{{mark}}"]}, {"name": "bare", "command": ["env", "-i", "sleep", "999.{{mark}}"]},
              {"name": "deaf", "command": ["sh", "-c", "trap '' TERM HUP; while :; do {{sleep}}; done"]} ] } }
            """, cancellationToken);
        try
        {
            await using LabProcess other = await LabProcess.StartAsync(cancellationToken: cancellationToken);
            await using LabProcess lab = await LabProcess.StartAsync(["--pods", pods], cancellationToken);
            await using RunningProcess stays = Run(other, "demo", $"exec sleep 998.{mark}");
            await using RunningProcess first = Run(lab, "p", $"setsid {sleep} & {sleep}; true");
            await using RunningProcess second = Run(lab, "p", $"env -i setsid {sleep} & exec env -i {sleep}");
            await Eventually.HoldsAsync(() => ProcessFootprint.Running(sleep).Count == 7, "all of them run", cancellationToken: cancellationToken);
            await Eventually.HoldsAsync(() => ProcessFootprint.Running($"sleep 998.{mark}").Count == 1, "the other lab's runs", cancellationToken: cancellationToken);

            int watcher = WatcherOf(lab.Id);
            Assert.True(lab.Signal(signal));
            await lab.WaitForExitAsync(cancellationToken);

            await Eventually.HoldsAsync(() => ProcessFootprint.Running(sleep).Count == 0, "all of them have ended", cancellationToken: cancellationToken);
            await Eventually.HoldsAsync(() => ReadOrEmpty(watcher, "cmdline").Length == 0, "its watcher has gone", cancellationToken: cancellationToken);
            Assert.Single(ProcessFootprint.Running($"sleep 998.{mark}"));
        }
        finally
        {
            File.Delete(pods);
        }

        RunningProcess Run(LabProcess of, string pod, string script) =>
            RunningProcess.Start(_fairlead.Program, ["exec", "--kubeconfig", of.Kubeconfig, pod, "--", "sh", "-c", script]);
    }

    static int WatcherOf(int lab) => Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(name => char.IsAsciiDigit(name![0]))
        .Select(name => int.Parse(name!, CultureInfo.InvariantCulture))
        .Single(pid => ReadOrEmpty(pid, "cmdline").Contains("fairlead-watcher", StringComparison.Ordinal) && ReadOrEmpty(pid, "stat").Contains($") S {lab} ", StringComparison.Ordinal));

    static string ReadOrEmpty(int pid, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/{file}");
        }
        catch (IOException)
        {
            return ""; // it has ended
        }
    }
}
