using System.Collections.Immutable;
using Fairlead.Server.Access;
using Fairlead.Server.Answers;
using Fairlead.Server.Handshakes;
using Fairlead.Server.Issued;
using Fairlead.Server.Operations;
using Fairlead.Server.Ports;
using Fairlead.Streaming.PortForward;
using Fairlead.Wire.PortForward;
using Microsoft.AspNetCore.Http;

namespace Fairlead.Server.Sessions;

/// <summary>Upgrades a request that was checked, and joins each connection of the client's with one of the pod's.</summary>
sealed class PortForwardAnswer(Serving serving)
{
    readonly PodsApiOptions _options = serving.Options;

    /// <exception cref="ApiRefusal">The request asks for no upgrade, for one that is not offered, or names no ports where it has
    /// to.</exception>
    public async Task AnswerAsync(HttpContext context, IssuedForward asked, ApiUser user)
    {
        (string @namespace, string pod, IReadOnlyList<int> ports) = (asked.Namespace, asked.Pod, asked.Ports);
        ImmutableArray<PortForwardProtocol> forms = _options.PresentForms().Forwards;
        OfferedUpgrades.RequireSpdyOrWebSocket(
            context.Request, forms.Contains(PortForwardProtocol.Spdy), forms.Any(static form => form != PortForwardProtocol.Spdy));

        DataRates.Lift(context);
        if (await PortForwardHandshake.NegotiateAsync(context, forms) is not { } protocol) return;
        if (protocol.HasChannels && ports.Count == 0) throw new ApiRefusal(Refusals.BadRequest("query parameter \"ports\" is required"));
        Stream stream = await PortForwardHandshake.UpgradeAsync(context, protocol, _options.Limits);
        await using PortForwardAcceptor acceptor = PortForwardHandshake.Answer(context, stream, protocol, ports, _options.Limits);

        Log.ForwardBegins(serving.Logger, user.Name, @namespace, pod, acceptor.Protocol.Description);
        await using CancellationTokenRegistration stop = serving.Stopping.UnsafeRegister(
            static state => ((PortForwardAcceptor)state!)
            .Abort(new SessionLostException(SessionLoss.LocalAbort, "The server is stopping.")), acceptor);
        MeasuredSession? measured = MeasuredSession.Of(context);
        using PortForwardRun run = new(acceptor, asked.Connect, @namespace, pod, _options.PortConnectTimeout, serving.Logger)
        {
            Ended = outcome => measured?.Traffic.Add(outcome.Sent, outcome.Received),
        };
        measured?.IsIn(@namespace, pod);
        measured?.Begin("portforward", acceptor.Protocol.Description);
        await run.RunAsync();
        measured?.Tell(MeasuredSession.EndOf(await acceptor.Ended, failure: null));
        Log.ForwardEnded(serving.Logger, user.Name, @namespace, pod, run.Connections);
    }
}
