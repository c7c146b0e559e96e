using Fairlead.Containerd.Cri;

namespace Fairlead.Containerd.Tests.Pods;

/// <summary>A look-up whose runtime takes a call and does not answer it.</summary>
[Trait("Case", "C17")]
public sealed class SilentLookUpTests : IAsyncLifetime
{
    LookedUpNode _node = null!;

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _node = await LookedUpNode.StartAsync(Ct, callTimeout: TimeSpan.FromSeconds(1));
        PodSandbox pod = _node.Pods.Add("web-0", "u1", "p1");
        _node.Pods.Add(pod, "main", "c1");
    }

    [Theory(Timeout = 60_000)]
    [InlineData("ListPodSandbox", "/api/v1/namespaces/default/pods/web-0/exec?command=x&stdout=1")]
    [InlineData("ListContainers", "/api/v1/namespaces/default/pods/web-0/exec?command=x&stdout=1")]
    [InlineData("ListContainers", "/exec/default/web-0/u1/main?command=x&output=1")]
    [InlineData("ContainerStatus", "/api/v1/namespaces/default/pods/web-0/attach?stdout=1")]
    [InlineData("ContainerStatus", "/attach/default/web-0/main?output=1")]
    [InlineData("ContainerStatus", "/api/v1/namespaces/default/pods/web-0/log")]
    [InlineData("ContainerStatus", "/api/v1/namespaces/default/pods/web-0/log?follow=true")]
    [InlineData("ListContainers", "/api/v1/namespaces/default/pods/web-0/portforward?ports=80")]
    [InlineData("ListPodSandbox", "/portForward/default/web-0")]
    [InlineData("ListContainers", "/api/v1/namespaces/default/pods")]
    [InlineData("ContainerStatus", "/api/v1/namespaces/default/pods/web-0")]
    [Trait("Case", "C23")]
    public async Task It_is_told_that_the_runtime_is_away(string call, string path)
    {
        ScriptedPod.Silence(_node.Cri, ScriptedPod.Cri + call);
        (int code, string text) = await _node.GetAsync(path, Ct);
        Assert.Contains("does not answer", text, StringComparison.Ordinal);
        Assert.Equal(503, code);
    }

    /// <summary>Who asks while others wait is not made to wait for them as often as they are many.</summary>
    [Fact(Timeout = 60_000)]
    [Trait("Case", "C23")]
    public async Task So_are_all_who_ask_at_once()
    {
        ScriptedPod.Silence(_node.Cri, ScriptedPod.Cri + "ListPodSandbox");
        string[] paths = ["/api/v1/namespaces/default/pods/web-0", "/api/v1/namespaces/default/pods/web-0/exec?command=x&stdout=1"];
        (int Code, string)[] answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => _node.GetAsync(paths[i % 2], Ct)));
        Assert.All(answers, static answer => Assert.Equal(503, answer.Code));
    }

    /// <summary>Many details, each in time, are more than one call may take: who asks meanwhile waits for a runtime that answers.</summary>
    [Fact(Timeout = 60_000)]
    public async Task A_runtime_that_answers_slowly_is_not_away()
    {
        await using LookedUpNode node = await LookedUpNode.StartAsync(Ct, callTimeout: TimeSpan.FromSeconds(4));
        PodSandbox pod = node.Pods.Add("web-0", "u1", "p1");
        for (int i = 0; i < 10; i++) node.Pods.Add(pod, $"part-{i}", $"c{i}");
        Microsoft.AspNetCore.Http.RequestDelegate answer = node.Cri.Calls[ScriptedPod.Cri + "ContainerStatus"];
        TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        node.Cri.Calls[ScriptedPod.Cri + "ContainerStatus"] = async context =>
        {
            begun.TrySetResult();
            await Task.Delay(TimeSpan.FromMilliseconds(500), Ct); // a slow runtime: ten of these are longer than one call may take
            await answer(context);
        };
        Task<(int Code, string)> first = node.GetAsync("/api/v1/namespaces/default/pods", Ct);
        await begun.Task.WaitAsync(Ct);
        (int code, string text) = await node.GetAsync("/api/v1/namespaces/default/pods", Ct);
        Assert.True(code == 200, text);
        Assert.Equal(200, (await first).Code);
    }

    public ValueTask DisposeAsync() => _node.DisposeAsync();
}
