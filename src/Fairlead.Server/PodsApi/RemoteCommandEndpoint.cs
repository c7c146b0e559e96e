using Microsoft.AspNetCore.Http;

namespace Fairlead.Server.PodsApi;

/// <summary>Exec and attach: every check while a refusal is still an HTTP answer, then the session.</summary>
sealed class RemoteCommandEndpoint(ContainerLookup containers, RemoteCommandAnswer answer, PodsApiOptions options)
{
    public async Task AnswerAsync(HttpContext context, ApiRequest request, ApiUser user)
    {
        await UpgradeChecks.RequireCreateAsync(options, request, user, context.RequestAborted);
        IQueryCollection query = context.Request.Query;
        if (query.ContainsKey("dryRun")) throw new ApiRefusal(Refusals.BadRequest("dryRun is not supported"));

        FoundContainer found = await containers.FindAsync(request, QueryValues.First(query, "container"), context.RequestAborted);
        if (!found.Container.IsRunning)
            throw new ApiRefusal(Refusals.BadRequest($"container \"{found.Reference.Container}\" in pod \"{found.Reference.Pod}\" is not running"));

        bool isExec = request.Subresource == ApiResources.Exec;
        await answer.AnswerAsync(context, RemoteCommandQuery.Read(query, isExec, found.Container), found.Container, found.Reference, isExec, user);
    }
}
