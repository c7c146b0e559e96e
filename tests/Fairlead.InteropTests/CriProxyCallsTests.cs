using System.Net;
using Fairlead.Containerd.Cri;
using Fairlead.Testing.Containerd;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace Fairlead.InteropTests;

/// <summary>A gRPC client gets through the proxy what it gets from containerd, with each version of it.</summary>
public abstract class CriProxyCallsTests(CriProxyFixture fixture)
{
    static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task Answers_are_the_same()
    {
        using GrpcChannel direct = Direct(out GrpcChannel through);
        using (through)
        {
            RuntimeService.RuntimeServiceClient one = new(direct), other = new(through);
            Assert.Equal(await one.VersionAsync(new(), cancellationToken: Cancelled), await other.VersionAsync(new(), cancellationToken: Cancelled));
            Assert.Equal((await one.StatusAsync(new(), cancellationToken: Cancelled)).Status, (await other.StatusAsync(new(), cancellationToken: Cancelled)).Status);
            ContainerFilter filter = new() { Id = fixture.Pod.ContainerId };
            ListContainersResponse containers = await other.ListContainersAsync(new() { Filter = filter }, cancellationToken: Cancelled);
            Assert.Equal(await one.ListContainersAsync(new() { Filter = filter }, cancellationToken: Cancelled), containers);
            Assert.Single(containers.Containers);
            ExecSyncRequest command = new() { ContainerId = fixture.Pod.ContainerId, Cmd = { "sh", "-c", "echo out; echo err >&2; exit 3" } };
            ExecSyncResponse answer = await other.ExecSyncAsync(command, cancellationToken: Cancelled);
            Assert.Equal(await one.ExecSyncAsync(command, cancellationToken: Cancelled), answer);
            Assert.Equal((3, "out\n"), (answer.ExitCode, answer.Stdout.ToStringUtf8()));
        }
    }

    public static TheoryData<string, string> Refusals { get; } = new()
    {
        { "NoSuchMethod", "" },
        { "ContainerStatus", Message(new ContainerStatusRequest { ContainerId = "none" }) },
        { "Exec", Message(new ExecRequest()) },
        { "Exec", Message(new ExecRequest { ContainerId = "none", Cmd = { "true" }, Stdout = true }) },
        { "Exec", Message(new ExecRequest { ContainerId = "ended", Cmd = { "true" }, Stdout = true }) },
        { "Exec", Message(new ExecRequest { ContainerId = "runs", Cmd = { "true" } }) },
        { "Exec", Message(new ExecRequest { ContainerId = "runs", Cmd = { "true" }, Tty = true, Stdout = true, Stderr = true }) },
        { "Attach", Message(new AttachRequest()) },
        { "Attach", Message(new AttachRequest { ContainerId = "none", Stdout = true }) },
        { "Attach", Message(new AttachRequest { ContainerId = "ended", Stdout = true }) },
        { "Attach", Message(new AttachRequest { ContainerId = "runs" }) },
        { "PortForward", Message(new PortForwardRequest()) },
        { "PortForward", Message(new PortForwardRequest { PodSandboxId = "none" }) },
        { "PortForward", Message(new PortForwardRequest { PodSandboxId = "ended" }) },
    };

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Refusals))]
    public async Task Refusals_are_the_same(string method, string message)
    {
        using GrpcChannel direct = Direct(out GrpcChannel through);
        using (through)
        {
            ContainerdPod ended = await EndedAsync();
            byte[] request = Fill(method, Convert.FromBase64String(message), ended);
            RpcException one = await RefusalAsync(direct), other = await RefusalAsync(through);
            Assert.Equal((one.StatusCode, one.Status.Detail), (other.StatusCode, other.Status.Detail));

            Task<RpcException> RefusalAsync(GrpcChannel channel) => Assert.ThrowsAsync<RpcException>(async () => await channel.CreateCallInvoker().AsyncUnaryCall(
                RawGrpc.Method(MethodType.Unary, "runtime.v1.RuntimeService", method), null, new CallOptions(cancellationToken: Cancelled), request));
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task Ten_MiB_come_in_one_message()
    {
        using GrpcChannel through = fixture.Connect();
        ExecSyncResponse answer = await new RuntimeService.RuntimeServiceClient(through).ExecSyncAsync(
            new() { ContainerId = fixture.Pod.ContainerId, Cmd = { "head", "-c", $"{10 << 20}", "/dev/zero" } }, cancellationToken: Cancelled);
        Assert.Equal(10 << 20, answer.Stdout.Length);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_deadline_is_kept_and_the_command_ended()
    {
        using GrpcChannel through = fixture.Connect();
        Task<ExecSyncResponse> call = new RuntimeService.RuntimeServiceClient(through).ExecSyncAsync(
            new() { ContainerId = fixture.Pod.ContainerId, Cmd = { "sleep", "87654" } }, deadline: DateTime.UtcNow.AddSeconds(15), cancellationToken: Cancelled).ResponseAsync;
        await UntilKnownAsync();
        RpcException late = await Assert.ThrowsAsync<RpcException>(() => call);
        // the runtime knows the deadline too, and may say so first, in its own words or by a reset
        Assert.True(late.StatusCode is StatusCode.DeadlineExceeded or StatusCode.Cancelled || late.Status.Detail.Contains("deadline exceeded", StringComparison.OrdinalIgnoreCase), late.ToString());

        await Eventually.HoldsAsync(() => !Runs("sleep 87654"), "the command has ended", cancellationToken: Cancelled);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_call_that_the_client_cancels_ends_its_command()
    {
        using GrpcChannel through = fixture.Connect();
        using CancellationTokenSource giveUp = new();
        Task<ExecSyncResponse> call = new RuntimeService.RuntimeServiceClient(through).ExecSyncAsync(
            new() { ContainerId = fixture.Pod.ContainerId, Cmd = { "sleep", "76543" } }, cancellationToken: giveUp.Token).ResponseAsync;
        await Eventually.HoldsAsync(() => Runs("sleep 76543"), "the command runs", cancellationToken: Cancelled);
        await UntilKnownAsync();
        await giveUp.CancelAsync();
        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(async () => await call)).StatusCode);

        await Eventually.HoldsAsync(() => !Runs("sleep 76543"), "the command has ended", cancellationToken: Cancelled);
    }

    [Fact(Timeout = 300_000)]
    public async Task Three_hundred_commands_on_one_connection_run_at_once()
    {
        const int Count = 300;
        using GrpcChannel through = fixture.Connect();
        RuntimeService.RuntimeServiceClient cri = new(through);
        ContainerdPod pod = await fixture.Containerd.RunPodAsync(new() { Name = "crowd", Command = ["sh", "-c", "mkfifo /gate; touch /here; exec sleep 100000"] }, Cancelled);
        await ExecAsync("until test -e /here; do sleep 0.1; done");

        // each waits until somebody opens the gate for writing, which is only done when all are there
        Task<ExecSyncResponse>[] all = [.. Enumerable.Range(0, Count).Select(_ => ExecAsync("echo >> /here; cat /gate"))];
        ExecSyncResponse opened = await ExecAsync($"until test $(wc -l < /here) = {Count}; do sleep 0.5; done; echo open > /gate");

        Assert.Equal(0, opened.ExitCode);
        Assert.All(await Task.WhenAll(all), static answer => Assert.Equal(0, answer.ExitCode));

        Task<ExecSyncResponse> ExecAsync(string script) =>
            cri.ExecSyncAsync(new() { ContainerId = pod.ContainerId, Cmd = { "sh", "-c", script } }, cancellationToken: Cancelled).ResponseAsync;
    }

    [Fact(Timeout = 60_000)]
    public async Task A_URL_is_good_once_and_only_as_it_is()
    {
        using GrpcChannel through = fixture.Connect();
        ExecResponse answer = await new RuntimeService.RuntimeServiceClient(through).ExecAsync(
            new() { ContainerId = fixture.Pod.ContainerId, Cmd = { "true" }, Stdout = true }, cancellationToken: Cancelled);
        Uri url = new(answer.Url);
        Assert.True(url.IsLoopback);
        using HttpClient http = new();
        for (int i = answer.Url.LastIndexOf('/') + 1; i < answer.Url.Length; i++)
        {
            string changed = answer.Url[..i] + (char)(answer.Url[i] == 'z' ? 'y' : answer.Url[i] is >= 'a' and < 'z' or >= 'A' and < 'Z' or >= '0' and < '9' ? answer.Url[i] + 1 : 'b') + answer.Url[(i + 1)..];
            using HttpResponseMessage refused = await http.GetAsync(new Uri(changed), Cancelled);
            Assert.Equal(HttpStatusCode.NotFound, refused.StatusCode);
        }

        using HttpResponseMessage first = await http.GetAsync(url, Cancelled), second = await http.GetAsync(url, Cancelled);
        Assert.Equal(HttpStatusCode.BadRequest, first.StatusCode); // it is no upgrade
        Assert.Equal(HttpStatusCode.NotFound, second.StatusCode);
    }

    /// <summary>
    /// Waits until containerd can end the pod's command. A call that ends while its command starts leaves it running, without a proxy
    /// too: containerd then knows no process that it could kill, and only the container's end takes it along.
    /// </summary>
    async Task UntilKnownAsync()
    {
        using GrpcChannel direct = RawGrpc.Connect(fixture.Containerd.Socket);
        Method<byte[], byte[]> pids = RawGrpc.Method(MethodType.Unary, "containerd.services.tasks.v1.Tasks", "ListPids");
        await Eventually.HoldsAsync(
            async () =>
            {
                byte[] answer = await direct.CreateCallInvoker().AsyncUnaryCall(
                    pids, null, new CallOptions(RawGrpc.Namespace, cancellationToken: Cancelled), RawGrpc.Field(1, fixture.Pod.ContainerId));
                return answer.AsSpan().IndexOf("ProcessDetails"u8) >= 0; // what is said of a command's process, and of no other
            },
            "containerd knows the command's process", cancellationToken: Cancelled);
    }

    static string Message(IMessage message) => Convert.ToBase64String(message.ToByteArray());

    GrpcChannel Direct(out GrpcChannel through)
    {
        through = fixture.Connect();
        return RawGrpc.Connect(fixture.Containerd.Socket);
    }

    /// <summary>A pod whose container has ended, and whose sandbox was stopped.</summary>
    async Task<ContainerdPod> EndedAsync()
    {
        ContainerdPod pod = await fixture.Containerd.RunPodAsync(new() { Name = $"ended-{Guid.NewGuid():N}"[..20] }, Cancelled);
        await fixture.Containerd.Runtime.StopPodSandboxAsync(new() { PodSandboxId = pod.SandboxId }, cancellationToken: Cancelled);
        return pod;
    }

    /// <summary>Puts the pods' ids where their parts stand.</summary>
    byte[] Fill(string method, byte[] message, ContainerdPod ended)
    {
        string Id(string part, bool isSandbox) => part switch
        {
            "runs" => isSandbox ? fixture.Pod.SandboxId : fixture.Pod.ContainerId,
            "ended" => isSandbox ? ended.SandboxId : ended.ContainerId,
            _ => part,
        };
        switch (method)
        {
            case "Exec":
                ExecRequest exec = ExecRequest.Parser.ParseFrom(message);
                exec.ContainerId = Id(exec.ContainerId, isSandbox: false);
                return exec.ToByteArray();
            case "Attach":
                AttachRequest attach = AttachRequest.Parser.ParseFrom(message);
                attach.ContainerId = Id(attach.ContainerId, isSandbox: false);
                return attach.ToByteArray();
            case "PortForward":
                PortForwardRequest forward = PortForwardRequest.Parser.ParseFrom(message);
                forward.PodSandboxId = Id(forward.PodSandboxId, isSandbox: true);
                return forward.ToByteArray();
            default:
                return message;
        }
    }

    bool Runs(string commandLine) => fixture.Pod.CommandLines().Contains(commandLine);
}

/// <summary>With containerd 1.6, as the system's release has it.</summary>
public sealed class CriProxyCallsOnContainerd16Tests(CriProxyFixture fixture) : CriProxyCallsTests(fixture), IClassFixture<CriProxyFixture>;

/// <summary>With containerd 1.7.</summary>
public sealed class CriProxyCallsOnContainerd17Tests(CriProxyFixture17 fixture) : CriProxyCallsTests(fixture), IClassFixture<CriProxyFixture17>;

/// <summary>With containerd 2.</summary>
public sealed class CriProxyCallsOnContainerd2Tests(CriProxyFixture2 fixture) : CriProxyCallsTests(fixture), IClassFixture<CriProxyFixture2>;
