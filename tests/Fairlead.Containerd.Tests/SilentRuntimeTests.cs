using Fairlead.Node;
using Fairlead.Server;
using Fairlead.Testing;
using Fairlead.Testing.Containerd;
using Google.Protobuf;
using Grpc.Core;

namespace Fairlead.Containerd.Tests;

/// <summary>A node whose runtime takes calls and does not answer them, or fails them.</summary>
public sealed class SilentRuntimeTests : IAsyncLifetime
{
    /// <summary>Long enough for what goes well on a busy machine.</summary>
    static readonly TimeSpan s_limit = TimeSpan.FromSeconds(2);

    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fl-silent-");
    readonly LogRecorder _log = new();
    ScriptedCri _cri = null!;
    NodeServer _node = null!;
    StreamingClient _client = null!;

    static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    static PodReference Pod => new(ScriptedPod.Name, ScriptedPod.Namespace, ScriptedPod.Container);

    string State => Path.Combine(_folder.FullName, "state");

    public async ValueTask InitializeAsync()
    {
        string socket = Path.Combine(_folder.FullName, "cri.sock"), kubeconfig = Path.Combine(_folder.FullName, "kubeconfig");
        _cri = await ScriptedCri.StartAsync(socket, Cancelled);
        ScriptedPod.Teach(_cri);
        _node = await NodeServer.StartAsync(new NodeOptions
        {
            Cri = UnixSocketAddress.Parse(socket),
            Users = [NodeServer.CreateAdministrator()],
            Runtime = new CriRuntimeOptions { StreamThrough = StreamThrough.Native, StateFolder = State, CallTimeout = s_limit, StartTimeout = s_limit * 2 },
            Logging = _log,
        }, Cancelled);
        await _node.WriteKubeconfigAsync(kubeconfig, Cancelled);
        _client = StreamingClient.FromKubeconfig(kubeconfig);
    }

    [Fact(Timeout = 60_000)]
    [Trait("Case", "C23")]
    public async Task Lists_and_look_ups_are_told_that_it_is_away()
    {
        ScriptedPod.Silence(_cri, ScriptedPod.Cri + "ListPodSandbox");
        CriRuntime runtime = _node.Runtime;
        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => AwayAsync(async () => await runtime.ListAsync("pods", Cancelled))));
        await AwayAsync(async () => await runtime.FindAsync(ScriptedPod.Namespace, ScriptedPod.Name, Cancelled));
        await AwayAsync(async () =>
        {
            await foreach (CatalogChange change in runtime.WatchAsync("pods", 0, Cancelled)) Assert.Fail(change.Type);
        });
        await Assert.ThrowsAsync<ForwardResetException>(async () => await runtime.ConnectAsync(ScriptedPod.Namespace, ScriptedPod.Name, 80, Cancelled));
        UpgradeException refused = await Assert.ThrowsAsync<UpgradeException>(async () => await _client.ExecAsync(Pod, ["true"], new(), Cancelled));
        Assert.Equal(503, (int)refused.StatusCode);
    }

    static async Task AwayAsync(Func<Task> asking) =>
        Assert.Contains("does not answer", (await Assert.ThrowsAsync<RuntimeUnavailableException>(asking)).Message, StringComparison.Ordinal);

    [Theory(Timeout = 60_000)]
    [InlineData("Exec")]
    [InlineData("Start")]
    [Trait("Case", "C23")]
    public async Task A_command_whose_start_hangs_is_given_up_and_tidied_up_when_the_runtime_is_back(string call)
    {
        if (call == "Start") ScriptedPod.Answer(_cri, ScriptedPod.Tasks + "Exec", new Google.Protobuf.WellKnownTypes.Empty());
        ScriptedPod.Silence(_cri, ScriptedPod.Tasks + call);
        ScriptedPod.Silence(_cri, ScriptedPod.Tasks + "Get");
        Assert.Contains("does not answer", await RunAsync(), StringComparison.Ordinal);
        Assert.Equal(1, Folders()); // as long as nobody knows what became of it

        ScriptedPod.Refuse(_cri, ScriptedPod.Tasks + "Get", StatusCode.NotFound, "not found");
        await Eventually.HoldsAsync(() => Folders() == 0, "the command's folder is gone", cancellationToken: Cancelled);
    }

    /// <summary>A start that was given up can still be under way in the shim: then containerd neither deletes the command nor knows a process to kill.</summary>
    [Fact(Timeout = 60_000)]
    [Trait("Case", "C24")]
    public async Task A_start_that_goes_on_after_it_was_given_up_is_ended_when_it_is_done()
    {
        ScriptedPod.Answer(_cri, ScriptedPod.Tasks + "Exec", new Google.Protobuf.WellKnownTypes.Empty());
        ScriptedPod.Silence(_cri, ScriptedPod.Tasks + "Start");
        ScriptedPod.Answer(_cri, ScriptedPod.Tasks + "Get", new Containerd.Tasks.GetResponse { Process = new() { Status = Containerd.Tasks.ProcessStatus.Created } });
        ScriptedPod.Refuse(_cri, ScriptedPod.Tasks + "DeleteProcess", StatusCode.FailedPrecondition, "cannot delete a process that is being started");
        Assert.Contains("does not answer", await RunAsync(), StringComparison.Ordinal);

        ScriptedPod.Answer(_cri, ScriptedPod.Tasks + "DeleteProcess", new Containerd.Tasks.DeleteResponse());
        await Eventually.HoldsAsync(() => Folders() == 0, "the command's folder is gone", cancellationToken: Cancelled);
    }

    /// <summary>A thousand starts at once keep containerd busy for longer than a call that only asks may take.</summary>
    [Fact(Timeout = 60_000)]
    [Trait("Case", "C6")]
    public async Task A_start_may_take_longer_than_another_call()
    {
        ScriptedPod.Answer(_cri, ScriptedPod.Tasks + "Exec", new Google.Protobuf.WellKnownTypes.Empty());
        ScriptedPod.Answer(_cri, ScriptedPod.Tasks + "Start", new Containerd.Tasks.StartResponse { Pid = uint.MaxValue / 2 }, s_limit * 1.5);
        Assert.Contains("does not know it any more", await RunAsync(), StringComparison.Ordinal);
    }

    /// <summary>With hundreds of starts at once containerd's shim makes one a second.</summary>
    [Fact(Timeout = 60_000)]
    [Trait("Case", "C6")]
    public async Task A_container_is_asked_for_a_few_starts_at_a_time()
    {
        int asked = 0, atOnce = 0, most = 0;
        ScriptedPod.Answer(_cri, ScriptedPod.Tasks + "Exec", new Google.Protobuf.WellKnownTypes.Empty());
        _cri.Calls[ScriptedPod.Tasks + "Start"] = async context =>
        {
            Interlocked.Increment(ref asked);
            int now = Interlocked.Increment(ref atOnce);
            InterlockedMax(ref most, now);
            await Task.Delay(20, context.RequestAborted); // so that others come meanwhile
            Interlocked.Decrement(ref atOnce);
            await ScriptedCri.AnswerAsync(context, new Containerd.Tasks.StartResponse { Pid = uint.MaxValue / 2 }.ToByteArray());
        };
        string[] ended = await Task.WhenAll(Enumerable.Range(0, 5 * Containerd.Tasks.StartTurns.AtOnce).Select(_ => RunAsync()));
        Assert.All(ended, static text => Assert.Contains("does not know it any more", text, StringComparison.Ordinal));
        Assert.Equal(5 * Containerd.Tasks.StartTurns.AtOnce, asked);
        Assert.InRange(most, 2, Containerd.Tasks.StartTurns.AtOnce);

        static void InterlockedMax(ref int place, int value)
        {
            for (int seen = place; value > seen; seen = place) Interlocked.CompareExchange(ref place, value, seen);
        }
    }

    /// <summary>What stands behind a start that hangs is not made to wait for its limit once more each.</summary>
    [Fact(Timeout = 60_000)]
    [Trait("Case", "C23")]
    public async Task Starts_that_wait_for_one_that_hangs_are_given_up_with_it()
    {
        int asked = 0;
        ScriptedPod.Answer(_cri, ScriptedPod.Tasks + "Exec", new Google.Protobuf.WellKnownTypes.Empty());
        ScriptedPod.Silence(_cri, ScriptedPod.Tasks + "Start");
        Microsoft.AspNetCore.Http.RequestDelegate silent = _cri.Calls[ScriptedPod.Tasks + "Start"];
        _cri.Calls[ScriptedPod.Tasks + "Start"] = context =>
        {
            Interlocked.Increment(ref asked);
            return silent(context);
        };
        string[] ended = await Task.WhenAll(Enumerable.Range(0, 5 * Containerd.Tasks.StartTurns.AtOnce).Select(_ => RunAsync()));
        Assert.All(ended, static text => Assert.Contains("does not answer", text, StringComparison.Ordinal));
        Assert.InRange(asked, 1, 2 * Containerd.Tasks.StartTurns.AtOnce); // the first turn, and who came when it was over
    }

    /// <summary>containerd and this side watch the same deadline; where containerd is the first to see its end, it has a status of its own for it.</summary>
    [Fact(Timeout = 60_000)]
    [Trait("Case", "C23")]
    public async Task A_runtime_that_gives_a_start_up_itself_is_told_as_one_that_does_not_answer()
    {
        ScriptedPod.Answer(_cri, ScriptedPod.Tasks + "Exec", new Google.Protobuf.WellKnownTypes.Empty());
        ScriptedPod.Refuse(_cri, ScriptedPod.Tasks + "Start", StatusCode.Unknown, "context deadline exceeded: unknown");
        Assert.Contains("does not answer", await RunAsync(), StringComparison.Ordinal);
    }

    /// <summary>A containerd that was restarted answers before its CRI does, with a code that says nothing.</summary>
    [Fact(Timeout = 60_000)]
    [Trait("Case", "C23")]
    public async Task A_runtime_that_is_still_starting_is_told_as_one_that_does_not_answer()
    {
        ScriptedPod.Refuse(_cri, ScriptedPod.Cri + "ListPodSandbox", StatusCode.Unknown, "server is not initialized yet");
        await AwayAsync(async () => await _node.Runtime.FindAsync(ScriptedPod.Namespace, ScriptedPod.Name, Cancelled));
    }

    [Theory(Timeout = 60_000)]
    [InlineData("Exec")]
    [InlineData("Start")]
    [Trait("Case", "C24")]
    public async Task A_command_that_is_refused_leaves_no_folder(string call)
    {
        if (call == "Start") ScriptedPod.Answer(_cri, ScriptedPod.Tasks + "Exec", new Google.Protobuf.WellKnownTypes.Empty());
        ScriptedPod.Refuse(_cri, ScriptedPod.Tasks + call, StatusCode.FailedPrecondition, "no room");
        Assert.Contains("no room", await RunAsync(), StringComparison.Ordinal);
        await Eventually.HoldsAsync(() => Folders() == 0, "the command's folder is gone", cancellationToken: Cancelled);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("not JSON at all")]
    [InlineData("""{ "process": 7 }""")]
    [Trait("Case", "C24")]
    public async Task A_container_whose_description_makes_no_sense_leaves_no_folder(string specification)
    {
        ScriptedPod.Answer(_cri, "/containerd.services.containers.v1.Containers/Get", new Containerd.Tasks.GetContainerResponse
        {
            Container = new() { Spec = new Google.Protobuf.WellKnownTypes.Any { Value = Google.Protobuf.ByteString.CopyFromUtf8(specification) } },
        });
        await RunAsync();
        Assert.Equal(0, Folders());
    }

    [Fact(Timeout = 60_000)]
    [Trait("Case", "C15")]
    public async Task No_log_line_shows_a_command()
    {
        ScriptedPod.Refuse(_cri, ScriptedPod.Tasks + "Exec", StatusCode.FailedPrecondition, "no room");
        await using (RemoteProcess run = await _client.ExecAsync(Pod, ["login", "--password=s3cret"], new(), Cancelled))
            await Assert.ThrowsAsync<RemoteCommandException>(async () => await run.WaitForExitAsync(Cancelled));
        await Assert.ThrowsAsync<UpgradeException>(async () => await _client.ExecAsync(new PodReference("none", ScriptedPod.Namespace, ScriptedPod.Container), ["login", "--password=s3cret"], new(), Cancelled));

        await Eventually.HoldsAsync(() => _log.Entries.Any(static entry => entry.Text.Contains("ended", StringComparison.Ordinal)), "the session is logged", cancellationToken: Cancelled);
        Assert.DoesNotContain(_log.Entries, static entry => entry.Text.Contains("s3cret", StringComparison.Ordinal) || entry.Text.Contains("command=", StringComparison.Ordinal));
    }

    async Task<string> RunAsync()
    {
        await using RemoteProcess run = await _client.ExecAsync(Pod, ["true"], new() { Stdin = true }, Cancelled);
        return (await Assert.ThrowsAsync<RemoteCommandException>(async () => await run.WaitForExitAsync(Cancelled))).Message;
    }

    int Folders() => Directory.EnumerateDirectories(State, "fairlead-*", SearchOption.AllDirectories).Count();

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _node.DisposeAsync();
        await _cri.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
