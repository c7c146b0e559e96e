using Fairlead.Streaming;
using Fairlead.Streaming.PortForward;
using Fairlead.Wire.PortForward;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Fairlead.Server.PodsApi;

/// <summary>Upgrades a request that was checked, and joins each connection of the client's with one of the pod's.</summary>
sealed class PortForwardAnswer(PodsApiOptions options, ILogger logger, CancellationToken stopping)
{
    /// <exception cref="ApiRefusal">The request asks for no upgrade, for one that is not offered, or names no ports where its form needs them.</exception>
    public async Task AnswerAsync(
        HttpContext context, Func<int, CancellationToken, ValueTask<ForwardedStream>> connect, string @namespace, string pod, IReadOnlyList<int> ports, ApiUser user)
    {
        UpgradeChecks.RequireStream(
            context.Request,
            options.PortForwardProtocols.Any(static protocol => protocol != PortForwardProtocol.Spdy),
            options.PortForwardProtocols.Contains(PortForwardProtocol.Spdy));

        DataRates.Lift(context);
        if (await PortForwardUpgrade.NegotiateAsync(context, options.PortForwardProtocols) is not { } protocol) return;
        if (protocol.HasChannels && ports.Count == 0) throw new ApiRefusal(Refusals.BadRequest("query parameter \"ports\" is required"));
        Stream stream = await PortForwardUpgrade.UpgradeAsync(context, protocol, options.Limits);
        await using PortForwardAcceptor acceptor = PortForwardUpgrade.Answer(context, stream, protocol, ports, options.Limits);

        Log.ForwardBegins(logger, user.Name, @namespace, pod, acceptor.Protocol.Description);
        await using CancellationTokenRegistration stop = stopping.UnsafeRegister(
            static state => ((PortForwardAcceptor)state!).Abort(new SessionLostException(SessionLoss.LocalAbort, "The server is stopping.")), acceptor);
        using PortForwardRun run = new(acceptor, connect, @namespace, pod, options.PortConnectTimeout, logger);
        await run.RunAsync();
        Log.ForwardEnded(logger, user.Name, @namespace, pod, run.Connections);
    }
}
