using Fairlead.Containerd.Cri;
using Fairlead.Server;
using Fairlead.Streaming.RemoteCommand;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace Fairlead.Containerd.Proxy;

/// <summary>The three calls of the CRI that answer with a URL: theirs are ours. What is wrong with a call is said as containerd says it.</summary>
/// <param name="runtime">What holds the containers.</param>
/// <param name="tickets">Where what was asked for waits.</param>
sealed class StreamCalls(CriRuntime runtime, StreamTickets tickets)
{
    const string Service = "/runtime.v1.RuntimeService/";

    /// <summary>Where the streams are had.</summary>
    public Uri? Streams { get; set; }

    /// <returns>Null where the call is another one's.</returns>
    public Task? Answer(HttpContext context)
    {
        if (!UnaryCall.IsOne(context.Request)) return null;
        return context.Request.Path.Value switch
        {
            Service + "Exec" => UnaryCall.AnswerAsync(context, ExecRequest.Parser, ExecAsync),
            Service + "Attach" => UnaryCall.AnswerAsync(context, AttachRequest.Parser, AttachAsync),
            Service + "PortForward" => UnaryCall.AnswerAsync(context, PortForwardRequest.Parser, PortForwardAsync),
            _ => null,
        };
    }

    async Task<IMessage> ExecAsync(ExecRequest asked, CancellationToken cancellationToken)
    {
        RemoteCommandRequest request = Check(asked.ContainerId, new()
        {
            Command = [.. asked.Cmd],
            Stdin = asked.Stdin,
            Stdout = asked.Stdout,
            Stderr = asked.Stderr,
            Tty = asked.Tty,
        });
        return new ExecResponse { Url = await IssueAsync("exec", asked.ContainerId, request, isExec: true, cancellationToken) };
    }

    async Task<IMessage> AttachAsync(AttachRequest asked, CancellationToken cancellationToken)
    {
        RemoteCommandRequest request = Check(asked.ContainerId, new()
        {
            Command = [],
            Stdin = asked.Stdin,
            Stdout = asked.Stdout,
            Stderr = asked.Stderr,
            Tty = asked.Tty,
        });
        return new AttachResponse { Url = await IssueAsync("attach", asked.ContainerId, request, isExec: false, cancellationToken) };
    }

    async Task<IMessage> PortForwardAsync(Cri.PortForwardRequest asked, CancellationToken cancellationToken)
    {
        PodSandboxStatus sandbox = await runtime.FindSandboxAsync(asked.PodSandboxId, cancellationToken);
        if (sandbox.State != PodSandboxState.SandboxReady) throw Refusal(StatusCode.Unknown, $"sandbox container \"{sandbox.Id}\" is not running");
        IssuedForward forward = new(
            (port, token) => runtime.ConnectAsync(sandbox.Id, port, token), sandbox.Metadata.Namespace, sandbox.Metadata.Name, [.. asked.Port]);
        return new PortForwardResponse { Url = Issue("portforward", forward) };
    }

    async Task<string> IssueAsync(string kind, string containerId, RemoteCommandRequest request, bool isExec, CancellationToken cancellationToken)
    {
        (IContainer container, ContainerReference where, ContainerState state) = await runtime.FindContainerAsync(containerId, cancellationToken);
        if (state != ContainerState.ContainerRunning) throw Refusal(StatusCode.Unknown, $"container is in {NameOf(state)} state");
        if (!isExec) request = request with { Tty = container.HasTerminal };
        return Issue(kind, new IssuedCommand(container, request, where, isExec));
    }

    string Issue(string kind, IssuedStream stream) => tickets.Issue(stream) is { } ticket
        ? $"{Streams!.GetLeftPart(UriPartial.Authority)}/{kind}/{ticket}"
        : throw Refusal(StatusCode.ResourceExhausted, "maximum number of in-flight requests exceeded");

    static RemoteCommandRequest Check(string containerId, RemoteCommandRequest request) =>
        containerId.Length == 0 ? throw Refusal(StatusCode.InvalidArgument, "missing required container_id")
        : request is { Tty: true, Stderr: true } ? throw Refusal(StatusCode.InvalidArgument, "tty and stderr cannot both be true")
        : request is { Stdin: false, Stdout: false, Stderr: false } ? throw Refusal(StatusCode.InvalidArgument, "one of `stdin`, `stdout`, or `stderr` must be set")
        : request;

    static string NameOf(ContainerState state) => state switch
    {
        ContainerState.ContainerCreated => "CONTAINER_CREATED",
        ContainerState.ContainerExited => "CONTAINER_EXITED",
        ContainerState.ContainerRunning => "CONTAINER_RUNNING",
        _ => "CONTAINER_UNKNOWN",
    };

    static RpcException Refusal(StatusCode code, string detail) => new(new Status(code, detail));
}
