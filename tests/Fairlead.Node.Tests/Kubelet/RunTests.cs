using System.Security.Cryptography.X509Certificates;
using Fairlead.Containerd.Cri;
using Fairlead.Testing.Containerd;
using Google.Protobuf;

namespace Fairlead.Node.Tests.Kubelet;

/// <summary>A kubelet's <c>/run</c>.</summary>
public sealed class RunTests
{
    [Theory]
    [InlineData("/run/default/web-0/main?cmd=echo+a++b", 200, "out\nerr\n")]
    [InlineData("/run/default/web-0/u1/main?cmd=echo+a++b", 200, "out\nerr\n")]
    [InlineData("/run/default/web-0/u2/main?cmd=id", 404, "pod does not exist\n")]
    [InlineData("/run/default/web-0/other?cmd=id", 500, "container not found (\"other\")\n")]
    [InlineData("/run/default/web-0/main?cmd=fail", 500, "command 'fail' exited with 3: err\\n\n")]
    [InlineData("/run/default/web-0/main?cmd=refused", 500, "no such thing\n")]
    [InlineData("/run/default/web-0/main?cmd=%00", 400, null)]
    public async Task A_commands_output_is_the_answer(string target, int code, string? body)
    {
        await using FrontRoom room = await FrontRoom.StartAsync();
        room.Cluster.Allows = static _ => true;
        PodSandbox pod = new() { Id = "p1", Metadata = new() { Name = "web-0", Namespace = "default", Uid = "u1" }, State = PodSandboxState.SandboxReady };
        Container container = new() { Id = "c1", PodSandboxId = "p1", Metadata = new() { Name = "main" }, State = ContainerState.ContainerRunning };
        Answer("ListPodSandbox", new ListPodSandboxResponse { Items = { pod } });
        Answer("ListContainers", new ListContainersResponse { Containers = { container } });
        ExecSyncRequest? asked = null;
        room.Cri.Calls["/runtime.v1.RuntimeService/ExecSync"] = async context =>
        {
            asked = ExecSyncRequest.Parser.ParseFrom(await ScriptedCri.ReceiveAsync(context));
            if (asked.Cmd[0] == "refused")
            {
                context.Response.ContentType = "application/grpc";
                (context.Response.Headers["grpc-status"], context.Response.Headers["grpc-message"]) = ("2", "no such thing");
                return;
            }

            await ScriptedCri.AnswerAsync(context, new ExecSyncResponse
            {
                Stdout = ByteString.CopyFromUtf8("out\n"),
                Stderr = ByteString.CopyFromUtf8("err\n"),
                ExitCode = asked.Cmd[0] == "fail" ? 3 : 0,
            }.ToByteArray());
        };
        using X509Certificate2 jane = room.Callers.IssueClientSubject("CN=jane");
        (int answered, string said) = await room.AskAsync(target, jane, method: "POST");
        Assert.Equal(code, answered);
        if (body is not null) Assert.Equal(body, said);
        if (code == 200) Assert.Equal(["echo", "a", "", "b"], asked!.Cmd);
        Assert.Equal(405, (await room.AskAsync(target, jane)).Code);
        Assert.Empty(room.Kubelet.Requests);

        void Answer(string call, IMessage message) =>
            room.Cri.Calls["/runtime.v1.RuntimeService/" + call] = context => ScriptedCri.AnswerAsync(context, message.ToByteArray());
    }
}
