using Fairlead.Streaming.RemoteCommand;
using Fairlead.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Fairlead.Server.PodsApi;

/// <summary>Exec and attach: every check while a refusal is still an HTTP answer, then the session.</summary>
sealed class RemoteCommandEndpoint(ContainerLookup containers, PodsApiOptions options, ILogger logger, CancellationToken stopping)
{
    public async Task AnswerAsync(HttpContext context, ApiRequest request, ApiUser user)
    {
        UpgradeChecks.RequireCreate(request, user);
        IQueryCollection query = context.Request.Query;
        if (query.ContainsKey("dryRun")) throw new ApiRefusal(Refusals.BadRequest("dryRun is not supported"));

        FoundContainer found = await containers.FindAsync(request, QueryValues.First(query, "container"), context.RequestAborted);
        if (!found.Container.IsRunning)
            throw new ApiRefusal(Refusals.BadRequest($"container \"{found.Reference.Container}\" in pod \"{found.Reference.Pod}\" is not running"));

        bool isExec = request.Subresource == ApiResources.Exec;
        RemoteCommandRequest command = RemoteCommandQuery.Read(query, isExec, found.Container);
        bool isSpdy = UpgradeChecks.RequireStream(context.Request, !options.Protocols.IsEmpty, !options.SpdyProtocols.IsEmpty);

        DataRates.Lift(context);
        await using AnsweringSession? session = isSpdy
            ? await SpdyUpgrade.AcceptAsync(context, command, options.SpdyProtocols, options.Limits)
            : await WebSocketUpgrade.AcceptAsync(context, command, options.Protocols, options.Limits);
        if (session is not null) await RunAsync(session, found, isExec, user);
    }

    async Task RunAsync(AnsweringSession session, FoundContainer found, bool isExec, ApiUser user)
    {
        string kind = isExec ? "exec" : "attach";
        (string @namespace, string pod, string container) = found.Reference;
        Log.SessionBegins(logger, kind, user.Name, container, @namespace, pod, session.Protocol.Name);
        using CancellationTokenRegistration stop = stopping.Register(() => session.Abort("The server is stopping."));
        Status status;
        try
        {
            status = await (isExec ? found.Container.ExecAsync(session) : found.Container.AttachAsync(session));
        }
        catch (Exception failure)
        {
            Log.RuntimeFailed(logger, failure, kind, container, @namespace, pod);
            status = Status.InternalError(failure.Message);
        }

        await session.EndAsync(status);
        Log.SessionEnded(logger, kind, user.Name, container, @namespace, pod, status.Result, status.Reason);
    }
}
