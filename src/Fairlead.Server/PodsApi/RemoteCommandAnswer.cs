using Fairlead.Streaming.RemoteCommand;
using Fairlead.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Fairlead.Server.PodsApi;

/// <summary>Upgrades a request that was checked, runs its session in a container, and ends it.</summary>
sealed class RemoteCommandAnswer(PodsApiOptions options, ILogger logger, CancellationToken stopping)
{
    /// <exception cref="ApiRefusal">The request asks for no upgrade, or for one that is not offered.</exception>
    public async Task AnswerAsync(
        HttpContext context,
        RemoteCommandRequest command,
        Func<AnsweringSession, Task<Status>> run,
        ContainerReference where,
        bool isExec,
        ApiUser user)
    {
        bool isSpdy = UpgradeChecks.RequireStream(context.Request, !options.Protocols.IsEmpty, !options.SpdyProtocols.IsEmpty);

        DataRates.Lift(context);
        await using AnsweringSession? session = isSpdy
            ? await SpdyUpgrade.AcceptAsync(context, command, options.SpdyProtocols, options.Limits)
            : await WebSocketUpgrade.AcceptAsync(context, command, options.Protocols, options.Limits);
        if (session is not null) await RunAsync(session, run, where, isExec, user);
    }

    async Task RunAsync(
        AnsweringSession session, Func<AnsweringSession, Task<Status>> run, ContainerReference where, bool isExec, ApiUser user)
    {
        string kind = isExec ? "exec" : "attach";
        (string @namespace, string pod, string container) = where;
        Log.SessionBegins(logger, kind, user.Name, container, @namespace, pod, session.Protocol.Name);
        using CancellationTokenRegistration stop = stopping.Register(() => session.Abort("The server is stopping."));
        Status status;
        try
        {
            status = await run(session);
        }
        catch (Exception failure)
        {
            Log.RuntimeFailed(logger, WithheldException.Of(failure, new WithheldWords(session.Request.Command)), kind, container, @namespace, pod);
            status = Status.InternalError(failure.Message);
        }

        await session.EndAsync(status);
        if (session.LossReason is { } loss) Log.ClientLost(logger, loss, kind, user.Name, container, @namespace, pod);
        Log.SessionEnded(logger, kind, user.Name, container, @namespace, pod, status.Outcome);
    }
}
