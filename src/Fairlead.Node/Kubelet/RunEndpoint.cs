using Fairlead.Containerd;
using Fairlead.Server;
using Fairlead.Server.Answers;
using Fairlead.Server.Requests;
using Fairlead.Wire;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using Status = Fairlead.Wire.Status;

namespace Fairlead.Node.Kubelet;

/// <summary>A kubelet's <c>/run</c>: a command without input, whose whole output is the answer once it has ended.</summary>
/// <param name="runtime">What holds the containers.</param>
/// <param name="logger">Where refusals are logged.</param>
sealed class RunEndpoint(NodeRuntime runtime, ILogger logger)
{
    readonly RefusalLadder _ladder = new(logger, TextAnswer.WriteAsync);

    internal void MapInto(IEndpointRouteBuilder endpoints)
    {
        foreach (string pod in (string[])["{namespace}/{pod}", "{namespace}/{pod}/{uid}"])
            endpoints.Map($"/run/{pod}/{{container}}", context => _ladder.AnswerAsync(context, AnswerAsync));
    }

    async Task AnswerAsync(HttpContext context)
    {
        if (!HttpMethods.IsPost(context.Request.Method)) throw Refusal(405, "MethodNotAllowed", "405: Method Not Allowed");
        if (!QueryParameters.TryParse(context.Request.QueryString.Value, out QueryParameters? query, out string? problem))
            throw Refusal(400, "BadRequest", problem);
        FoundPod? pod = await runtime.FindAsync(Value(context, "namespace")!, Value(context, "pod")!, context.RequestAborted);
        bool isIt = pod is not null && (Value(context, "uid") is not { } uid || (string?)pod.Item["metadata"]?["uid"] == uid);
        if (!isIt) throw Refusal(404, "NotFound", "pod does not exist");
        string name = Value(context, "container")!;
        IContainer container = await runtime.Present.FindAsync(pod!, name, context.RequestAborted)
            ?? throw Refusal(500, "InternalServerError", $"container not found (\"{name}\")");
        string[] command = (query.First("cmd") ?? "").Split(' '); // at single blanks, as a kubelet does
        CommandOutput left = await RunAsync(container, command, context.RequestAborted);
        if (left.ExitCode != 0)
        {
            PeerText said = System.Text.Encoding.UTF8.GetString(left.Error.Span);
            throw Refusal(
                500, "InternalServerError", $"command '{string.Join(' ', command)}' exited with {left.ExitCode}: {said}");
        }

        context.Response.ContentType = "application/json"; // which it is not: a kubelet says so
        context.Response.ContentLength = left.Output.Length + left.Error.Length;
        await context.Response.Body.WriteAsync(left.Output, context.RequestAborted);
        await context.Response.Body.WriteAsync(left.Error, context.RequestAborted);
    }

    async ValueTask<CommandOutput> RunAsync(IContainer container, string[] command, CancellationToken cancellationToken)
    {
        try
        {
            return await CommandOutput.OfAsync(runtime.Present, container, command, cancellationToken);
        }
        catch (RpcException refused) when (!cancellationToken.IsCancellationRequested)
        {
            throw Refusal(500, "InternalServerError", refused.Status.Detail);
        }
    }

    static ApiRefusal Refusal(int code, string reason, string message) => new(Status.Refusal(code, reason, message));

    static string? Value(HttpContext context, string name) => context.GetRouteValue(name) as string;
}
