using Fairlead.Gateway.Callers;
using Fairlead.Gateway.Forwarding;
using Fairlead.Gateway.Operations;
using Fairlead.Gateway.Sessions;
using Fairlead.Server;
using Fairlead.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Fairlead.Gateway;

/// <summary>The way of every request: what is it, who sends it, may it pass, and then to its session or on upstream.</summary>
sealed class GatewayHandler(GatewayOptions options, SessionEndpoint sessions, ForwardEndpoint forwards, OrdinaryRequests ordinary, OperationsEndpoint operations, GatewayMetrics metrics, ILogger logger)
{
    internal async Task InvokeAsync(HttpContext context)
    {
        try
        {
            if (OperationsEndpoint.Answers(context)) await operations.AnswerAsync(context);
            else if (await RefusalAsync(context) is { } refusal && !context.Response.HasStarted)
            {
                metrics.Refused(refusal.Code ?? 500);
                await StatusAnswer.WriteAsync(context, refusal);
            }
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // the client left: nobody is there to be answered
        }
        catch (Exception failure)
        {
            // by its kind alone: a message may quote what was sent
            Log.RequestFailed(logger, context.Request.Method, context.Request.Path, failure.GetType().Name);
            if (!context.Response.HasStarted) await StatusAnswer.WriteAsync(context, Status.Refusal(500, "InternalError", "the gateway failed"));
            else context.Abort();
        }
    }

    /// <returns>Null where the request was answered.</returns>
    async Task<Status?> RefusalAsync(HttpContext context)
    {
        HttpRequest request = context.Request;
        if (WebSocketUpgrade.RequireHttp11(context)) return null;
        if (HttpMethods.IsConnect(request.Method)) return Status.Refusal(405, "MethodNotAllowed", "the gateway opens no tunnels");
        if (!context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.StartsWith('/')) return Status.Refusal(400, "BadRequest", "the request's target is no path");

        bool isUpgrade = context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true } && request.Headers.Upgrade.Count > 0;
        Caller? caller = CallerIdentification.Identify(request, context.Connection.ClientCertificate, out Status? refusal);
        if (caller is null) return Refuse(refusal!, "a certificate");
        if (isUpgrade && !IsOriginAllowed(request)) return Refuse(Status.Refusal(403, "Forbidden", "browsers may not open sessions from this origin"), caller.Name);
        if (!isUpgrade)
        {
            await ordinary.ForwardAsync(context, caller, isUpgrade);
            return null;
        }

        if (StreamTarget.IsAmbiguous(context)) return Refuse(Status.Refusal(400, "BadRequest", "the path of an upgrade has no escapes and no empty or dot segments"), caller.Name);
        if (StreamTarget.Find(context, out string? problem) is not { } target)
        {
            if (problem is not null) return Refuse(Status.Refusal(400, "BadRequest", problem), caller.Name);
            await ordinary.ForwardAsync(context, caller, isUpgrade);
            return null;
        }

        Status? refused = await sessions.RefusalAsync(
            context, target, caller, () => target.IsRemoteCommand ? sessions.AnswerAsync(context, target, caller) : forwards.AnswerAsync(context, target, caller));
        return refused is null ? null : Refuse(refused, caller.Name);

        Status Refuse(Status status, string who)
        {
            Log.RequestRefused(logger, request.Method, request.Path, who, status.Code, status.Reason);
            return status;
        }
    }

    /// <summary>Only browsers send an Origin; they send it whatever page asks them to open a WebSocket, with whatever they know to show.</summary>
    bool IsOriginAllowed(HttpRequest request) =>
        request.Headers.Origin.Count == 0 || (request.Headers.Origin.Count == 1 && options.AllowedOrigins.Contains(request.Headers.Origin[0]!, StringComparer.OrdinalIgnoreCase));
}
