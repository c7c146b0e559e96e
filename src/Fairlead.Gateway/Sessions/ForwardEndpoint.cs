using Fairlead.Gateway.Callers;
using Fairlead.Gateway.Forwarding;
using Fairlead.Server.Handshakes;
using Fairlead.Server.Ports;
using Fairlead.Server.Requests;
using Fairlead.Streaming;
using Fairlead.Streaming.PortForward;
using Fairlead.Streaming.Relays;
using Fairlead.Upgrades.PortForward;
using Fairlead.Wire;
using Fairlead.Wire.PortForward;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Fairlead.Gateway.Sessions;

/// <summary>
/// Port-forward: accepted in any form, dialled in the best that the server takes, and joined: where both are the same form of our
/// own, as it is, otherwise connection by connection.
/// </summary>
sealed class ForwardEndpoint(GatewayOptions options, UpstreamServer upstream, CreateCheck create, DrainState drain, ILogger logger)
{
    /// <summary>The port that forms with channels are dialled with where the client has named none, which its own form allows.</summary>
    const int AnyPort = 1;

    static readonly PortForwardProtocol[] s_asked = [
        PortForwardProtocol.Conversations, PortForwardProtocol.Direct, PortForwardProtocol.Tunnel, PortForwardProtocol.Spdy,
        PortForwardProtocol.ChannelsV4];

    /// <returns>Null where the request was answered; otherwise the refusal, with nothing answered yet.</returns>
    internal async Task<Status?> AnswerAsync(
        HttpContext context, StreamTarget target, Caller caller, SessionRecord record, CancellationToken wanted)
    {
        if (PortForwardQuery.Read(target.Query, target.PortParameter, out _) is not { } ports)
            return Status.Refusal(400, "BadRequest", $"query parameter \"{target.PortParameter}\" has numbers from 1 to 65535");
        if (await PortForwardHandshake.NegotiateAsync(context, PortForwardProtocol.All) is not { } protocol) return null;
        if (protocol.HasChannels && ports.Count == 0)
            return Status.Refusal(400, "BadRequest", $"query parameter \"{target.PortParameter}\" is required");

        record.IsAskedBy(protocol.Description);
        UpgradedForward upgraded;
        try
        {
            upgraded = await upstream.DialerFor(caller).DialForwardAsync(
                upstream.Locate(target.Path), ports.Count > 0 ? ports[0] : AnyPort, Options(protocol), target.PortParameter, headers =>
                    UpstreamServer.Show(headers, caller, record), wanted);
        }
        catch (Exception e) when (UpstreamRefusals.IsOne(e))
        {
            return UpstreamRefusals.Tell(logger, e, record.Withheld, target, caller);
        }

        bool isSpliced = IsOurs(protocol) && upgraded.Protocol == protocol;
        await using IAsyncDisposable server = isSpliced ? upgraded.Stream : upgraded.Open();
        wanted.ThrowIfCancellationRequested();
        string description = upgraded.Protocol.Description;
        record.Begin(description, upgraded.IsShared, upgraded.FellBack is not null, isSpliced);
        Log.SessionBegins(logger, target.Subresource, caller.Name, target.Namespace, target.Pod, protocol.Description, description,
            upgraded.FellBack is not null);
        CarrierLimits limits = options.ClientLimits with { Withheld = record.Withheld };
        Stream stream = await PortForwardHandshake.UpgradeAsync(context, protocol, limits);
        if (server is ForwardSession session)
        {
            await using PortForwardAcceptor acceptor = PortForwardHandshake.Answer(context, stream, protocol, ports, limits);
            record.End(await RelayAsync(acceptor, session, record, caller, target));
        }
        else
        {
            ISpliceObserver observer = protocol == PortForwardProtocol.Direct
                ? new ForwardObserver(record.Traffic, upgraded.Withheld) { Failed = Tell }
                : new ConversationObserver(record.Traffic, upgraded.Withheld) { Failed = Tell };
            await using WebSocketSplice splice = new(
                observer, stream, limits, upgraded.Stream, options.UpstreamLimits with { Withheld = upgraded.Withheld }, context.Abort,
                context.RequestAborted, options.Clock);
            await using SessionWatch watch = Watch(record, caller, target, splice.End);
            record.End(await splice.RunAsync());
        }

        return null;

        void Tell(int port, ForwardResetException fault) =>
            Log.ConnectionFailed(logger, port, target.Namespace, target.Pod, fault.Fault.ToString(), fault.Message);
    }

    SessionWatch Watch(SessionRecord record, Caller caller, StreamTarget target, Action<Status> end) => new(
        record.Traffic, options, cancellationToken => create.AskAsync(caller, target, useKept: false, cancellationToken), end, logger,
        drain.Over);

    async Task<RelayOutcome> RelayAsync(
        PortForwardAcceptor acceptor, ForwardSession session, SessionRecord record, Caller caller, StreamTarget target)
    {
        Status? ended = null;
        OpenConnections open = new();
        await using SessionWatch watch = Watch(record, caller, target, reason =>
        {
            ended ??= reason;
            acceptor.Abort(new SessionLostException(SessionLoss.LocalAbort, reason.Message!));
        });
        using PortForwardRun run = new(acceptor, ConnectAsync, target.Namespace, target.Pod, options.UpgradeTimeout, logger)
        {
            Ended = outcome =>
            {
                record.Traffic.Release(outcome.Sent, outcome.Received);
                open.Remove();
            },
        };
        Task running = run.RunAsync();
        Task<SessionLostException?> lost = session.Ended;
        if (await Task.WhenAny(running, lost) == lost && !running.IsCompleted && await lost is { } loss)
        {
            // Connections that are there go on as long as they can; a client that cannot open another one must learn it, once they have
            // ended.
            await Task.WhenAny(running, open.WaitForNoneAsync());
            if (!running.IsCompleted)
            {
                ended ??= SessionEndings.ServerLost(loss);
                acceptor.Abort(loss);
                await running;
                return new RelayOutcome(RelayEnd.ServerLost, ended);
            }
        }

        await running;
        return ended is not null ? new RelayOutcome(RelayEnd.Ended, ended)
            : await acceptor.Ended is null ? new RelayOutcome(RelayEnd.Completed, null)
            : new RelayOutcome(RelayEnd.ClientLost, null);

        async ValueTask<ForwardedStream> ConnectAsync(int port, CancellationToken cancellationToken)
        {
            try
            {
                ForwardedStream stream = await session.ConnectAsync(port, cancellationToken);
                record.Traffic.Hold();
                open.Add();
                return stream;
            }
            catch (Exception e) when (UpstreamRefusals.IsOne(e))
            {
                throw new ForwardResetException(
                    ForwardFault.CarrierLost, "the server behind the gateway could not be reached for this connection", e);
            }
        }
    }

    static bool IsOurs(PortForwardProtocol form) => form == PortForwardProtocol.Conversations || form == PortForwardProtocol.Direct;

    /// <summary>A client's own form is offered first where it can be passed on as it is: so it costs the least.</summary>
    PortForwardOptions Options(PortForwardProtocol client) => new()
    {
        Protocols = IsOurs(client) ? [client, .. s_asked.Where(form => form != client)] : s_asked,
        Reserve = client.CarriesMany, // a client whose carriers take one connection has a reserve of its own
        Transport = options.UpstreamTransport,
        UpgradeTimeout = options.UpgradeTimeout,
        PingInterval = options.UpstreamLimits.PingInterval,
        PingTimeout = options.UpstreamLimits.PingTimeout,
    };
}
