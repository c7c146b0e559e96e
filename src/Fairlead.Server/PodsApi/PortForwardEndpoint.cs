using System.Text.Json.Nodes;
using Fairlead.Streaming;
using Fairlead.Streaming.PortForward;
using Fairlead.Wire.PortForward;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Fairlead.Server.PodsApi;

/// <summary>Port-forward: every check while a refusal is still an HTTP answer, then one connection of the pod's for each of the client's.</summary>
sealed class PortForwardEndpoint(IContainerRuntime runtime, IPodCatalog catalog, PodsApiOptions options, ILogger logger, CancellationToken stopping)
{
    public async Task AnswerAsync(HttpContext context, ApiRequest request, ApiUser user)
    {
        UpgradeChecks.RequireCreate(request, user);
        IQueryCollection query = context.Request.Query;
        if (query.ContainsKey("dryRun")) throw new ApiRefusal(Refusals.BadRequest("dryRun is not supported"));

        JsonObject pod = await ContainerLookup.FindPodAsync(catalog, request, context.RequestAborted);
        if (pod.Text("status", "phase") is not "Running" and var phase)
            throw new ApiRefusal(Refusals.BadRequest($"pod {request.Name} is not running: its phase is {phase}"));
        IReadOnlyList<int> ports = PortForwardQuery.Read(query);
        UpgradeChecks.RequireStream(
            context.Request,
            options.PortForwardProtocols.Any(static protocol => protocol != PortForwardProtocol.Spdy),
            options.PortForwardProtocols.Contains(PortForwardProtocol.Spdy));

        DataRates.Lift(context);
        if (await PortForwardUpgrade.NegotiateAsync(context, options.PortForwardProtocols) is not { } protocol) return;
        if (protocol.HasChannels && ports.Count == 0) throw new ApiRefusal(Refusals.BadRequest("query parameter \"ports\" is required"));
        Stream stream = await PortForwardUpgrade.UpgradeAsync(context, protocol, options.Limits);
        await using PortForwardAcceptor acceptor = PortForwardUpgrade.Answer(context, stream, protocol, ports, options.Limits);

        Log.ForwardBegins(logger, user.Name, request.Namespace!, request.Name!, acceptor.Protocol.Description);
        await using CancellationTokenRegistration stop = stopping.UnsafeRegister(
            static state => ((PortForwardAcceptor)state!).Abort(new SessionLostException(SessionLoss.LocalAbort, "The server is stopping.")), acceptor);
        using PortForwardRun run = new(
            acceptor, (port, cancellationToken) => runtime.ConnectAsync(request.Namespace!, request.Name!, port, cancellationToken),
            request.Namespace!, request.Name!, options.PortConnectTimeout, logger);
        await run.RunAsync();
        Log.ForwardEnded(logger, user.Name, request.Namespace!, request.Name!, run.Connections);
    }
}
