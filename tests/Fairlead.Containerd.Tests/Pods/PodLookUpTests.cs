using System.Net.Sockets;
using Fairlead.Containerd.Cri;
using Fairlead.Server;
using Fairlead.Testing;

namespace Fairlead.Containerd.Tests.Pods;

/// <summary>What a node asks its runtime for one request: one pod, however many there are, and nothing twice.</summary>
[Trait("Case", "C17")]
public sealed class PodLookUpTests : IAsyncLifetime
{
    const string Path = "/api/v1/namespaces/default/pods/web-0";

    static readonly string[] s_lists = ["ListPodSandbox", "ListContainers"];
    static readonly string[] s_listsAndDetail = [.. s_lists, "ContainerStatus"];

    LookedUpNode _node = null!;

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    static PodReference Web => new("web-0", ScriptedPod.Namespace, "main");

    ScriptedPods Pods => _node.Pods;

    public async ValueTask InitializeAsync() => _node = await LookedUpNode.StartAsync(Ct);

    [Fact]
    public async Task An_exec_asks_for_one_pod_in_two_calls()
    {
        AddWeb();
        await _node.ExecAsync(Web, Ct);
        Assert.Equal(s_lists, _node.AskedBefore);
        Assert.Equal(1, Pods.MostListed);
        Assert.Equal(["c1"], _node.Started);
    }

    [Theory]
    [InlineData("/exec/default/web-0/main?command=true&output=1")]
    [InlineData("/exec/default/web-0/u1/main?command=true&output=1")]
    public async Task So_does_an_exec_at_a_kubelets_path(string path)
    {
        AddWeb();
        await _node.StreamAsync(path, Ct);
        Assert.Equal(s_lists, _node.AskedBefore);
        Assert.Equal(1, Pods.MostListed);
        Assert.Equal(["c1"], _node.Started);
    }

    /// <summary>Whether there is a terminal is not in the lists; only the one container is asked after.</summary>
    [Theory]
    [InlineData("/attach/default/web-0/main?output=1")]
    [InlineData("/attach/default/web-0/u1/main?output=1")]
    [InlineData(Path + "/attach?stdout=1")]
    public async Task An_attach_asks_for_one_detail_more(string path)
    {
        AddWeb();
        await _node.StreamAsync(path, Ct);
        Assert.Equal(s_listsAndDetail, _node.AskedBefore);
        Assert.Equal(1, Pods.MostListed);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_log_asks_for_one_pod_and_one_detail(bool follow)
    {
        PodSandbox pod = AddWeb();
        string file = System.IO.Path.Combine(_node.Folder, "0.log");
        await File.WriteAllTextAsync(file, "2026-01-01T00:00:00.0Z stdout F a line\n", Ct);
        Pods.Add(pod, "done", "c2", ContainerState.ContainerExited);
        Pods.Details["c2"] = detail => detail.Status.LogPath = file;
        (int code, string text) = await _node.GetAsync(Path + $"/log?container=done&follow={follow}", Ct);
        Assert.Equal((200, "a line\n"), (code, text));
        Assert.Equal(s_listsAndDetail, Pods.Asked.Take(3));
        Assert.Equal(1, Pods.MostListed);
    }

    [Fact]
    public async Task A_forward_asks_for_one_pod_and_each_connection_for_its_sandbox()
    {
        using LoopbackListener listener = new();
        AddWeb();
        await using (ForwardedStream connection = await _node.Client.ConnectAsync(Web, listener.Port, cancellationToken: Ct))
        using (Socket pod = await listener.AcceptAsync(Ct))
        {
            Assert.Equal([.. s_lists, "ListPodSandbox", "PodSandboxStatus"], Pods.Asked);
        }

        Assert.Equal(1, Pods.MostListed);
    }

    /// <summary>Held until the last has asked: were they one after the other, the second would never be seen.</summary>
    [Fact]
    public async Task A_hundred_execs_look_up_their_pods_at_the_same_time()
    {
        const int count = 100;
        AddWeb();
        using Gate gate = new(s_lists, count);
        Pods.Hold = gate.PassAsync;
        Task execs = Task.WhenAll(Enumerable.Range(0, count).Select(_ => _node.ExecAsync(Web, Ct)));
        foreach (string call in s_lists) await gate.OpenedAsync(call);
        await execs;
        Assert.Equal(2 * count, Pods.Asked.Count);
        Assert.Equal(count, _node.Started.Count);
        Assert.Equal(1, Pods.MostListed);
    }

    /// <summary>kubectl gets the pod before it asks for a command. What one read tells is told to all who asked before it began.</summary>
    [Fact]
    public async Task A_hundred_who_list_at_once_share_their_reads()
    {
        AddWeb();
        TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Pods.Hold = _ => asked.Task;
        Task<CatalogSnapshot>[] lists = [.. Enumerable.Range(0, 100).Select(_ => _node.Runtime.ListAsync("pods", Ct).AsTask())];
        asked.SetResult();
        Assert.All(await Task.WhenAll(lists), static list => Assert.Equal(21, list.Items.Count));
        Assert.InRange(Pods.Asked.Count(static call => call == "ListPodSandbox"), 1, 2);
    }

    [Fact]
    public async Task Who_leaves_takes_nothing_from_those_who_wait_for_the_same_read()
    {
        AddWeb();
        TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Pods.Hold = _ => asked.Task;
        using CancellationTokenSource leaves = new();
        Task<CatalogSnapshot> left = _node.Runtime.ListAsync("pods", leaves.Token).AsTask();
        Task<CatalogSnapshot> stays = _node.Runtime.ListAsync("pods", Ct).AsTask();
        await leaves.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left.WaitAsync(Eventually.Patience, Ct));
        asked.SetResult();
        Assert.Equal(21, (await stays.WaitAsync(Eventually.Patience, Ct)).Items.Count);
    }

    /// <summary>A client that goes is no fault of the runtime's, and none of ours.</summary>
    [Fact]
    public async Task Who_leaves_during_a_look_up_is_told_as_that()
    {
        using CancellationTokenSource leaves = new();
        TaskCompletionSource never = new();
        Pods.Hold = async _ =>
        {
            await leaves.CancelAsync();
            await never.Task;
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await _node.Runtime.FindAsync(ScriptedPod.Namespace, "web-0", leaves.Token));
        never.SetCanceled(Ct);
    }

    [Fact]
    public async Task Of_several_sandboxes_the_ready_one_counts()
    {
        Pods.Add(Pods.Add("web-0", "u0", "older", isReady: false, created: 1), "main", "c-older", ContainerState.ContainerExited);
        Pods.Add(Pods.Add("web-0", "u1", "dead", isReady: false, created: 9), "main", "c-dead", ContainerState.ContainerExited, attempt: 1);
        Pods.Add(Pods.Add("web-0", "u1", "ready", created: 5), "main", "c1", attempt: 2);
        await _node.ExecAsync(Web, Ct);
        await _node.StreamAsync("/exec/default/web-0/u1/main?command=true&output=1", Ct);
        Assert.Equal(["c1", "c1"], _node.Started);
        Assert.Equal(s_lists, _node.AskedBefore);
        Assert.Equal(404, (await _node.GetAsync("/exec/default/web-0/u0/main?command=true&output=1", Ct)).Code);
    }

    /// <summary>Its sandbox was made anew, and the container of the old one has not been started in it yet.</summary>
    [Fact]
    public async Task A_container_that_an_older_sandbox_of_the_pod_holds_is_found()
    {
        PodSandbox dead = Pods.Add("web-0", "u1", "dead", isReady: false), ready = Pods.Add("web-0", "u1", "ready", created: 2);
        Pods.Add(dead, "main", "c-dead", ContainerState.ContainerExited);
        Pods.Add(ready, "side", "c1");
        await RefusedAsync(Path + "/exec?container=main&command=x&stdout=1", 400, "container \"main\" in pod \"web-0\" is not running");
        Assert.Equal(1, Pods.MostListed - 1); // its two sandboxes, and nobody else's
    }

    /// <summary>Who makes pods by the CRI itself gives them no labels that a runtime could look for.</summary>
    [Fact]
    public async Task A_pod_without_labels_is_found_all_the_same()
    {
        Pods.Add(Pods.Add("web-0", "u1", "p1", isLabelled: false), "main", "c1");
        await _node.ExecAsync(Web, Ct);
        Assert.Equal(["c1"], _node.Started);
    }

    [Theory]
    [InlineData("/api/v1/namespaces/default/pods/none/exec?command=x&stdout=1", 404, "pods \"none\" not found")]
    [InlineData("/api/v1/namespaces/other/pods/web-0/exec?command=x&stdout=1", 404, "pods \"web-0\" not found")]
    [InlineData("/api/v1/namespaces/default/pods/none/attach?stdout=1", 404, "pods \"none\" not found")]
    [InlineData("/api/v1/namespaces/default/pods/none/portforward?ports=80", 404, "pods \"none\" not found")]
    [InlineData("/api/v1/namespaces/default/pods/none/log", 404, "pods \"none\" not found")]
    [InlineData("/exec/default/none/main?command=x&output=1", 404, "pod does not exist")]
    [InlineData("/exec/default/web-0/u2/main?command=x&output=1", 404, "pod does not exist")]
    [InlineData("/attach/default/web-0/u2/main?output=1", 404, "pod does not exist")]
    [InlineData("/portForward/default/web-0/u2", 404, "pod does not exist")]
    [InlineData(Path + "/exec?container=c&command=x&stdout=1", 400, "container c is not valid for pod web-0")]
    [InlineData(Path + "/log?container=c", 400, "container c is not valid for pod web-0")]
    [InlineData("/exec/default/web-0/c?command=x&output=1", 500, "container not found (\"c\")")]
    [InlineData("/attach/default/web-0/u1/c?output=1", 500, "container not found (\"c\")")]
    [InlineData(Path + "/exec?command=x&stdout=1", 400, "choose one of: [main old]")]
    [InlineData(Path + "/exec?container=old&command=x&stdout=1", 400, "container \"old\" in pod \"web-0\" is not running")]
    [InlineData(Path + "/attach?container=old&stdout=1", 400, "container \"old\" in pod \"web-0\" is not running")]
    [InlineData("/exec/default/web-0/old?command=x&output=1", 500, "container \"old\" is not running")]
    [InlineData(Path + "/log?container=main&previous=true", 400, "previous terminated container \"main\" in pod \"web-0\" not found")]
    public async Task What_is_not_there_is_refused_after_two_calls(string path, int code, string text)
    {
        Pods.Add(AddWeb(), "old", "c2", ContainerState.ContainerExited);
        await RefusedAsync(path, code, text);
        Assert.InRange(Pods.Asked.Count, 1, 2);
    }

    [Theory]
    [InlineData(0, "Succeeded")]
    [InlineData(3, "Failed")]
    public async Task A_forward_to_a_pod_that_has_ended_is_told_how(int exitCode, string phase)
    {
        Pods.Add(Pods.Add("web-0", "u1", "p1", isReady: false), "main", "c1", ContainerState.ContainerExited);
        Pods.Details["c1"] = detail => detail.Status.ExitCode = exitCode;
        await RefusedAsync(Path + "/portforward?ports=80", 400, $"pod web-0 is not running: its phase is {phase}");
    }

    [Fact]
    public async Task A_container_that_waits_to_be_started_has_no_log_yet()
    {
        Pods.Add(Pods.Add("web-0", "u1", "p1"), "main", "c1", ContainerState.ContainerCreated);
        await RefusedAsync(Path + "/log", 400, "is waiting to start: ContainerCreating");
    }

    [Fact]
    public async Task The_only_container_is_the_default_one()
    {
        AddWeb();
        await _node.ExecAsync(new PodReference("web-0", ScriptedPod.Namespace), Ct);
        Assert.Equal(["c1"], _node.Started);
        Assert.Equal(s_lists, _node.AskedBefore);
    }

    async Task RefusedAsync(string path, int code, string text)
    {
        (int Code, string Text) refused = await _node.GetAsync(path, Ct);
        Assert.Contains(text, refused.Text.Replace("\\\"", "\"", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Equal(code, refused.Code);
    }

    PodSandbox AddWeb()
    {
        PodSandbox pod = Pods.Add("web-0", "u1", "p1");
        Pods.Add(pod, "main", "c1");
        return pod;
    }

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    /// <summary>Holds the calls of each kind until so many of it have come, or the test is over.</summary>
    sealed class Gate(IEnumerable<string> calls, int count) : IDisposable
    {
        readonly Dictionary<string, Turnstile> _turnstiles = calls.ToDictionary(static call => call, _ => new Turnstile(count));

        public Task PassAsync(string call) => _turnstiles.GetValueOrDefault(call)?.PassAsync() ?? Task.CompletedTask;

        /// <exception cref="TimeoutException">So many did not come; says how many did.</exception>
        public async Task OpenedAsync(string call)
        {
            Turnstile turnstile = _turnstiles[call];
            if (await Task.WhenAny(turnstile.Opened, Task.Delay(Eventually.Patience, Ct)) != turnstile.Opened)
                throw new TimeoutException($"{turnstile.Left} of {count} have not asked for {call}");
        }

        public void Dispose()
        {
            foreach (Turnstile turnstile in _turnstiles.Values) turnstile.Open();
        }
    }

    sealed class Turnstile(int count)
    {
        readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
        int _left = count;

        public Task Opened => _open.Task;

        public int Left => Volatile.Read(in _left);

        public void Open() => _open.TrySetResult();

        public Task PassAsync()
        {
            if (Interlocked.Decrement(ref _left) == 0) Open();
            return Opened;
        }
    }
}
