using Fairlead.Server.Access;
using Fairlead.Server.Answers;
using Fairlead.Server.PodsApi.Objects;
using Fairlead.Server.Sessions;
using Microsoft.AspNetCore.Http;

namespace Fairlead.Server.PodsApi;

/// <summary>Exec, attach and port-forward by an API server's paths.</summary>
sealed class StreamEndpoint(PodLookup pods, Admission admission, Serving serving)
{
    readonly PodSessions _sessions = new(pods, serving, isKubelet: false);

    /// <remarks>
    /// A GET is authorized as <c>get</c>, but what it does here is to start something: without asking for <c>create</c> too, a role that
    /// may only read could run commands over WebSocket, whose requests are always GETs.
    /// </remarks>
    /// <exception cref="ApiRefusal">The user may not, there is no such pod, or what is asked for cannot be had of it.</exception>
    public async Task AnswerAsync(HttpContext context, ApiRequest request, ApiUser user)
    {
        await admission.RequireAsync(user, request.Attributes with { Verb = "create" }, context.RequestAborted);
        if (request.Query.First("dryRun") is not null) throw new ApiRefusal(Refusals.BadRequest("dryRun is not supported"));

        FoundPod pod = await request.FindPodAsync(pods, context.RequestAborted);
        if (request.Subresource == ApiResources.PortForward)
        {
            if (pod.Item.Text("status", "phase") is not "Running" and var phase)
                throw new ApiRefusal(Refusals.BadRequest($"pod {pod.Name} is not running: its phase is {phase}"));
            await _sessions.ForwardAsync(context, pod, request.Query, user);
            return;
        }

        string container = PodLookup.NameOf(pod, request.Query.First("container"));
        await _sessions.RunCommandAsync(context, pod, container, request.Query, request.Subresource == ApiResources.Exec, user);
    }
}
