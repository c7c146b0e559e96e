using System.Security.Cryptography.X509Certificates;
using Fairlead.Gateway.Callers;
using Fairlead.Gateway.Forwarding;
using Fairlead.Gateway.Operations;
using Fairlead.Gateway.Sessions;
using Fairlead.Server.Answers;
using Fairlead.Server.Handshakes;
using Fairlead.Server.Hosting;
using Fairlead.Server.Requests;
using Fairlead.Wire;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Fairlead.Gateway;

/// <summary>The way of every request: what is it, who sends it, may it pass, and then to its session or on upstream.</summary>
sealed class GatewayHandler(
    GatewayOptions options, ServerTls tls, SessionEndpoint sessions, ForwardEndpoint forwards, OrdinaryRequests ordinary,
    OperationsEndpoint operations, DrainState drain, GatewayMetrics metrics, ILogger logger)
{
    internal async Task InvokeAsync(HttpContext context)
    {
        if (OperationsEndpoint.Answers(context))
        {
            await operations.AnswerAsync(context);
            return;
        }

        ExtendedConnect.Adopt(context);
        DataRates.Keep(context);
        if (drain.IsAnnounced && HttpProtocol.IsHttp2(context.Request.Protocol))
            context.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose(); // a GOAWAY: the next one goes elsewhere
        WithheldWords withheld = RequestSecrets.Of(context.Request); // before credentials are taken out of its headers
        using SessionRecord? record = StreamTarget.IsAsked(context) ? Record(context, withheld) : null;
        try
        {
            if (await AnswerAsync(context, record, withheld) is { } refusal)
            {
                record?.Refused(refusal.Code ?? 500, refusal.Reason);
                if (!context.Response.HasStarted) await StatusAnswer.WriteAsync(context, refusal);
            }
            else
            {
                // does nothing where the end was recorded already; otherwise the handshake was refused while it was read
                record?.Refused(context.Response.StatusCode, "BadHandshake");
            }
        }
        catch (Exception e) when (context.RequestAborted.IsCancellationRequested && e is OperationCanceledException or IOException)
        {
            record?.Abandoned(); // the client left: nobody is there to be answered
        }
        catch (Exception failure)
        {
            Log.RequestFailed(logger, WithheldException.Of(failure, withheld), context.Request.Method, context.Request.Path.Value);
            record?.Failed();
            if (!context.Response.HasStarted)
                await StatusAnswer.WriteAsync(context, Status.Refusal(500, "InternalError", "the gateway failed"));
            else context.Abort();
        }
    }

    SessionRecord Record(HttpContext context, WithheldWords withheld)
    {
        StreamTarget? target = StreamTarget.IsAmbiguous(context) ? null : StreamTarget.Find(context, out _);
        return new SessionRecord(options, metrics, logger, target, target?.ReadRequest().Command ?? [],
            context, StreamTarget.PathOf(context), ClientAddress.Of(context, options.TrustedProxies))
        { Withheld = withheld, ClientHttp = HttpProtocol.IsHttp2(context.Request.Protocol) ? "2" : "1.1" };
    }

    /// <summary>Answers a request to its end, which for a session can be hours away, or says why not.</summary>
    /// <returns>Null where the request was answered; otherwise the refusal, with nothing answered yet.</returns>
    async Task<Status?> AnswerAsync(HttpContext context, SessionRecord? record, WithheldWords withheld)
    {
        HttpRequest request = context.Request;
        if (HttpMethods.IsConnect(request.Method)) return Status.Refusal(405, "MethodNotAllowed", "the gateway opens no tunnels");
        if (!request.Method.All(char.IsAsciiLetterUpper)) // others read `get` as GET
            return Status.Refusal(405, "MethodNotAllowed", "methods are words of upper-case letters");
        string target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (!target.StartsWith('/')) return Status.Refusal(400, "BadRequest", "the request's target is no path");
        if (target.Any(static c => c is < '!' or > '~' or '#')) // HTTP/2 brings whatever it likes, which ends a request line of HTTP/1.1
            return Status.Refusal(400, "BadRequest", "the request's target has characters that a path may not have");

        bool isUpgrade = StreamTarget.IsUpgrade(context);
        X509Certificate2? certificate = tls.CertificateOf(context.Connection, out bool believed);
        if (!believed)
            return Refuse(Status.Refusal(401, "Unauthorized", "the client certificate's authority is not trusted any more"),
            "a certificate");
        Caller? caller = CallerIdentification.Identify(request, certificate, out Status? refusal);
        if (caller is null) return Refuse(refusal!, "a certificate");
        record?.IsFrom(caller);
        if (isUpgrade && !IsOriginAllowed(request))
            return Refuse(Status.Refusal(403, "Forbidden", "browsers may not open sessions from this origin"), caller.Name);
        if (isUpgrade && StreamTarget.IsAmbiguous(context))
            return Refuse(Status.Refusal(400, "BadRequest", "the path of an upgrade has no escapes and no empty or dot segments"),
                caller.Name);
        string? problem = null;
        if (record is null || StreamTarget.Find(context, out problem) is not { } wanted)
        {
            if (problem is not null) return Refuse(Status.Refusal(400, "BadRequest", problem), caller.Name);
            await ordinary.ForwardAsync(context, caller, withheld, isUpgrade);
            record?.PassedOn(context.Response.StatusCode, context.RequestAborted.IsCancellationRequested);
            return null;
        }

        Status? refused = await sessions.RunAdmittedAsync(
            context, wanted, caller, record,
            admitted => wanted.IsRemoteCommand ? sessions.AnswerAsync(context, wanted, caller, record, admitted) : forwards.AnswerAsync(
                context, wanted, caller, record, admitted));
        return refused is null ? null : Refuse(refused, caller.Name);

        Status Refuse(Status status, string who)
        {
            if (logger.IsEnabled(LogLevel.Debug))
                Log.RequestRefused(logger, request.Method, request.Path.Value, who, status.Code, withheld.Blank(status.Reason),
                    withheld.Blank(status.Message));
            return status;
        }
    }

    /// <summary>
    /// Only browsers send an Origin; they send it whatever page asks them to open a WebSocket, with whatever they know to show.
    /// </summary>
    bool IsOriginAllowed(HttpRequest request) =>
        request.Headers.Origin.Count == 0
            || (request.Headers.Origin.Count == 1
            && options.AllowedOrigins.Contains(request.Headers.Origin[0]!, StringComparer.OrdinalIgnoreCase));
}
