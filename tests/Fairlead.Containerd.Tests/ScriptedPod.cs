using System.Globalization;
using Fairlead.Containerd.Cri;
using Fairlead.Containerd.Tasks;
using Fairlead.Testing.Containerd;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Fairlead.Containerd.Tests;

/// <summary>Teaches a <see cref="ScriptedCri"/> one pod of one container, and that it is a containerd which knows no process.</summary>
static class ScriptedPod
{
    public const string Namespace = "default", Name = "web-0", Container = "main";
    public const string Cri = "/runtime.v1.RuntimeService/", Tasks = "/containerd.services.tasks.v1.Tasks/";

    public static void Teach(ScriptedCri cri)
    {
        PodSandbox pod = new() { Id = "p1", Metadata = new() { Name = Name, Namespace = Namespace, Uid = "u1" }, State = PodSandboxState.SandboxReady };
        Container container = new() { Id = "c1", PodSandboxId = "p1", Metadata = new() { Name = Container }, State = ContainerState.ContainerRunning };
        Answer(cri, Cri + "ListPodSandbox", new ListPodSandboxResponse { Items = { pod } });
        Answer(cri, Cri + "ListContainers", new ListContainersResponse { Containers = { container } });
        Answer(cri, Cri + "PodSandboxStatus", new PodSandboxStatusResponse { Status = new() { Id = "p1", Metadata = pod.Metadata, State = pod.State } });
        Answer(cri, Cri + "ContainerStatus", new ContainerStatusResponse { Status = new() { Id = "c1", Metadata = container.Metadata, State = container.State } });
        Answer(cri, "/containerd.services.containers.v1.Containers/Get", new GetContainerResponse
        {
            Container = new() { Spec = new Any { Value = ByteString.CopyFromUtf8("""{ "process": { "cwd": "/" } }""") } },
        });
        foreach (string call in (string[])["Get", "Kill", "Wait", "DeleteProcess"]) Refuse(cri, Tasks + call, StatusCode.NotFound, "not found");
    }

    /// <param name="cri">The runtime.</param>
    /// <param name="call">The call's path.</param>
    /// <param name="message">Its answer.</param>
    /// <param name="after">How long the answer takes.</param>
    public static void Answer(ScriptedCri cri, string call, IMessage message, TimeSpan after = default) => cri.Calls[call] = async context =>
    {
        await Task.Delay(after, context.RequestAborted);
        await ScriptedCri.AnswerAsync(context, message.ToByteArray());
    };

    public static void Refuse(ScriptedCri cri, string call, StatusCode code, string text) => cri.Calls[call] = context =>
    {
        context.Response.ContentType = "application/grpc";
        (context.Response.Headers["grpc-status"], context.Response.Headers["grpc-message"]) = (((int)code).ToString(CultureInfo.InvariantCulture), text);
        return Task.CompletedTask;
    };

    /// <summary>From here on the call is taken and never answered, as by a process that was stopped.</summary>
    public static void Silence(ScriptedCri cri, string call) => cri.Calls[call] = static async context =>
    {
        TaskCompletionSource given = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using CancellationTokenRegistration up = context.RequestAborted.Register(() => given.TrySetResult());
        await given.Task;
    };
}
