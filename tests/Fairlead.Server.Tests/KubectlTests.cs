using System.Diagnostics;
using Fairlead.Server.Access;
using Fairlead.Wire;
using Microsoft.Extensions.Logging;

namespace Fairlead.Server.Tests;

/// <summary>What people see who use a real kubectl.</summary>
public class KubectlTests
{
    static CancellationToken Stop => TestContext.Current.CancellationToken;

    static async Task<string> RunAsync(string arguments)
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        using Kubectl kubectl = new(server);
        (int code, string output, string errors) = await kubectl.RunAsync(arguments);
        Assert.True(code == 0, $"kubectl {arguments}: {code}: {errors}");
        Assert.DoesNotContain(server.Logged.Entries, entry => entry.Level >= LogLevel.Error);
        return output;
    }

    static string[] Rows(string output) => [.. output.Split('\n').Select(row => string.Join(' ', row.Split(' ', StringSplitOptions.RemoveEmptyEntries)))];

    [Fact]
    public async Task GetPods()
    {
        string[] rows = Rows(await RunAsync("get pods"));
        Assert.Equal("NAME READY STATUS RESTARTS AGE", rows[0]);
        Assert.StartsWith("demo 1/1 Running 0 ", rows[1], StringComparison.Ordinal);
        Assert.StartsWith("pair 2/2 Running 0 ", rows[2], StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetPodsEverywhereAndWide()
    {
        string[] rows = Rows(await RunAsync("get pods -A -o wide"));
        Assert.Equal("NAMESPACE NAME READY STATUS RESTARTS AGE IP NODE NOMINATED NODE READINESS GATES", rows[0]);
        Assert.Contains(rows, row => row.StartsWith("other away 1/1 Running 0 ", StringComparison.Ordinal) && row.EndsWith(" 127.0.0.1 node-1 <none> <none>", StringComparison.Ordinal));
    }

    [Fact]
    public async Task GetPodAsYaml()
    {
        string yaml = await RunAsync("get pod demo -o yaml");
        Assert.StartsWith("apiVersion: v1\nkind: Pod\n", yaml, StringComparison.Ordinal);
        Assert.Contains("  name: demo\n", yaml, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetNamespacesAndAll()
    {
        Assert.Contains("other Active", string.Join('\n', Rows(await RunAsync("get ns"))), StringComparison.Ordinal);
        Assert.Contains("pod/demo", await RunAsync("get all"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Describes() => Assert.Contains("Node:", await RunAsync("describe pod demo"), StringComparison.Ordinal);

    [Fact]
    public async Task NamesItsResourcesAndVersion()
    {
        string[] rows = Rows(await RunAsync("api-resources"));
        Assert.Contains("pods po v1 true Pod", rows);
        Assert.Contains("deployments deploy apps/v1 true Deployment", rows);
        Assert.Contains("Server Version: v1.", await RunAsync("version"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WatchesOneChange()
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        using Kubectl kubectl = new(server);
        using Process watch = kubectl.Start("get", "pod", "demo", "-w");
        try
        {
            Assert.StartsWith("NAME ", await watch.StandardOutput.ReadLineAsync(Stop), StringComparison.Ordinal);
            Assert.StartsWith("demo ", await watch.StandardOutput.ReadLineAsync(Stop), StringComparison.Ordinal);
            await server.Catalog.WatchBegan.WaitAsync(Stop); // kubectl does not show a watch's first event: it takes it for what it has shown
            var pod = PodsApiServer.Pod("default", "demo", "shell");
            pod["status"]!["containerStatuses"]![0]!["restartCount"] = 3;
            server.Catalog.Put("pods", pod);
            Assert.StartsWith("demo 1/1 Running 3 ", Rows((await watch.StandardOutput.ReadLineAsync(Stop))!)[0], StringComparison.Ordinal);
        }
        finally
        {
            watch.Kill();
            await watch.WaitForExitAsync(Stop);
        }
    }

    [Fact]
    public async Task WaitsForACondition()
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        using Kubectl kubectl = new(server);
        var pod = PodsApiServer.Pod("default", "demo", "shell");
        pod["status"]!["phase"] = "Succeeded";
        Task<(int Code, string Output, string Errors)> wait = kubectl.RunAsync("wait pod/demo --for=jsonpath={.status.phase}=Succeeded --timeout=60s");
        server.Catalog.Put("pods", pod);
        (int code, string output, string errors) = await wait;
        Assert.True(code == 0, errors);
        Assert.Equal("pod/demo condition met\n", output);
    }

    [Fact]
    public async Task Logs()
    {
        Assert.Equal("a line\n", await RunAsync("logs demo"));
        Assert.Equal("a line\n", await RunAsync("logs pair -c b --tail=5"));
    }

    [Fact]
    public async Task FollowsLogs()
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        TaskCompletionSource more = new();
        server.Demo.Log = async (_, output, cancellationToken) =>
        {
            await output.WriteAsync("first\n"u8.ToArray(), cancellationToken);
            await more.Task.WaitAsync(cancellationToken);
            await output.WriteAsync("second\n"u8.ToArray(), cancellationToken);
        };
        using Kubectl kubectl = new(server);
        using Process logs = kubectl.Start("logs", "-f", "demo");
        Assert.Equal("first", await logs.StandardOutput.ReadLineAsync(Stop));
        more.SetResult();
        Assert.Equal("second", await logs.StandardOutput.ReadLineAsync(Stop));
        Assert.Null(await logs.StandardOutput.ReadLineAsync(Stop));
        await logs.WaitForExitAsync(Stop);
        Assert.Equal(0, logs.ExitCode);
    }

    [Fact]
    public async Task AsksWhatItMayDo()
    {
        ApiUser dev = new() { Name = "dev", Token = "t", Groups = ["devs"], Rules = [new ApiRule { Verbs = ["get"], Resources = ["pods"] }] };
        await using PodsApiServer server = await PodsApiServer.StartAsync(dev);
        using Kubectl kubectl = new(server, "t");
        Assert.Equal((0, "yes\n", ""), await kubectl.RunAsync("auth can-i get pods"));
        (int code, string answer, _) = await kubectl.RunAsync("auth can-i create pods --subresource=exec");
        Assert.Equal((1, "no\n"), (code, answer));
        Assert.Contains("selfsubjectreviews.authentication.k8s.io", (await kubectl.RunAsync("auth can-i --list")).Output, StringComparison.Ordinal);
        Assert.Contains("dev", (await kubectl.RunAsync("auth whoami")).Output, StringComparison.Ordinal);
        Assert.Equal(
            (1, "", "Error from server (Forbidden): pods is forbidden: User \"dev\" cannot list resource \"pods\" in API group \"\" in the namespace \"default\"\n"),
            await kubectl.RunAsync("get pods"));
    }

    [Theory]
    [InlineData("get pod none", "Error from server (NotFound): pods \"none\" not found\n")]
    [InlineData("logs none", "error: error from server (NotFound): pods \"none\" not found in namespace \"default\"\n")]
    [InlineData("exec none -- id", "Error from server (NotFound): pods \"none\" not found\n")]
    [InlineData("get --raw /api/v1/pods --as=bob", "Error from server (Forbidden): users \"bob\" is forbidden: User \"admin\" cannot impersonate resource \"users\" in API group \"\" at the cluster scope\n")]
    public async Task ShowsWhatTheServerRefused(string arguments, string message)
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        using Kubectl kubectl = new(server);
        Assert.Equal((1, "", message), await kubectl.RunAsync(arguments));
    }

    [Fact]
    public async Task WrongTokenIsUnauthorized()
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        using Kubectl kubectl = new(server, "wrong");
        (int code, _, string errors) = await kubectl.RunAsync("get pods");
        Assert.Equal(1, code);
        Assert.Contains("You must be logged in to the server", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ExecEchoesUntilEndOfInput()
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        using Kubectl kubectl = new(server);
        Assert.Equal((0, "abc", ""), await kubectl.RunAsync("exec -i demo -- cat", "abc"));
        Assert.Equal(["cat"], server.Demo.Asked!.Command);
        Assert.Contains(server.Logged.Entries, entry => entry.Text.Contains("over v5.channel.k8s.io begins", StringComparison.Ordinal));
    }

    [Fact]
    public async Task ExecGivesTheExitCode()
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        server.Demo.Run = _ => Task.FromResult(Status.FromExitCode(7));
        using Kubectl kubectl = new(server);
        Assert.Equal((7, "", "command terminated with exit code 7\n"), await kubectl.RunAsync("exec demo -- false"));
    }

    [Fact]
    public async Task AttachEchoes()
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        using Kubectl kubectl = new(server);
        (int code, string output, string errors) = await kubectl.RunAsync("attach -i demo", "abc");
        Assert.True(code == 0, errors);
        Assert.Equal("abc", output);
        Assert.True(server.Demo.Attached);
    }
}
