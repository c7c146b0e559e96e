using Fairlead.Server.Access;
using Fairlead.Server.Answers;
using Fairlead.Server.PodsApi.Objects;
using Fairlead.Server.Requests;
using Fairlead.Server.Sessions;
using Fairlead.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Fairlead.Server.Kubelet;

/// <summary>The streaming paths of a kubelet: what an API server dials when a client asks it for exec, attach or port-forward.</summary>
/// <remarks>Refusals are plain text here. Whatever the method, what is asked for is to create: a GET is how a WebSocket begins.</remarks>
sealed class KubeletHandler
{
    static readonly AccessAttributes s_proxy = new("create", "", "nodes", "proxy", null, ThisMachine.NodeName);

    readonly RefusalLadder _ladder;
    readonly Admission _admission;
    readonly PodLookup _pods;
    readonly PodSessions _sessions;
    readonly Serving _serving;

    public KubeletHandler(IContainerRuntime runtime, IPodCatalog catalog, Serving serving)
    {
        _ladder = new RefusalLadder(serving.Logger, TextAnswer.WriteAsync);
        _admission = new Admission(serving.Options);
        _pods = new PodLookup(runtime, catalog);
        _sessions = new PodSessions(_pods, serving, isKubelet: true);
        _serving = serving;
    }

    public Task ExecAsync(HttpContext context) => AnswerAsync(context, (pod, user) => RunCommandAsync(context, pod, isExec: true, user));

    public Task AttachAsync(HttpContext context) => AnswerAsync(context, (pod, user) => RunCommandAsync(context, pod, isExec: false, user));

    public Task PortForwardAsync(HttpContext context) =>
        AnswerAsync(context, (pod, user) => _sessions.ForwardAsync(context, pod, QueryParameters.Of(context.Request), user));

    Task RunCommandAsync(HttpContext context, FoundPod pod, bool isExec, ApiUser user) =>
        _sessions.RunCommandAsync(context, pod, Value(context, "container")!, QueryParameters.Of(context.Request), isExec, user);

    Task AnswerAsync(HttpContext context, Func<FoundPod, ApiUser, Task> answer) =>
        _serving.FollowAsync(context, context => _ladder.AnswerAsync(context, context => JudgeAsync(context, answer)));

    async Task JudgeAsync(HttpContext context, Func<FoundPod, ApiUser, Task> answer)
    {
        SessionPath.Check(context.Request);
        ApiUser user = _admission.Identify(context);
        if (!await _admission.MayAsync(user, s_proxy, context.RequestAborted))
            throw Refusal(403, "Forbidden", $"Forbidden (user={user.Name}, verb=create, resource=nodes, subresource(s)=[proxy])");
        FoundPod? pod = await _pods.FindAsync(Value(context, "namespace")!, Value(context, "pod")!, context.RequestAborted);
        bool isIt = pod is not null && (Value(context, "uid") is not { } uid || pod.Item.Text("metadata", "uid") == uid);
        await answer(isIt ? pod! : throw Refusal(404, "NotFound", "pod does not exist"), user);
    }

    static ApiRefusal Refusal(int code, string reason, string message) => new(Status.Refusal(code, reason, message));

    static string? Value(HttpContext context, string name) => context.GetRouteValue(name) as string;
}
