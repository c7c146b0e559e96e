using Microsoft.AspNetCore.Http;

namespace Fairlead.Server.PodsApi;

/// <summary>Port-forward: every check while a refusal is still an HTTP answer, then one connection of the pod's for each of the client's.</summary>
sealed class PortForwardEndpoint(IContainerRuntime runtime, IPodCatalog catalog, PortForwardAnswer answer, PodsApiOptions options)
{
    public async Task AnswerAsync(HttpContext context, ApiRequest request, ApiUser user)
    {
        await UpgradeChecks.RequireCreateAsync(options, request, user, context.RequestAborted);
        if (request.Query.First("dryRun") is not null) throw new ApiRefusal(Refusals.BadRequest("dryRun is not supported"));

        FoundPod pod = await ContainerLookup.FindPodAsync(catalog, request, context.RequestAborted);
        if (pod.Item.Text("status", "phase") is not "Running" and var phase)
            throw new ApiRefusal(Refusals.BadRequest($"pod {request.Name} is not running: its phase is {phase}"));
        IReadOnlyList<int> ports = PortForwardQuery.Read(request.Query, "ports", out string? problem) ?? throw new ApiRefusal(Refusals.BadRequest(problem!));
        await answer.AnswerAsync(
            context, (port, cancellationToken) => runtime.ConnectAsync(request.Namespace!, request.Name!, port, cancellationToken), request.Namespace!, request.Name!, ports, user);
    }
}
