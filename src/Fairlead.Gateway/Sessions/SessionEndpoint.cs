using Fairlead.Client;
using Fairlead.Gateway.Callers;
using Fairlead.Gateway.Forwarding;
using Fairlead.Gateway.Operations;
using Fairlead.Server;
using Fairlead.Streaming;
using Fairlead.Streaming.Relays;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Fairlead.Gateway.Sessions;

/// <summary>
/// Exec and attach: every check and the dialling while a refusal is still an HTTP answer, then the client's upgrade, then the relay.
/// </summary>
sealed class SessionEndpoint(GatewayOptions options, UpstreamServer upstream, CreateCheck create, SessionSlots slots, GatewayMetrics metrics, DrainState drain, ILogger logger)
{
    /// <returns>Null where the request was answered; otherwise the refusal, with nothing answered yet.</returns>
    internal async Task<Status?> RefusalAsync(HttpContext context, StreamTarget target, Caller caller, Func<Task<Status?>> go)
    {
        if (drain.HasBegun) return Status.Refusal(503, "ServiceUnavailable", "the gateway is stopping and takes no new sessions");
        string key = caller is { IsImpersonated: false, Headers.IsEmpty: true } ? "address " + context.Connection.RemoteIpAddress : caller.Fingerprint;
        using IDisposable? slot = slots.TryTake(key);
        if (slot is null)
        {
            context.Response.Headers.RetryAfter = "1";
            return Status.Refusal(429, "TooManyRequests", "too many sessions are open at this gateway");
        }

        if (!options.UpstreamChecksCreate && await create.RefusalAsync(caller, target, useKept: true, context.RequestAborted) is { } refusal) return refusal;
        DataRates.Lift(context);
        return await go();
    }

    internal async Task<Status?> AnswerAsync(HttpContext context, StreamTarget target, Caller caller)
    {
        if (await AcceptedUpgrade.NegotiateAsync(context) is not { } accepted) return null;
        RemoteCommandRequest request = target.ReadRequest(context.Request.Query);
        SessionRecord record = new(options, metrics, target, caller, request, accepted.Description);

        // Dialled first, so that the server's refusal is an HTTP answer. Only versions that can say what this client can are offered.
        bool inputMustEnd = request is { Stdin: true, Tty: false } && accepted.Protocol.CanEndInput;
        UpgradedConnection connection;
        AskingSession server;
        try
        {
            connection = await upstream.DialerFor(caller).DialAsync(
                upstream.Locate(target.Path + context.Request.QueryString.Value), request, Options(inputMustEnd),
                headers => UpstreamServer.Show(headers, caller), context.RequestAborted);
            server = new AskingSession(await connection.AskAsync(request, options.UpstreamLimits, context.RequestAborted), request);
        }
        catch (Exception e) when (e is UpgradeException or HttpRequestException or TimeoutException or SessionLostException or IOException)
        {
            Status refusal = UpstreamRefusals.Of(e, inputMustEnd);
            record.Refused(refusal);
            return refusal;
        }

        await using (server)
        {
            record.Begin(server.Description, connection.FellBack is not null, isSpliced: false);
            Log.SessionBegins(logger, target.Subresource, caller.Name, target.Namespace, target.Pod, accepted.Description, server.Description, connection.FellBack is not null);
            await using AnsweringSession? client = await accepted.AnswerAsync(request, options.ClientLimits);
            record.End(client is null ? new RelayOutcome(RelayEnd.ClientLost, null) : await RelayAsync(client, server, record, caller, target));
            return null;
        }
    }

    async Task<RelayOutcome> RelayAsync(AnsweringSession client, AskingSession server, SessionRecord record, Caller caller, StreamTarget target)
    {
        RemoteCommandRelay relay = new(client, server, record.Traffic, options.Clock);
        await using SessionWatch watch = new(
            record.Traffic, options,
            async cancellationToken => await create.RefusalAsync(caller, target, useKept: false, cancellationToken) is null,
            relay.End, drain.Over);
        return await relay.RunAsync();
    }

    ExecOptions Options(bool inputMustEnd) => new()
    {
        Transport = options.UpstreamTransport,
        UpgradeTimeout = options.UpgradeTimeout,
        Protocols = inputMustEnd ? [RemoteCommandProtocol.V5] : [RemoteCommandProtocol.V5, RemoteCommandProtocol.V4],
        SpdyProtocols = inputMustEnd ? [.. RemoteCommandProtocol.OverSpdy.Where(static protocol => protocol.CanEndInput)] : RemoteCommandProtocol.OverSpdy,
    };
}
