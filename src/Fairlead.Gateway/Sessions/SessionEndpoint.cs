using Fairlead.Gateway.Callers;
using Fairlead.Gateway.Forwarding;
using Fairlead.Server.Handshakes;
using Fairlead.Streaming;
using Fairlead.Streaming.Relays;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Upgrades.RemoteCommand;
using Fairlead.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Fairlead.Gateway.Sessions;

/// <summary>
/// Exec and attach: every check and the dialling while a refusal is still an HTTP answer, then the client's upgrade, then the relay.
/// </summary>
sealed class SessionEndpoint(GatewayOptions options, UpstreamServer upstream, CreateCheck create, SessionSlots slots, DrainState drain,
    ILogger logger)
{
    static readonly Status s_stopping = Status.Refusal(503, "ServiceUnavailable", "the gateway is stopping and takes no new sessions");

    /// <summary>Runs a session to its end, once it has passed what every session must pass before it is dialled.</summary>
    /// <param name="context">The request.</param>
    /// <param name="target">What it asks for.</param>
    /// <param name="caller">Who asks.</param>
    /// <param name="record">Where it is told.</param>
    /// <param name="go">Answers the request. The token fires where the session has not begun yet and nobody wants it any more: the client
    /// is gone, or the gateway is stopping.</param>
    /// <returns>Null where the request was answered; otherwise the refusal, with nothing answered yet.</returns>
    internal async Task<Status?> RunAdmittedAsync(
        HttpContext context, StreamTarget target, Caller caller, SessionRecord record, Func<CancellationToken, Task<Status?>> go)
    {
        string key = caller is { IsImpersonated: false, Headers.IsEmpty: true }
            ? "address " + context.Connection.RemoteIpAddress
            : caller.Fingerprint;
        record.Slot = slots.TryTake(key);
        if (drain.HasBegun) return s_stopping; // behind the slot: a drain that has not counted this one is seen here
        if (record.Slot is null)
        {
            context.Response.Headers.RetryAfter = "1";
            return Status.Refusal(429, "TooManyRequests", "too many sessions are open at this gateway");
        }

        using CancellationTokenSource wanted = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, drain.Over);
        try
        {
            if (!options.UpstreamChecksCreate && (await create.AskAsync(caller, target, useKept: true, wanted.Token))
                .Refusal is { } refusal) return refusal;
            DataRates.Lift(context);
            return await go(wanted.Token);
        }
        catch (OperationCanceledException)
            when (!record.HasBegun && drain.Over.IsCancellationRequested && !context.RequestAborted.IsCancellationRequested)
        {
            return s_stopping;
        }
    }

    internal async Task<Status?> AnswerAsync(
        HttpContext context, StreamTarget target, Caller caller, SessionRecord record, CancellationToken wanted)
    {
        if (await AcceptedUpgrade.NegotiateAsync(context, mayResume: options.UpstreamTransport is not Transport.Spdy) is not { } accepted)
            return null;
        RemoteCommandProtocol? withoutSession = accepted.WithoutSession;
        RemoteCommandRequest request = target.ReadRequest();
        record.IsAskedBy(accepted.Protocol.Description);

        // Dialled first, so that the server's refusal is an HTTP answer. Only versions that can say what this client can are offered.
        bool inputMustEnd = request is { Stdin: true, Tty: false } && (withoutSession ?? accepted.Protocol).CanEndInput;
        UpgradedConnection connection;
        AskingSession? server = null;
        try
        {
            connection = await upstream.DialerFor(caller).DialAsync(
                upstream.Locate(target.Path + context.Request.QueryString.Value), request, Options(accepted, inputMustEnd),
                headers => UpstreamServer.Show(headers, caller, record), wanted);
            if (accepted.Protocol.IsResumable && !connection.Protocol.IsResumable)
            {
                accepted = accepted with { Protocol = withoutSession! }; // otherwise nothing else was offered
                record.IsAskedBy(accepted.Protocol.Description);
            }

            if (!IsSpliced(accepted, connection))
                server = new AskingSession(await connection.AskAsync(request, options.UpstreamLimits, wanted), request);
        }
        catch (Exception e) when (UpstreamRefusals.IsOne(e))
        {
            return UpstreamRefusals.Tell(logger, e, record.Withheld, target, caller, inputMustEnd);
        }

        await using IAsyncDisposable owned = server is null ? connection.Stream : server; // cut where the client does not follow
        wanted.ThrowIfCancellationRequested();
        string description = connection.Protocol.Description;
        record.Begin(description, connection.IsShared, connection.FellBack is not null, isSpliced: server is null);
        Log.SessionBegins(logger, target.Subresource, caller.Name, target.Namespace, target.Pod, accepted.Protocol.Description, description,
            connection.FellBack is not null);
        RelayOutcome? outcome = server is null
            ? await SpliceAsync(accepted, connection, record, caller, target)
            : await TranslateAsync(accepted, server, request, record, caller, target);
        if (outcome is null) record.Abandoned();
        else record.End(outcome);
        return null;
    }

    /// <summary>The same version on both sides, and one whose ending can be told from a loss: nothing need be decoded.</summary>
    static bool IsSpliced(AcceptedUpgrade accepted, UpgradedConnection connection) =>
        accepted.Protocol == connection.Protocol && CommandObserver.CanFollow(connection.Protocol);

    /// <returns>Null for a client that did not open its streams.</returns>
    async Task<RelayOutcome?> TranslateAsync(AcceptedUpgrade accepted, AskingSession server, RemoteCommandRequest request,
        SessionRecord record, Caller caller, StreamTarget target)
    {
        await using AnsweringSession? client = await accepted.AnswerAsync(request, ClientLimits(record));
        if (client is null) return null;
        RemoteCommandRelay relay = new(client, server, record.Traffic, options.Clock);
        await using SessionWatch watch = Watch(record, caller, target, relay.End);
        return await relay.RunAsync();
    }

    async Task<RelayOutcome> SpliceAsync(
        AcceptedUpgrade accepted, UpgradedConnection server, SessionRecord record, Caller caller, StreamTarget target)
    {
        Stream client = await accepted.UpgradeAsync(ClientLimits(record));
        ISpliceObserver observer = accepted.Protocol.IsResumable
            ? new ResumableObserver(record.Traffic, server.Withheld)
            : new CommandObserver(accepted.Protocol, record.Traffic, server.Withheld);
        await using WebSocketSplice splice = new(
            observer, client, ClientLimits(record), server.Stream, options.UpstreamLimits with { Withheld = server.Withheld },
            accepted.Context.Abort, accepted.Context.RequestAborted, options.Clock);
        await using SessionWatch watch = Watch(record, caller, target, splice.End);
        return await splice.RunAsync();
    }

    CarrierLimits ClientLimits(SessionRecord record) => options.ClientLimits with { Withheld = record.Withheld };

    SessionWatch Watch(SessionRecord record, Caller caller, StreamTarget target, Action<Status> end) => new(
        record.Traffic, options, cancellationToken => create.AskAsync(caller, target, useKept: false, cancellationToken), end, logger,
        drain.Over);

    RemoteCommandOptions Options(AcceptedUpgrade accepted, bool inputMustEnd) => new()
    {
        Transport = options.UpstreamTransport,
        UpgradeTimeout = options.UpgradeTimeout,
        Protocols = !accepted.Protocol.IsResumable ? RemoteCommandProtocol.Offer(inputMustEnd)
            : accepted.WithoutSession is null ? [RemoteCommandProtocol.Session]
            : [RemoteCommandProtocol.Session, .. RemoteCommandProtocol.Offer(inputMustEnd)],
    };
}
