using System.Security.Cryptography;
using Fairlead.Containerd;

namespace Fairlead.InteropTests.Handover;

/// <summary>Sessions of a node that is restarted as a service is: the commands live in containerd's shims, and their bytes with the keeper.</summary>
public sealed class RestartedSessionTests(NodeFixture fixture) : IClassFixture<NodeFixture>
{
    const int Kill = 9;

    static readonly ExecOptions s_resumed = new() { Stdin = true, Resume = Timeout.InfiniteTimeSpan };

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task Bytes_both_ways_go_on_where_they_were_and_the_command_was_started_once()
    {
        using NodeService service = Service();
        RunningProcess node = await ServeAsync(service);
        try
        {
            const long Length = 24 << 20;
            string starts = NewPath();
            using StreamingClient client = service.Connect();
            await using RemoteProcess run = await client.ExecAsync(fixture.PodReference, ["sh", "-c", $"echo started >> {starts}; exec cat"], s_resumed, Ct);
            using RandomByteStream sent = new(Length, seed: 31);
            Task sending = SendAsync(sent, run);
            long next = Length / 4;
            string received = await HashAsync(run, async at =>
            {
                if (at < next || at >= Length) return;
                next += Length / 4;
                node = await RestartAsync(service, node);
            });
            Assert.Equal(0, (await run.WaitForExitAsync(Ct)).Code);
            await sending;
            Assert.Equal(sent.Sha256, received);
            Assert.Equal("started\n", await ReadAsync(starts));
            Assert.Empty(service.Keeper.Kept);
        }
        finally
        {
            await node.DisposeAsync();
        }
    }

    [Theory(Timeout = 120_000)]
    [InlineData(10), InlineData(100_000)]
    public async Task A_command_that_ends_while_no_node_runs_leaves_its_bytes_and_its_code(int unread)
    {
        using NodeService service = Service();
        RunningProcess node = await ServeAsync(service);
        try
        {
            string go = NewPath(), written = NewPath();
            using StreamingClient client = service.Connect();
            await using RemoteProcess run = await client.ExecAsync(
                fixture.PodReference,
                ["sh", "-c", $"echo begun; while ! test -e {go}; do sleep 0.05; done; head -c {unread} /dev/urandom > {written}; cat {written}; exit 7"],
                s_resumed with { Stdin = false }, Ct);
            byte[] begun = new byte[6];
            await run.StandardOutput.AsStream().ReadExactlyAsync(begun, Ct);
            Assert.Equal("begun\n"u8, begun);

            Assert.Equal(0, await node.TerminateAsync(Ct));
            Assert.Equal(2, service.Keeper.Kept.Count);
            await File.WriteAllTextAsync(InContainer(go), "", Ct);
            await Eventually.HoldsAsync(() => new FileInfo(InContainer(written)) is { Exists: true } file && file.Length == unread, "it has written", cancellationToken: Ct);
            if (unread < 65536)
                await Eventually.HoldsAsync(() => !fixture.Pod.CommandLines().Any(line => line.Contains(go, StringComparison.Ordinal)), "it has ended", cancellationToken: Ct);
            node = await ServeAsync(service);

            using MemoryStream rest = new();
            await run.StandardOutput.AsStream().CopyToAsync(rest, Ct);
            Assert.Equal(await File.ReadAllBytesAsync(InContainer(written), Ct), rest.ToArray());
            Assert.Equal(7, (await run.WaitForExitAsync(Ct)).Code);
            Assert.Empty(service.Keeper.Kept);
        }
        finally
        {
            await node.DisposeAsync();
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task What_a_node_that_was_killed_could_not_save_is_told_as_lost()
    {
        using NodeService service = Service();
        RunningProcess node = await ServeAsync(service);
        try
        {
            using StreamingClient client = service.Connect();
            await using RemoteProcess run = await client.ExecAsync(fixture.PodReference, ["sh", "-c", "echo begun; sleep 7771; true"], s_resumed, Ct);
            await run.StandardOutput.AsStream().ReadExactlyAsync(new byte[6], Ct);
            node = await RestartAsync(service, node); // so that it is one that was saved before, too
            await Eventually.HoldsAsync(() => service.Keeper.Kept.Count == 0, "the session was taken from what was saved", cancellationToken: Ct);
            Assert.True(node.Signal(Kill));
            await node.WaitForExitAsync(Ct);
            node = await ServeAsync(service);
            IOException lost = await Assert.ThrowsAnyAsync<IOException>(() => run.WaitForExitAsync(Ct).AsTask());
            Assert.Contains("before this one was started: how its command ended is not known", lost.ToString(), StringComparison.Ordinal);
            await Eventually.HoldsAsync(() => !Runs("7771"), "the command that is nobody's any more is ended", cancellationToken: Ct);
        }
        finally
        {
            await node.DisposeAsync();
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task What_does_not_belong_together_is_removed_and_told()
    {
        using NodeService service = Service();
        RunningProcess node = await ServeAsync(service);
        try
        {
            using StreamingClient client = service.Connect();
            await using RemoteProcess run = await client.ExecAsync(fixture.PodReference, ["sh", "-c", "echo begun; sleep 7772; true"], s_resumed, Ct);
            await run.StandardOutput.AsStream().ReadExactlyAsync(new byte[6], Ct);
            Assert.Equal(0, await node.TerminateAsync(Ct));
            string file = Assert.Single(Files());
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
            service.Keeper.Drop(Assert.Single(service.Keeper.Kept, static name => name.EndsWith("-stdout", StringComparison.Ordinal)));
            service.Keeper.Keep("fairlead-session-stray-stdout", File.OpenHandle("/dev/null"));
            node = await ServeAsync(service);

            await Assert.ThrowsAnyAsync<IOException>(() => run.WaitForExitAsync(Ct).AsTask());
            await node.Stderr.ContainsAsync($"The saved session {Path.GetFileName(file)} is lost", Ct);
            await node.Stderr.ContainsAsync("The kept descriptor fairlead-session-stray-stdout belongs to no saved session", Ct);
            await Eventually.HoldsAsync(() => !Runs("7772"), "the command is ended", cancellationToken: Ct);
            await Eventually.HoldsAsync(() => service.Keeper.Kept.Count == 0, "nothing is kept", cancellationToken: Ct);
            Assert.Empty(Files());
        }
        finally
        {
            await node.DisposeAsync();
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task A_client_whose_time_is_over_when_the_next_process_begins_is_a_lost_one()
    {
        using NodeService service = Service();
        RunningProcess node = await ServeAsync(service);
        try
        {
            using StreamingClient client = service.Connect();
            await using RemoteProcess run = await client.ExecAsync(
                fixture.PodReference, ["sh", "-c", "echo begun; sleep 7773; true"], s_resumed with { Resume = TimeSpan.FromSeconds(1) }, Ct);
            await run.StandardOutput.AsStream().ReadExactlyAsync(new byte[6], Ct);
            Assert.Equal(0, await node.TerminateAsync(Ct));
            Assert.True(Runs("7773"));
            await Assert.ThrowsAnyAsync<IOException>(() => run.WaitForExitAsync(Ct).AsTask()); // the second is over
            node = await ServeAsync(service);
            await Eventually.HoldsAsync(() => !Runs("7773"), "the policy for lost clients was applied", cancellationToken: Ct);
            await Eventually.HoldsAsync(() => service.Keeper.Kept.Count == 0, "nothing is kept", cancellationToken: Ct);
        }
        finally
        {
            await node.DisposeAsync();
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task A_terminal_goes_on_with_its_size_and_what_was_typed_meanwhile()
    {
        using NodeService service = Service();
        RunningProcess node = await ServeAsync(service);
        try
        {
            using StreamingClient client = service.Connect();
            await using RemoteProcess run = await client.ExecAsync(
                fixture.PodReference, ["sh", "-c", "stty -echo; echo ready; while read line; do echo \"$line $(stty size)\"; done; echo over; exit 3"],
                s_resumed with { Tty = true }, Ct);
            using StreamReader output = new(run.StandardOutput.AsStream());
            Assert.Equal("ready", await output.ReadLineAsync(Ct));
            await run.ResizeAsync(new(101, 33), Ct);
            node = await RestartAsync(service, node);
            await UntilAsync("33 101");
            Assert.Equal(0, await node.TerminateAsync(Ct));
            await run.StandardInput.WriteAsync("two\n"u8.ToArray(), Ct);
            await run.ResizeAsync(new(102, 34), Ct);
            node = await ServeAsync(service);
            Assert.Matches("^two (33 101|34 102)$", await output.ReadLineAsync(Ct)); // sizes and keys have an order each
            await UntilAsync("34 102");
            await run.StandardInput.CompleteAsync();
            Assert.Equal("over", await output.ReadLineAsync(Ct));
            Assert.Equal(3, (await run.WaitForExitAsync(Ct)).Code);

            Task UntilAsync(string size) => Eventually.HoldsAsync(async () =>
            {
                await run.StandardInput.WriteAsync("typed\n"u8.ToArray(), Ct);
                return await output.ReadLineAsync(Ct) == $"typed {size}";
            }, "the size that was told came too", cancellationToken: Ct);
        }
        finally
        {
            await node.DisposeAsync();
        }
    }

    [Fact(Timeout = 1_200_000)]
    public async Task Many_sessions_outlive_many_restarts()
    {
        (int sessions, int restarts) = Repository.IsFull ? (50, 20) : (8, 4);
        using NodeService service = Service();
        RunningProcess node = await ServeAsync(service);
        string starts = NewPath();
        using StreamingClient client = service.Connect();
        List<Task> running = [];
        TaskCompletionSource[] rounds = [.. Enumerable.Range(0, restarts + 1).Select(static _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously))];
        try
        {
            CountdownEvent[] begun = [.. rounds.Select(_ => new CountdownEvent(sessions))];
            for (int i = 0; i < sessions; i++) running.Add(RunAsync(i));
            for (int round = 0; round < restarts; round++)
            {
                rounds[round].SetResult();
                int at = round;
                await Eventually.HoldsAsync(() => begun[at].IsSet || running.Any(static run => run.IsFaulted), "every session has sent something", TimeSpan.FromMinutes(2), Ct);
                if (running.FirstOrDefault(static run => run.IsFaulted) is { } failed) await failed;
                node = await RestartAsync(service, node);
            }

            rounds[restarts].SetResult();
            await Task.WhenAll(running);
            Assert.Equal(string.Concat(Enumerable.Repeat("started\n", sessions)), await ReadAsync(starts));
            Assert.Empty(service.Keeper.Kept);
            Assert.Empty(Files());

            async Task RunAsync(int number)
            {
                await using RemoteProcess run = await client.ExecAsync(fixture.PodReference, ["sh", "-c", $"echo started >> {starts}; exec cat"], s_resumed, Ct);
                using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
                Task<string> receiving = HashAsync(run, static _ => ValueTask.CompletedTask);
                Random random = new(number);
                for (int round = 0; round <= restarts; round++)
                {
                    await rounds[round].Task.WaitAsync(Ct);
                    byte[] bytes = new byte[random.Next(1, 400_000)];
                    random.NextBytes(bytes);
                    hash.AppendData(bytes);
                    int half = bytes.Length / 2;
                    await run.StandardInput.WriteAsync(bytes.AsMemory(0, half), Ct);
                    begun[round].Signal(); // the other half goes into the restart
                    await run.StandardInput.WriteAsync(bytes.AsMemory(half), Ct);
                }

                await run.StandardInput.CompleteAsync();
                Assert.Equal(Convert.ToHexStringLower(hash.GetHashAndReset()), await receiving);
                Assert.Equal(0, (await run.WaitForExitAsync(Ct)).Code);
            }
        }
        finally
        {
            await node.DisposeAsync();
        }
    }

    static async Task<RunningProcess> ServeAsync(NodeService service)
    {
        RunningProcess node = service.Start();
        Assert.Equal(node.Id, await service.ServesAsync(Ct));
        return node;
    }

    static async Task<RunningProcess> RestartAsync(NodeService service, RunningProcess node)
    {
        int code = await node.TerminateAsync(Ct);
        Assert.True(code == 0, $"code {code}: {node.Stderr.Text}");
        return await ServeAsync(service);
    }

    static async Task SendAsync(RandomByteStream bytes, RemoteProcess run)
    {
        await bytes.CopyToAsync(run.StandardInput.AsStream(leaveOpen: true), 1 << 16, Ct);
        await run.StandardInput.CompleteAsync();
    }

    static async Task<string> HashAsync(RemoteProcess run, Func<long, ValueTask> passed)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Stream output = run.StandardOutput.AsStream();
        byte[] buffer = new byte[1 << 16];
        long at = 0;
        while (await output.ReadAsync(buffer, Ct) is > 0 and var count)
        {
            hash.AppendData(buffer, 0, count);
            at += count;
            await passed(at);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    async Task<string> ReadAsync(string path) => await File.ReadAllTextAsync(InContainer(path), Ct);

    static string NewPath() => "/tmp/" + Guid.NewGuid().ToString("N");

    /// <summary>A file of the container's, seen from here.</summary>
    string InContainer(string path) => fixture.Pod.PathOf(path);

    bool Runs(string word) => fixture.Pod.CommandLines().Any(line => line.Contains(word, StringComparison.Ordinal));

    string[] Files() => [.. Directory.EnumerateDirectories(fixture.StateFolder, "sessions-*").SelectMany(Directory.EnumerateFiles)];

    NodeService Service()
    {
        _ = fixture.Kubeconfig(StreamThrough.Native); // skips where there is no containerd
        return new NodeService("unix://" + fixture.Containerd.Socket, fixture.StateFolder, room: 1000);
    }
}
