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
        RemoteCommandRequest request = new() { Command = [.. asked.Cmd], Stdin = asked.Stdin, Stdout = asked.Stdout, Stderr = asked.Stderr, Tty = asked.Tty };
        (IContainer container, ContainerReference where) = await FindAsync(asked.ContainerId, request, async () => await runtime.Cri.ExecAsync(asked, cancellationToken: cancellationToken), cancellationToken);
        return new ExecResponse { Url = Issue("exec", new IssuedCommand(container, request, where, IsExec: true)) };
    }

    async Task<IMessage> AttachAsync(AttachRequest asked, CancellationToken cancellationToken)
    {
        RemoteCommandRequest request = new() { Command = [], Stdin = asked.Stdin, Stdout = asked.Stdout, Stderr = asked.Stderr, Tty = asked.Tty };
        (IContainer container, ContainerReference where) = await FindAsync(asked.ContainerId, request, async () => await runtime.Cri.AttachAsync(asked, cancellationToken: cancellationToken), cancellationToken);
        return new AttachResponse { Url = Issue("attach", new IssuedCommand(container, request with { Tty = container.HasTerminal }, where, IsExec: false)) };
    }

    async Task<IMessage> PortForwardAsync(Cri.PortForwardRequest asked, CancellationToken cancellationToken)
    {
        PodSandboxStatus? sandbox = null;
        try
        {
            sandbox = await runtime.FindSandboxAsync(asked.PodSandboxId, cancellationToken);
        }
        catch (RpcException)
        {
            // refused below, in the words for this call
        }

        if (sandbox?.State != PodSandboxState.SandboxReady) await RefuseAsync(async () => await runtime.Cri.PortForwardAsync(asked, cancellationToken: cancellationToken));
        return new PortForwardResponse
        {
            Url = Issue("portforward", new IssuedForward(
                (port, token) => runtime.ConnectAsync(sandbox!.Id, port, token), sandbox!.Metadata.Namespace, sandbox.Metadata.Name, [.. asked.Port])),
        };
    }

    async Task<(IContainer Container, ContainerReference Where)> FindAsync(string id, RemoteCommandRequest request, Func<Task> askRuntime, CancellationToken cancellationToken)
    {
        try
        {
            (IContainer container, ContainerReference where, ContainerState state) = await runtime.FindContainerAsync(id, cancellationToken);
            bool hasStream = request.Stdin || request.Stdout || request.Stderr, isPossible = !(request.Tty && request.Stderr);
            if (state == ContainerState.ContainerRunning && hasStream && isPossible) return (container, where);
        }
        catch (RpcException)
        {
            // refused below, in the words for this call
        }

        await RefuseAsync(askRuntime);
        throw new System.Diagnostics.UnreachableException();
    }

    /// <summary>What cannot be had is asked of the runtime, which says why.</summary>
    static async Task RefuseAsync(Func<Task> askRuntime)
    {
        await askRuntime();
        throw new RpcException(new Status(StatusCode.Unavailable, "the container or the pod has changed while it was looked at: ask again"));
    }

    string Issue(string kind, IssuedStream stream) => tickets.Issue(stream) is { } ticket
        ? $"{Streams!.GetLeftPart(UriPartial.Authority)}/{kind}/{ticket}"
        : throw new RpcException(new Status(StatusCode.ResourceExhausted, "maximum number of in-flight requests exceeded"));
}
