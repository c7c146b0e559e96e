using Fairlead.Streaming.RemoteCommand;
using Microsoft.AspNetCore.Http;

namespace Fairlead.Server.PodsApi;

/// <summary>Exec and attach: every check while a refusal is still an HTTP answer, then the session.</summary>
sealed class RemoteCommandEndpoint(ContainerLookup containers, RemoteCommandAnswer answer, PodsApiOptions options)
{
    public async Task AnswerAsync(HttpContext context, ApiRequest request, ApiUser user)
    {
        await UpgradeChecks.RequireCreateAsync(options, request, user, context.RequestAborted);
        QueryParameters query = request.Query;
        if (query.First("dryRun") is not null) throw new ApiRefusal(Refusals.BadRequest("dryRun is not supported"));

        FoundContainer found = await containers.FindAsync(request, query.First("container"), context.RequestAborted);
        if (!found.Container.IsRunning)
            throw new ApiRefusal(Refusals.BadRequest($"container \"{found.Reference.Container}\" in pod \"{found.Reference.Pod}\" is not running"));

        bool isExec = request.Subresource == ApiResources.Exec;
        IMainProcess? main = isExec ? null : await ContainerLookup.FindMainProcessAsync(found, context.RequestAborted);
        RemoteCommandRequest command = RemoteCommandQuery.Read(query, isExec, isKubelet: false, main?.HasTerminal);
        if (RemoteCommandQuery.ProblemOf(command, isExec) is { } problem) throw new ApiRefusal(Refusals.BadRequest(problem));
        await answer.AnswerAsync(
            context, command, main is null ? found.Container.ExecAsync : main.AttachAsync, found.Reference, isExec, user);
    }
}
