using Fairlead.Server.Access;
using Fairlead.Server.Answers;
using Fairlead.Server.Handshakes;
using Fairlead.Server.Issued;
using Fairlead.Server.Operations;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Fairlead.Server.Sessions;

/// <summary>Upgrades a request that was checked, runs its session in a container, and ends it.</summary>
sealed class RemoteCommandAnswer(Serving serving)
{
    readonly PodsApiOptions _options = serving.Options;
    readonly ILogger _logger = serving.Logger;

    /// <exception cref="ApiRefusal">The request asks for no upgrade, or for one that is not offered.</exception>
    public async Task AnswerAsync(HttpContext context, IssuedCommand asked, ApiUser user)
    {
        RemoteCommandProtocol[] forms = [.. _options.PresentForms().Commands], overSpdy = Array.FindAll(forms, static form => form.IsSpdy),
            overWebSocket = Array.FindAll(forms, static form => !form.IsSpdy);
        bool isSpdy = OfferedUpgrades.RequireSpdyOrWebSocket(context.Request, overSpdy is not [], overWebSocket is not []);

        DataRates.Lift(context);
        await using AnsweringSession? session = isSpdy
            ? await SpdyUpgrade.AcceptAsync(context, asked.Request, overSpdy, _options.Limits)
            : await WebSocketUpgrade.AcceptAsync(context, asked.Request, overWebSocket, _options.Limits);
        if (session is not null) await RunAsync(session, asked, user, MeasuredSession.Of(context));
    }

    async Task RunAsync(AnsweringSession session, IssuedCommand asked, ApiUser user, MeasuredSession? measured)
    {
        string kind = asked.IsExec ? "exec" : "attach";
        (string @namespace, string pod, string container) = asked.Where;
        Log.SessionBegins(_logger, kind, user.Name, container, @namespace, pod, session.Protocol.Name);
        if (measured is not null) session.Count(measured.Traffic);
        measured?.Begin(kind, session.Protocol.Description);
        using CancellationTokenRegistration stop = serving.Stopping.Register(() => session.Abort("The server is stopping."));
        Status status;
        Exception? fault = null;
        try
        {
            status = await asked.Run(session);
        }
        catch (Exception failure)
        {
            Exception told = WithheldException.Of(failure, new WithheldWords(session.Request.Command));
            Log.RuntimeFailed(_logger, told, kind, container, @namespace, pod);
            status = Status.InternalError(failure.Message);
            fault = failure;
        }

        await session.EndAsync(status);
        SessionLostException? loss = session.LossReason;
        measured?.Tell(MeasuredSession.EndOf(loss, fault));
        if (loss is { Kind: not SessionLoss.LocalAbort }) Log.ClientLost(_logger, loss, kind, user.Name, container, @namespace, pod);
        Log.SessionEnded(_logger, kind, user.Name, container, @namespace, pod, status.Outcome);
    }
}
