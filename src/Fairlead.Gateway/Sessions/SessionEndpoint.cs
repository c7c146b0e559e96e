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

        if (!options.UpstreamChecksCreate && (await create.AskAsync(caller, target, useKept: true, context.RequestAborted)).Refusal is { } refusal) return refusal;
        DataRates.Lift(context);
        return await go();
    }

    internal async Task<Status?> AnswerAsync(HttpContext context, StreamTarget target, Caller caller)
    {
        if (await AcceptedUpgrade.NegotiateAsync(context) is not { } accepted) return null;
        RemoteCommandRequest request = target.ReadRequest();
        SessionRecord record = new(options, metrics, target, caller, request, accepted.Description);

        // Dialled first, so that the server's refusal is an HTTP answer. Only versions that can say what this client can are offered.
        bool inputMustEnd = request is { Stdin: true, Tty: false } && accepted.Protocol.CanEndInput;
        UpgradedConnection connection;
        AskingSession? server = null;
        try
        {
            connection = await upstream.DialerFor(caller).DialAsync(
                upstream.Locate(target.Path + context.Request.QueryString.Value), request, Options(inputMustEnd),
                headers => UpstreamServer.Show(headers, caller), context.RequestAborted);
            if (!IsSpliced(accepted, connection)) server = new AskingSession(await connection.AskAsync(request, options.UpstreamLimits, context.RequestAborted), request);
        }
        catch (Exception e) when (e is UpgradeException or HttpRequestException or TimeoutException or SessionLostException or IOException)
        {
            Status refusal = UpstreamRefusals.Of(e, inputMustEnd);
            record.Refused(refusal);
            return refusal;
        }

        string description = (connection.IsSpdy ? "SPDY/3.1 " : "WebSocket ") + connection.Protocol;
        record.Begin(description, connection.FellBack is not null, isSpliced: server is null);
        Log.SessionBegins(logger, target.Subresource, caller.Name, target.Namespace, target.Pod, accepted.Description, description, connection.FellBack is not null);
        RelayOutcome outcome = new(RelayEnd.ClientLost, null);
        try
        {
            outcome = server is null
                ? await SpliceAsync(accepted, connection.Stream, record, caller, target)
                : await TranslateAsync(accepted, server, request, record, caller, target);
        }
        finally
        {
            record.End(outcome);
        }

        return null;
    }

    /// <summary>The same version on both sides, and one whose ending can be told from a loss: nothing need be decoded.</summary>
    static bool IsSpliced(AcceptedUpgrade accepted, UpgradedConnection connection) =>
        !accepted.IsSpdy && !connection.IsSpdy && accepted.Protocol == connection.Protocol && connection.Protocol.HasJsonStatus;

    async Task<RelayOutcome> TranslateAsync(AcceptedUpgrade accepted, AskingSession server, RemoteCommandRequest request, SessionRecord record, Caller caller, StreamTarget target)
    {
        await using AskingSession owned = server;
        await using AnsweringSession? client = await accepted.AnswerAsync(request, options.ClientLimits);
        if (client is null) return new RelayOutcome(RelayEnd.ClientLost, null);
        RemoteCommandRelay relay = new(client, server, record.Traffic, options.Clock);
        await using SessionWatch watch = Watch(record, caller, target, relay.End);
        return await relay.RunAsync();
    }

    async Task<RelayOutcome> SpliceAsync(AcceptedUpgrade accepted, Stream server, SessionRecord record, Caller caller, StreamTarget target)
    {
        await using Stream owned = server;
        Stream client = await accepted.UpgradeAsync(options.ClientLimits);
        await using WebSocketSplice splice = new(
            client, options.ClientLimits, server, options.UpstreamLimits, accepted.Protocol, record.Traffic, accepted.Context.Abort, accepted.Context.RequestAborted, options.Clock);
        await using SessionWatch watch = Watch(record, caller, target, splice.End);
        return await splice.RunAsync();
    }

    SessionWatch Watch(SessionRecord record, Caller caller, StreamTarget target, Action<Status> end) => new(
        record.Traffic, options,
        async cancellationToken => await create.AskAsync(caller, target, useKept: false, cancellationToken) is CreateAnswer.Allowed,
        end, drain.Over);

    ExecOptions Options(bool inputMustEnd) => new()
    {
        Transport = options.UpstreamTransport,
        UpgradeTimeout = options.UpgradeTimeout,
        Protocols = inputMustEnd ? [RemoteCommandProtocol.V5] : [RemoteCommandProtocol.V5, RemoteCommandProtocol.V4],
        SpdyProtocols = inputMustEnd ? [.. RemoteCommandProtocol.OverSpdy.Where(static protocol => protocol.CanEndInput)] : RemoteCommandProtocol.OverSpdy,
    };
}
