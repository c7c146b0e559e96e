using Fairlead.Server.PodsApi;
using Fairlead.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Fairlead.Server.Issued;

/// <summary>Where streams that were issued are fetched. A ticket is taken by whatever comes with it, also by a request that is then refused.</summary>
sealed class IssuedStreamsHandler(StreamTickets tickets, PodsApiOptions options, ILogger logger, CancellationToken stopping)
{
    static readonly ApiUser s_holder = new() { Name = "a ticket's holder", Token = "" };

    readonly RemoteCommandAnswer _remoteCommand = new(options, logger, stopping);
    readonly PortForwardAnswer _portForward = new(options, logger, stopping);

    public async Task AnswerAsync(HttpContext context)
    {
        try
        {
            await (tickets.Redeem(context.GetRouteValue("ticket") as string) switch
            {
                IssuedCommand asked => _remoteCommand.AnswerAsync(context, asked.Request, asked.Run, asked.Where, asked.IsExec, s_holder),
                IssuedForward forward => _portForward.AnswerAsync(context, forward.Connect, forward.Namespace, forward.Pod, forward.Ports, s_holder),
                _ => throw new ApiRefusal(Status.Refusal(404, "NotFound", "this URL was used, is too old, or was never given out")),
            });
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // the client left: nobody is there to be answered
        }
        catch (ApiRefusal refusal)
        {
            await RefuseAsync(context, refusal.Status);
        }
        catch (Exception failure)
        {
            Log.RequestFailed(logger, WithheldException.Of(failure, RequestSecrets.Of(context.Request)), context.Request.Method, Kind(context));
            if (context.Response.HasStarted) context.Abort();
            else await RefuseAsync(context, Status.Refusal(500, "InternalError", failure.Message));
        }
    }

    async Task RefuseAsync(HttpContext context, Status refusal)
    {
        if (logger.IsEnabled(LogLevel.Debug))
            Log.RequestRefused(logger, context.Request.Method, Kind(context), refusal.Code, RequestSecrets.Of(context.Request).Blank(refusal.Message ?? ""));
        context.Response.StatusCode = refusal.Code ?? 500;
        context.Response.ContentType = "text/plain; charset=utf-8";
        await context.Response.WriteAsync($"{refusal.Said}\n", context.RequestAborted);
    }

    /// <summary>The path without its ticket.</summary>
    static string Kind(HttpContext context) => context.Request.Path.Value is { } path ? path[..(path.LastIndexOf('/') + 1)] : "";
}
