using Fairlead.Containerd;
using Fairlead.Containerd.Cri;
using Fairlead.Server.Issued;
using Fairlead.Streaming.RemoteCommand;
using Grpc.Core;

namespace Fairlead.Node.CriProxy;

/// <summary>The three calls of the CRI that answer with a URL: theirs are ours.</summary>
/// <remarks>
/// What the runtime would refuse is passed on to it, so that a refusal is in its own words. Here is only looked whether it would. Should
/// it allow the call after all, because a container has begun to run in between, then its own URL is as good.
/// </remarks>
/// <param name="runtime">What holds the containers.</param>
/// <param name="tickets">Where what was asked for waits.</param>
sealed class StreamCalls(CriRuntime runtime, StreamTickets tickets)
{
    /// <summary>Where the streams are had.</summary>
    public Uri? Streams { get; set; }

    /// <summary>Answers <c>Exec</c>.</summary>
    /// <exception cref="RpcException">The refusal, the runtime's or ours.</exception>
    public async Task<ExecResponse> ExecAsync(ExecRequest asked, CancellationToken cancellationToken)
    {
        RemoteCommandRequest request =
            new() { Command = [.. asked.Cmd], Stdin = asked.Stdin, Stdout = asked.Stdout, Stderr = asked.Stderr, Tty = asked.Tty };
        return await IssueAsync("exec", asked.ContainerId, request, isExec: true, cancellationToken) is { } url
            ? new ExecResponse { Url = url }
            : await runtime.Calls.ExecAsync(asked, cancellationToken: cancellationToken);
    }

    /// <summary>Answers <c>Attach</c>.</summary>
    /// <inheritdoc cref="ExecAsync" path="/exception"/>
    public async Task<AttachResponse> AttachAsync(AttachRequest asked, CancellationToken cancellationToken)
    {
        RemoteCommandRequest request =
            new() { Command = [], Stdin = asked.Stdin, Stdout = asked.Stdout, Stderr = asked.Stderr, Tty = asked.Tty };
        return await IssueAsync("attach", asked.ContainerId, request, isExec: false, cancellationToken) is { } url
            ? new AttachResponse { Url = url }
            : await runtime.Calls.AttachAsync(asked, cancellationToken: cancellationToken);
    }

    /// <summary>Answers <c>PortForward</c>.</summary>
    /// <inheritdoc cref="ExecAsync" path="/exception"/>
    public async Task<PortForwardResponse> PortForwardAsync(PortForwardRequest asked, CancellationToken cancellationToken)
    {
        if (await FindAsync(runtime.FindSandboxAsync(asked.PodSandboxId, cancellationToken),
            cancellationToken) is not { State: PodSandboxState.SandboxReady } sandbox)
            return await runtime.Calls.PortForwardAsync(asked, cancellationToken: cancellationToken);
        IssuedForward forward = new(
            (port, token) => runtime.ConnectAsync(sandbox.Id, port, token), sandbox.Metadata.Namespace, sandbox.Metadata.Name,
            [.. asked.Port]);
        return new PortForwardResponse { Url = Issue("portforward", forward) };
    }

    /// <summary>Null where the runtime would refuse.</summary>
    async Task<string?> IssueAsync(
        string kind, string containerId, RemoteCommandRequest request, bool isExec, CancellationToken cancellationToken)
    {
        if (request is { Tty: true, Stderr: true } or { Stdin: false, Stdout: false, Stderr: false }) return null;
        if (await FindAsync(runtime.FindContainerAsync(containerId, cancellationToken),
            cancellationToken) is not { State: ContainerState.ContainerRunning } found) return null;
        return Issue(kind, isExec
            ? new IssuedCommand(session => runtime.ExecAsync(session, found.Id), request, found.Where, isExec)
            : new IssuedCommand(found.Main.AttachAsync, request with { Tty = found.Main.HasTerminal }, found.Where, isExec));
    }

    /// <summary>
    /// Null where the runtime does not tell, which it then says of the call itself. One that does not answer is not asked twice.
    /// </summary>
    static async Task<T?> FindAsync<T>(Task<T> asking, CancellationToken cancellationToken) where T : class
    {
        try
        {
            return await asking;
        }
        catch (RpcException failure) when (failure.StatusCode != StatusCode.Unavailable && !cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    string Issue(string kind, IssuedStream stream) => tickets.Issue(stream) is { } ticket
        ? $"{Streams!.GetLeftPart(UriPartial.Authority)}/{kind}/{ticket}"
        : throw Refusal(StatusCode.ResourceExhausted, "maximum number of in-flight requests exceeded");

    static RpcException Refusal(StatusCode code, string detail) => new(new Status(code, detail));
}
