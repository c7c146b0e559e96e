using System.Globalization;
using Fairlead;
using Fairlead.Testing;

namespace LabUsers;

/// <summary>Each program of samples/, run as it is printed.</summary>
public sealed class SamplesTests(LabFixture lab)
{
    static CancellationToken Ct => TestContext.Current.CancellationToken;

    static void Ended(int code, string output, RunResult result) =>
        Assert.True(result.ExitCode == code && result.Stdout == output, $"expected {code} and \"{output}\": {result}");

    [Fact]
    public async Task Exec() => Ended(0, "apple\npear\n", await lab.RunAsync("Exec", "deploy/web"));

    [Fact]
    public async Task Batch()
    {
        await File.WriteAllLinesAsync(lab.Folder + "/in", Enumerable.Range(0, 100_000).Select(static i => ((i * 7919) % 100_000).ToString(CultureInfo.InvariantCulture)), Ct);
        Ended(0, "", await lab.RunAsync("Batch", "demo", "in", "out", "sort", "-n"));
        Assert.Equal(Enumerable.Range(0, 100_000), (await File.ReadAllLinesAsync(lab.Folder + "/out", Ct)).Select(static line => int.Parse(line, CultureInfo.InvariantCulture)));
        RunResult failed = await lab.RunAsync("Batch", "demo", "in", "out", "sort", "--no-such-option");
        Assert.Equal(2, failed.ExitCode);
        Assert.Contains("no-such-option", failed.Stderr, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Crash_logs()
    {
        await using RunningProcess sample = RunningProcess.Start(LabFixture.Program("CrashLogs"), ["crash", "app"], lab.Options);
        await sample.Stderr.LineAsync("attached", Ct);
        await File.WriteAllTextAsync(lab.Folder + "/go", "", Ct);
        int code = await sample.WaitForExitAsync(Ct);
        string[] lines = sample.Stdout!.Text.Split('\n');
        Assert.True(lines.Contains("  loading") && lines.Contains("! out of luck"), $"{code}: {sample.Stdout.Text} {sample.Stderr.Text}");
    }

    [Fact]
    public async Task Http() => Ended(0, "/healthz in the pod\n", await lab.RunAsync("Http", "svc/web", lab.Port.Number.ToString(CultureInfo.InvariantCulture), "/healthz"));

    [Fact]
    public async Task Copy()
    {
        Directory.CreateDirectory(lab.Folder + "/pages"); // the documents' code has a "site" of its own there
        await File.WriteAllTextAsync(lab.Folder + "/pages/index.html", "hello", Ct);
        RunResult copied = await lab.RunAsync("Copy", "pages", "web-0", lab.Folder + "/copied");
        Ended(0, "1 files, 5 bytes, 1 verified by SHA-256\n", copied);
        Assert.Contains("of 5 bytes", copied.Stderr, StringComparison.Ordinal);
        Assert.Equal("hello", await File.ReadAllTextAsync(lab.Folder + "/copied/index.html", Ct));
        RunResult refused = await lab.RunAsync("Copy", "pages", "nobody", "/tmp/x");
        Assert.True(refused.ExitCode == 1 && refused.Stderr.Contains("nobody", StringComparison.Ordinal), refused.ToString());
    }

    [Fact]
    public async Task Lab_test()
    {
        RunResult run = await lab.RunAsync("LabTest", "-noColor", "-noLogo");
        Assert.True(run.ExitCode == 0 && run.Stdout.Contains("Total: 2, Errors: 0, Failed: 0", StringComparison.Ordinal), run.ToString());
    }

    [Fact]
    public async Task Own_server()
    {
        string kubeconfig = lab.Folder + "/own.kubeconfig";
        await using RunningProcess server = RunningProcess.Start(LabFixture.Program("OwnServer"), [kubeconfig], lab.Options);
        await server.Stdout!.LineAsync("ready", Ct);
        using StreamingClient client = StreamingClient.FromKubeconfig(kubeconfig);
        PodReference room = new("room");
        Assert.Equal("HELLO", (await client.RunAsync(room, ["upper"], "hello", cancellationToken: Ct)).Output);
        Assert.Equal("a b\n", (await client.RunAsync(room, ["echo", "a", "b"], cancellationToken: Ct)).Output);
        CommandResult unknown = await client.RunAsync(room, ["ls"], cancellationToken: Ct);
        Assert.Equal((127, "ls: not found\n"), (unknown.Exit.Code, unknown.Error));
        ForwardResetException reset = await Assert.ThrowsAsync<ForwardResetException>(async () =>
        {
            await using ForwardedStream port = await client.ConnectAsync(room, 22, cancellationToken: Ct);
        });
        Assert.Contains("no port 22", reset.Message, StringComparison.Ordinal);
        if (Peer.Find(Peer.KubectlNewest) is { MissingBecause: null, Program: var kubectl })
        {
            RunResult listed = await RunningProcess.RunAsync(kubectl, ["--kubeconfig", kubeconfig, "get", "pods", "-o", "name"], cancellationToken: Ct);
            Ended(0, "pod/room\n", listed);
            Ended(0, "HELLO", await RunningProcess.RunAsync(kubectl, ["--kubeconfig", kubeconfig, "exec", "-i", "room", "--", "upper"], "hello"u8.ToArray(), cancellationToken: Ct));
        }
    }

    const string Slow = "starting a real database takes seconds: ./test --full";

    public static bool IsFull => Repository.IsFull;

    [Fact(Skip = Slow, SkipUnless = nameof(IsFull))]
    public async Task Npgsql_with_a_real_PostgreSQL()
    {
        await using Database database = await Database.StartPostgresAsync(lab.Folder);
        Ended(0, "5050\n", await lab.RunAsync("Npgsql", "db-0", database.Port, "Username=postgres;Database=postgres"));
    }

    [Fact(Skip = Slow, SkipUnless = nameof(IsFull))]
    public async Task Redis_with_a_real_one()
    {
        await using Database database = await Database.StartRedisAsync(lab.Folder);
        Ended(0, "from the pod\n", await lab.RunAsync("Redis", "db-0", database.Port));
    }
}
