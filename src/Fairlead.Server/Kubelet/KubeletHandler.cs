using Fairlead.Server.Access;
using Fairlead.Server.PodsApi;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Fairlead.Server.Kubelet;

/// <summary>The streaming paths of a kubelet: what an API server dials when a client asks it for exec, attach or port-forward.</summary>
/// <remarks>Refusals are plain text here. Whatever the method, what is asked for is to create: a GET is how a WebSocket begins.</remarks>
sealed class KubeletHandler(IContainerRuntime runtime, IPodCatalog catalog, PodsApiOptions options, ILogger logger, CancellationToken stopping)
{
    static readonly AccessAttributes s_proxy = new("create", "", "nodes", "proxy", null, Environment.MachineName);

    readonly BearerTokens _tokens = new(options.PresentUsers);
    readonly RemoteCommandAnswer _remoteCommand = new(options, logger, stopping);
    readonly PortForwardAnswer _portForward = new(options, logger, stopping);

    public Task ExecAsync(HttpContext context) => GuardAsync(context, () => AnswerAsync(context, isExec: true));

    public Task AttachAsync(HttpContext context) => GuardAsync(context, () => AnswerAsync(context, isExec: false));

    public Task PortForwardAsync(HttpContext context) => GuardAsync(context, async () =>
    {
        ApiUser user = await AuthorizeAsync(context);
        FoundPod pod = await FindPodAsync(context);
        IReadOnlyList<int> ports = PortForwardQuery.Read(QueryOf(context), "port", out string? problem) ?? throw new ApiRefusal(Text(400, problem!));
        await _portForward.AnswerAsync(
            context, (port, cancellationToken) => runtime.ConnectAsync(pod.Namespace, pod.Name, port, cancellationToken), pod.Namespace, pod.Name, ports, user);
    });

    async Task AnswerAsync(HttpContext context, bool isExec)
    {
        ApiUser user = await AuthorizeAsync(context);
        FoundPod pod = await FindPodAsync(context);
        ContainerReference where = new(pod.Namespace, pod.Name, Value(context, "container")!);
        IContainer container = await runtime.FindAsync(pod, where.Container, context.RequestAborted) ?? throw Gone(where);
        if (!container.IsRunning) throw new ApiRefusal(Text(500, $"container \"{where.Container}\" is not running"));
        IMainProcess? main = isExec ? null : await container.FindMainProcessAsync(context.RequestAborted) ?? throw Gone(where);
        RemoteCommandRequest request = RemoteCommandQuery.Read(QueryOf(context), isExec, isKubelet: true, main?.HasTerminal);
        if (RemoteCommandQuery.ProblemOf(request, isExec) is { } problem) throw new ApiRefusal(Text(400, problem));
        await _remoteCommand.AnswerAsync(context, request, main is null ? container.ExecAsync : main.AttachAsync, where, isExec, user);
    }

    static QueryParameters QueryOf(HttpContext context) =>
        QueryParameters.TryParse(context.Request.QueryString.Value, out QueryParameters? query, out string? problem) ? query : throw new ApiRefusal(Text(400, problem));

    async ValueTask<FoundPod> FindPodAsync(HttpContext context)
    {
        FoundPod? pod = await catalog.FindAsync(Value(context, "namespace")!, Value(context, "pod")!, context.RequestAborted);
        bool isIt = pod is not null && (Value(context, "uid") is not { } uid || pod.Item.Text("metadata", "uid") == uid);
        return isIt ? pod! : throw new ApiRefusal(Text(404, "pod does not exist"));
    }

    async ValueTask<ApiUser> AuthorizeAsync(HttpContext context)
    {
        ApiUser user = _tokens.Authenticate(context.Request) ?? options.Authenticate?.Invoke(context) ?? throw new ApiRefusal(Text(401, "Unauthorized"));
        return await options.MayAsync(user, s_proxy, context.RequestAborted) ? user : throw new ApiRefusal(Text(403, $"Forbidden (user={user.Name}, verb=create, resource=nodes, subresource(s)=[proxy])"));
    }

    async Task GuardAsync(HttpContext context, Func<Task> answer)
    {
        try
        {
            await answer();
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // the client left: nobody is there to be answered
        }
        catch (ApiRefusal refusal)
        {
            await RefuseAsync(context, refusal.Status);
        }
        catch (AuthorizerUnavailableException away)
        {
            await RefuseAsync(context, Text(503, away.Message));
        }
        catch (Exception failure)
        {
            Log.RequestFailed(logger, WithheldException.Of(failure, RequestSecrets.Of(context.Request)), context.Request.Method, context.Request.Path.Value);
            if (context.Response.HasStarted) context.Abort();
            else await RefuseAsync(context, Text(failure is RuntimeUnavailableException ? 503 : 500, failure.Message));
        }
    }

    async Task RefuseAsync(HttpContext context, Status refusal)
    {
        if (logger.IsEnabled(LogLevel.Debug))
            Log.RequestRefused(logger, context.Request.Method, context.Request.Path.Value, refusal.Code, RequestSecrets.Of(context.Request).Blank(refusal.Message ?? ""));
        context.Response.StatusCode = refusal.Code ?? 500;
        context.Response.ContentType = "text/plain; charset=utf-8";
        await context.Response.WriteAsync($"{refusal.Said}\n", context.RequestAborted);
    }

    static ApiRefusal Gone(ContainerReference container) => new(Text(500, $"container not found (\"{container.Container}\")"));

    static Status Text(int code, string message) => Status.Refusal(code, "", message);

    static string? Value(HttpContext context, string name) => context.GetRouteValue(name) as string;
}
