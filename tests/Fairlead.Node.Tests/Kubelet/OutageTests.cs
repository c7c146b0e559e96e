using System.Security.Cryptography.X509Certificates;
using Fairlead.Containerd.Cri;
using Fairlead.Testing.Containerd;
using Google.Protobuf;

namespace Fairlead.Node.Tests.Kubelet;

/// <summary>A part that is away takes down what needs it, and nothing else.</summary>
public sealed class OutageTests
{
    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_runtime_that_comes_later_keeps_only_streams_waiting()
    {
        await using FrontRoom room = await FrontRoom.StartAsync();
        await room.Server.DisposeAsync();
        await room.Cri.DisposeAsync();
        File.Delete(room.File("cri.sock"));
        await using NodeServer server = await NodeServer.StartAsync(room.Options(), Ct);
        room.Cluster.Allows = static _ => true;
        using X509Certificate2 jane = room.Callers.IssueClientSubject("CN=jane");
        Assert.False(server.HasRuntime);
        (int code, string body) = await room.AskAsync(FrontRoom.Exec, jane, at: server);
        Assert.Equal(503, code);
        Assert.Contains("does not answer", body, StringComparison.Ordinal);
        Assert.Equal(503, (await room.AskAsync("/run/ns/p/c?cmd=id", jane, method: "POST", at: server)).Code);
        Assert.Equal(200, (await room.AskAsync("/pods", jane, at: server)).Code);

        await using ScriptedCri later = await ScriptedCri.StartAsync(room.File("cri.sock"), Ct);
        later.Calls["/runtime.v1.RuntimeService/ListPodSandbox"] = static context => ScriptedCri.AnswerAsync(context, new ListPodSandboxResponse().ToByteArray());
        await Eventually.HoldsAsync(() =>
        {
            room.Clock.Advance(TimeSpan.FromSeconds(1));
            return server.HasRuntime;
        }, "it is asked again", cancellationToken: Ct);
        later.Calls["/runtime.v1.RuntimeService/ListContainers"] = static context => ScriptedCri.AnswerAsync(context, new ListContainersResponse().ToByteArray());
        Assert.Equal(404, (await room.AskAsync(FrontRoom.Exec, jane, at: server)).Code);
    }
}
