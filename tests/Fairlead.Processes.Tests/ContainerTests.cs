using System.Text.Json.Nodes;
using Fairlead.Processes.Native;
using Fairlead.Processes.Tests.Kit;
using Fairlead.Server;
using Fairlead.Streaming.RemoteCommand;

namespace Fairlead.Processes.Tests;

public sealed class ContainerTests
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("Never", "exit 4", "Failed")]
    [InlineData("Never", "exit 0", "Succeeded")]
    [InlineData("OnFailure", "exit 0", "Succeeded")]
    public async Task Ends_for_good(string restart, string script, string phase)
    {
        await using Lab lab = new(script, restart: restart);

        await lab.EndedAsync();

        Assert.Equal(phase, lab.Phase);
        Assert.False(lab.Container.IsRunning);
        Assert.Equal(0, (int)lab.ContainerStatus["restartCount"]!);
        Assert.Equal(script == "exit 4" ? 4 : 0, (int)lab.ContainerStatus["state"]!["terminated"]!["exitCode"]!);
    }

    [Theory]
    [InlineData("Always", "exit 0")]
    [InlineData("OnFailure", "exit 1")]
    public async Task Is_started_again(string restart, string script)
    {
        await using Lab lab = new($"echo run; {script}", restart: restart);

        await Eventually.TrueAsync(() => (int)lab.ContainerStatus["restartCount"]! >= 2);

        Assert.Equal("Running", lab.Phase);
        Assert.Equal("run\n", await lab.LogAsync(new ContainerLogQuery { Previous = true }));
    }

    [Fact]
    public async Task A_command_that_does_not_exist_shows_in_the_status()
    {
        await using Lab lab = new("true", "\"workingDir\": \"/no/such\"");

        await lab.EndedAsync();

        Assert.Contains("/no/such", (string)lab.ContainerStatus["state"]!["terminated"]!["message"]!, StringComparison.Ordinal);
        Assert.Contains("/no/such", await lab.LogAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Execs_beside_the_main_process_and_not_without_it()
    {
        await using Lab lab = new("read x", "\"stdin\": true, \"env\": [{\"name\": \"A\", \"value\": \"b\"}], \"workingDir\": \"/usr\"");
        RemoteCommandRequest request = new() { Command = ["sh", "-c", "echo $A; pwd"], Stdout = true };
        await using (TestClient client = new(request, lab.Container.ExecAsync))
        {
            await client.Status;
            Assert.Equal("b\n/usr\n", await client.StandardOutput);
        }

        await using TestClient attached = lab.Attach(stdin: true);
        await attached.TypeAsync("\n");
        await attached.Status;
        await lab.EndedAsync();
        await using TestClient late = new(request, lab.Container.ExecAsync);
        Assert.Contains("not running", (await late.Status).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Disposing_ends_whole_trees()
    {
        Lab lab = new("env -i setsid sleep 987 & echo $!; echo $$$$; trap '' TERM; while :; do sleep 0.05; done");
        string[] pids = [];
        await Eventually.TrueAsync(() => (pids = lab.LogAsync().Result.Split('\n', StringSplitOptions.RemoveEmptyEntries)).Length == 2);

        await lab.DisposeAsync();

        Assert.All(pids, pid => Assert.True(ProcessStat.Read(int.Parse(pid, System.Globalization.CultureInfo.InvariantCulture)) is null or { IsDead: true }));
    }

    [Fact]
    public async Task Log_queries_pick_their_part()
    {
        await using Lab lab = new("echo one; printf 'tw'; echo err >&2; sleep 0.2; echo o; echo three; printf four");
        await lab.EndedAsync();

        Assert.Equal(["err", "four", "one", "three", "two"], (await lab.LogAsync()).Split('\n').Order());
        Assert.EndsWith("four", await lab.LogAsync(new ContainerLogQuery { TailLines = 1 }), StringComparison.Ordinal);
        Assert.Equal(2, (await lab.LogAsync(new ContainerLogQuery { TailLines = 2 })).Split('\n').Length);
        Assert.Equal("", await lab.LogAsync(new ContainerLogQuery { TailLines = 0 }));
        Assert.Equal(5, (await lab.LogAsync(new ContainerLogQuery { LimitBytes = 5 })).Length);
        Assert.Equal("", await lab.LogAsync(new ContainerLogQuery { Since = DateTimeOffset.UtcNow.AddHours(1) }));
        string stamped = await lab.LogAsync(new ContainerLogQuery { Timestamps = true });
        Assert.All(stamped.Split('\n'), line => Assert.Matches("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.[0-9]{9}Z (one|two|err|three|four)$", line));
        await Assert.ThrowsAsync<InvalidOperationException>(() => lab.LogAsync(new ContainerLogQuery { Previous = true }));
    }

    [Fact]
    public async Task A_followed_log_goes_to_the_end_of_the_run_and_keeps_the_newest()
    {
        await using Lab lab = new("i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i+1)); done", options: Lab.Quick with { LogSize = 20_000 });

        string followed = await lab.LogAsync(new ContainerLogQuery { Follow = true });
        await lab.EndedAsync();
        string kept = await lab.LogAsync();

        Assert.EndsWith("line 2999\n", followed, StringComparison.Ordinal);
        Assert.EndsWith("line 2999\n", kept, StringComparison.Ordinal);
        Assert.InRange(kept.Length, 1, 20_000);
    }

    [Fact]
    public async Task The_catalog_fills_in_what_an_api_server_would_and_tells_changes()
    {
        await using Lab lab = new("read x", "\"stdin\": true");
        CatalogSnapshot first = lab.Runtime.List("pods");
        JsonObject pod = first.Items[0];
        Assert.Equal("default", (string)pod["metadata"]!["namespace"]!);
        Assert.Equal("127.0.0.1", (string)pod["status"]!["podIP"]!);
        Assert.StartsWith("process://", (string)pod["status"]!["containerStatuses"]![0]!["containerID"]!, StringComparison.Ordinal);
        Assert.True((bool)pod["status"]!["containerStatuses"]![0]!["ready"]!);
        Assert.True(Guid.TryParse((string)pod["metadata"]!["uid"]!, out _));
        pod["metadata"]!["name"] = "changed by the caller";

        await using IAsyncEnumerator<CatalogChange> changes = lab.Runtime.WatchAsync("pods", first.ResourceVersion, Cancel).GetAsyncEnumerator(Cancel);
        await using TestClient client = lab.Attach(stdin: true);
        await client.TypeAsync("\n");

        Assert.True(await changes.MoveNextAsync());
        Assert.Equal("MODIFIED", changes.Current.Type);
        Assert.Equal("p", (string)changes.Current.Item["metadata"]!["name"]!);
        Assert.NotNull(changes.Current.Item["status"]!["containerStatuses"]![0]!["state"]!["terminated"]);
        await using IAsyncEnumerator<CatalogChange> all = lab.Runtime.WatchAsync("pods", 0, Cancel).GetAsyncEnumerator(Cancel);
        Assert.True(await all.MoveNextAsync());
        Assert.Equal("ADDED", all.Current.Type);
    }

    [Fact]
    public async Task The_demo_pod_runs()
    {
        await using ProcessRuntime runtime = ProcessRuntime.Start(DemoPods.Create(), Lab.Quick);
        IContainer shell = (await runtime.FindAsync(new("default", "demo", "shell"), Cancel))!, web = (await runtime.FindAsync(new("default", "demo", "web"), Cancel))!;
        Assert.Null(await runtime.FindAsync(new("default", "demo", "nope"), Cancel));
        Assert.Null(await runtime.FindAsync(new("other", "demo", "web"), Cancel));
        Assert.True(shell.HasTerminal);
        await using TestClient attached = new(new RemoteCommandRequest { Stdin = true, Stdout = true, Tty = true }, shell.AttachAsync);
        await attached.TypeAsync("echo sum=$((1+1))\n");
        await attached.SeeAsync("sum=2");
        await using TestClient other = new(new RemoteCommandRequest { Stdout = true, Stderr = true }, web.AttachAsync);
        await other.SeeAsync("line ");
    }
}
