using System.Text.Json.Nodes;
using Fairlead.HostProcesses.Native;
using Fairlead.Lab.Tests.Kit;
using Fairlead.Server;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Testing;

namespace Fairlead.Lab.Tests;

public sealed class ContainerTests
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("Never", "exit 4", "Failed")]
    [InlineData("Never", "exit 0", "Succeeded")]
    [InlineData("OnFailure", "exit 0", "Succeeded")]
    public async Task Ends_for_good(string restart, string script, string phase)
    {
        await using OnePod pod = new(script, restart: restart);

        await pod.EndedAsync();

        Assert.Equal(phase, pod.Phase);
        Assert.False(pod.Container.IsRunning);
        Assert.Equal(0, (int)pod.ContainerStatus["restartCount"]!);
        Assert.Equal(script == "exit 4" ? 4 : 0, (int)pod.ContainerStatus["state"]!["terminated"]!["exitCode"]!);
    }

    [Theory]
    [InlineData("Always", "exit 0")]
    [InlineData("OnFailure", "exit 1")]
    public async Task Is_started_again(string restart, string script)
    {
        await using OnePod pod = new($"echo run; {script}", restart: restart);

        await Eventually.HoldsAsync(() => (int)pod.ContainerStatus["restartCount"]! >= 2, "the container was started again twice", cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal("Running", pod.Phase);
        Assert.Equal("run\n", await pod.LogAsync(new ContainerLogQuery { Previous = true }));
    }

    [Fact]
    public async Task A_command_that_does_not_exist_shows_in_the_status()
    {
        await using OnePod pod = new("true", "\"workingDir\": \"/no/such\"");

        await pod.EndedAsync();

        Assert.Contains("/no/such", (string)pod.ContainerStatus["state"]!["terminated"]!["message"]!, StringComparison.Ordinal);
        Assert.Contains("/no/such", await pod.LogAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Execs_beside_the_main_process_and_not_without_it()
    {
        await using OnePod pod = new("read x", "\"stdin\": true, \"env\": [{\"name\": \"A\", \"value\": \"b\"}], \"workingDir\": \"/usr\"");
        RemoteCommandRequest request = new() { Command = ["sh", "-c", "echo $A; pwd"], Stdout = true };
        await using (TestClient client = new(request, pod.Container.ExecAsync))
        {
            await client.Status;
            Assert.Equal("b\n/usr\n", await client.StandardOutput);
        }

        await using TestClient attached = pod.Attach(stdin: true);
        await attached.TypeAsync("\n");
        await attached.Status;
        await pod.EndedAsync();
        await using TestClient late = new(request, pod.Container.ExecAsync);
        Assert.Contains("not running", (await late.Status).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Disposing_ends_whole_trees()
    {
        OnePod pod = new("env -i setsid sleep 987 & echo $!; echo $$$$; trap '' TERM; while :; do sleep 0.05; done");
        string[] pids = [];
        await Eventually.HoldsAsync(() => (pids = pod.LogAsync().Result.Split('\n', StringSplitOptions.RemoveEmptyEntries)).Length == 2, "the log has two lines", cancellationToken: TestContext.Current.CancellationToken);

        await pod.DisposeAsync();

        Assert.All(pids, pid => Assert.True(ProcessStat.Read(int.Parse(pid, System.Globalization.CultureInfo.InvariantCulture)) is null or { IsDead: true }));
    }

    [Fact]
    public async Task Log_queries_pick_their_part()
    {
        await using OnePod pod = new("echo one; printf 'tw'; echo err >&2; sleep 0.2; echo o; echo three; printf four");
        await pod.EndedAsync();

        Assert.Equal(["err", "four", "one", "three", "two"], (await pod.LogAsync()).Split('\n').Order());
        Assert.EndsWith("four", await pod.LogAsync(new ContainerLogQuery { TailLines = 1 }), StringComparison.Ordinal);
        Assert.Equal(2, (await pod.LogAsync(new ContainerLogQuery { TailLines = 2 })).Split('\n').Length);
        Assert.Equal("", await pod.LogAsync(new ContainerLogQuery { TailLines = 0 }));
        Assert.Equal(5, (await pod.LogAsync(new ContainerLogQuery { LimitBytes = 5 })).Length);
        Assert.Equal("", await pod.LogAsync(new ContainerLogQuery { Since = DateTimeOffset.UtcNow.AddHours(1) }));
        string stamped = await pod.LogAsync(new ContainerLogQuery { Timestamps = true });
        Assert.All(stamped.Split('\n'), line => Assert.Matches("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.[0-9]{9}Z (one|two|err|three|four)$", line));
        await Assert.ThrowsAsync<InvalidOperationException>(() => pod.LogAsync(new ContainerLogQuery { Previous = true }));
    }

    [Fact]
    public async Task A_followed_log_goes_to_the_end_of_the_run_and_keeps_the_newest()
    {
        await using OnePod pod = new("i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i+1)); done", options: OnePod.Quick with { LogSize = 20_000 });

        string followed = await pod.LogAsync(new ContainerLogQuery { Follow = true });
        await pod.EndedAsync();
        string kept = await pod.LogAsync();

        Assert.EndsWith("line 2999\n", followed, StringComparison.Ordinal);
        Assert.EndsWith("line 2999\n", kept, StringComparison.Ordinal);
        Assert.InRange(kept.Length, 1, 20_000);
    }

    [Fact]
    public async Task The_catalog_fills_in_what_an_api_server_would_and_tells_changes()
    {
        await using OnePod pod = new("read x", "\"stdin\": true");
        CatalogSnapshot first = pod.Runtime.List("pods");
        JsonObject item = first.Items[0];
        Assert.Equal("default", (string)item["metadata"]!["namespace"]!);
        Assert.Equal("127.0.0.1", (string)item["status"]!["podIP"]!);
        Assert.StartsWith("process://", (string)item["status"]!["containerStatuses"]![0]!["containerID"]!, StringComparison.Ordinal);
        Assert.True((bool)item["status"]!["containerStatuses"]![0]!["ready"]!);
        Assert.True(Guid.TryParse((string)item["metadata"]!["uid"]!, out _));
        item["metadata"]!["name"] = "changed by the caller";

        await using IAsyncEnumerator<CatalogChange> changes = pod.Runtime.WatchAsync("pods", first.ResourceVersion, Cancel).GetAsyncEnumerator(Cancel);
        await using TestClient client = pod.Attach(stdin: true);
        await client.TypeAsync("\n");

        Assert.True(await changes.MoveNextAsync());
        Assert.Equal("MODIFIED", changes.Current.Type);
        Assert.Equal("p", (string)changes.Current.Item["metadata"]!["name"]!);
        Assert.NotNull(changes.Current.Item["status"]!["containerStatuses"]![0]!["state"]!["terminated"]);
        await using IAsyncEnumerator<CatalogChange> all = pod.Runtime.WatchAsync("pods", 0, Cancel).GetAsyncEnumerator(Cancel);
        Assert.True(await all.MoveNextAsync());
        Assert.Equal("ADDED", all.Current.Type);
    }

    [Fact]
    public async Task The_demo_pod_runs()
    {
        await using ProcessRuntime runtime = ProcessRuntime.Start(DemoPods.Create(), OnePod.Quick);
        FoundPod demo = (await runtime.FindAsync("default", "demo", Cancel))!;
        IMainProcess shell = await MainAsync("shell"), web = await MainAsync("web");
        Assert.Null(await runtime.FindAsync(demo, "nope", Cancel));
        Assert.Null(await runtime.FindAsync("other", "demo", Cancel));
        Assert.True(shell.HasTerminal);
        await using TestClient attached = new(new RemoteCommandRequest { Stdin = true, Stdout = true, Tty = true }, shell.AttachAsync);
        await attached.TypeAsync("echo sum=$((1+1))\n");
        await attached.SeeAsync("sum=2");
        await using TestClient other = new(new RemoteCommandRequest { Stdout = true, Stderr = true }, web.AttachAsync);
        await other.SeeAsync("line ");

        async Task<IMainProcess> MainAsync(string container) =>
            (await (await runtime.FindAsync(demo, container, Cancel))!.FindMainProcessAsync(Cancel))!;
    }
}
