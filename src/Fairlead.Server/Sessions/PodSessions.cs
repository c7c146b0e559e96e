using Fairlead.Server.Access;
using Fairlead.Server.Answers;
using Fairlead.Server.Requests;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Wire;
using Microsoft.AspNetCore.Http;

namespace Fairlead.Server.Sessions;

/// <summary>
/// Exec, attach and port-forward of a pod that a request named: what an API server's paths and a kubelet's have in common, once the user is
/// known to be allowed and the pod was found. Every check is made while a refusal is still an HTTP answer.
/// </summary>
/// <param name="pods">Finds containers.</param>
/// <param name="serving">How it is answered.</param>
/// <param name="isKubelet">By the words of a kubelet's paths and refusals.</param>
sealed class PodSessions(PodLookup pods, Serving serving, bool isKubelet)
{
    readonly RemoteCommandAnswer _remoteCommand = new(serving, isKubelet ? Callers.Alike : Callers.Known, pods.Runtime);
    readonly PortForwardAnswer _portForward = new(serving);

    /// <exception cref="ApiRefusal">There is no such container, it does not run, or the query asks for nothing that can be
    /// done.</exception>
    public async Task RunCommandAsync(HttpContext context, FoundPod pod, string container, QueryParameters query, bool isExec, ApiUser user)
    {
        IContainer found = await pods.FindContainerAsync(pod, container, context.RequestAborted);
        if (!found.IsRunning) throw new ApiRefusal(NotRunning(pod, container));
        IMainProcess? main = isExec ? null : await PodLookup.FindMainAsync(found, container, context.RequestAborted);
        RemoteCommandRequest command = RemoteCommandQuery.Read(query, isExec, isKubelet, main?.HasTerminal);
        if (RemoteCommandQuery.ProblemOf(command, isExec) is { } problem) throw new ApiRefusal(Refusals.BadRequest(problem));
        ContainerReference where = new(pod.Namespace, pod.Name, container);
        await _remoteCommand.AnswerAsync(context, new(main is null ? found.ExecAsync : main.AttachAsync, command, where, isExec), user);
    }

    /// <exception cref="ApiRefusal">The query names what is no port.</exception>
    public Task ForwardAsync(HttpContext context, FoundPod pod, QueryParameters query, ApiUser user)
    {
        IReadOnlyList<int>? ports = PortForwardQuery.Read(query, isKubelet ? "port" : "ports", out string? problem);
        if (ports is null) throw new ApiRefusal(Refusals.BadRequest(problem!));
        (string @namespace, string name) = (pod.Namespace, pod.Name);
        return _portForward.AnswerAsync(
            context, new((port, giveUp) => pods.Runtime.ConnectAsync(@namespace, name, port, giveUp), @namespace, name, ports), user);
    }

    Status NotRunning(FoundPod pod, string container) => isKubelet
        ? Refusals.InternalError($"container \"{container}\" is not running")
        : Refusals.BadRequest($"container \"{container}\" in pod \"{pod.Name}\" is not running");
}
