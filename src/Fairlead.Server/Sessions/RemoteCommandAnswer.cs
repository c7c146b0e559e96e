using Fairlead.Server.Access;
using Fairlead.Server.Answers;
using Fairlead.Server.Handshakes;
using Fairlead.Server.Issued;
using Fairlead.Server.Operations;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Streaming.Resumption.Answering;
using Fairlead.Wire;
using Fairlead.Wire.Sessions;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Fairlead.Server.Sessions;

/// <summary>Upgrades a request that was checked, runs its session in a container, and ends it.</summary>
sealed class RemoteCommandAnswer
{
    readonly Serving _serving;
    readonly Callers _callers;
    readonly PodsApiOptions _options;
    readonly ILogger _logger;
    readonly ResumableCommands? _resumable;

    /// <param name="serving">How it is answered.</param>
    /// <param name="callers">What is known of those who ask.</param>
    internal RemoteCommandAnswer(Serving serving, Callers callers)
    {
        (_serving, _callers, _options, _logger) = (serving, callers, serving.Options, serving.Logger);
        if (callers is Callers.OnceOnly) return;
        _resumable = new ResumableCommands(_options.Keep);
        _options.Counts?.Watch(_resumable);
    }

    /// <exception cref="ApiRefusal">The request asks for no upgrade, or for one that is not offered.</exception>
    public async Task AnswerAsync(HttpContext context, IssuedCommand asked, ApiUser user)
    {
        RemoteCommandProtocol[] forms = [.. _options.PresentForms().Commands], overSpdy = Array.FindAll(forms, static form => form.IsSpdy),
            overWebSocket = Array.FindAll(forms, form => !form.IsSpdy && (_resumable is not null || !form.IsResumable));
        bool isSpdy = OfferedUpgrades.RequireSpdyOrWebSocket(context.Request, overSpdy is not [], overWebSocket is not []);

        DataRates.Lift(context);
        AnsweringSession? session;
        if (isSpdy) session = await SpdyUpgrade.AcceptAsync(context, asked.Request, overSpdy, _options.Limits);
        else
        {
            if (await WebSocketUpgrade.NegotiateAsync(context, overWebSocket) is not { } protocol) return;
            Stream stream = await WebSocketUpgrade.UpgradeAsync(context, protocol, _options.Limits);
            if (protocol.IsResumable)
            {
                await LendAsync(context, stream, asked, user);
                return;
            }

            session = WebSocketUpgrade.Answer(context, stream, protocol, asked.Request, _options.Limits);
        }

        await using (session)
            if (session is not null) await RunAsync(session, asked, user, MeasuredSession.Of(context));
    }

    /// <summary>
    /// Lends the connection to a session that outlives it, for as long as it lasts: to one that begins, and then runs apart from every
    /// request, or to the one that the client means.
    /// </summary>
    async Task LendAsync(HttpContext context, Stream stream, IssuedCommand asked, ApiUser user)
    {
        MeasuredSession? measured = MeasuredSession.Of(context);
        bool hasBegun = false;
        bool wasServed = await _resumable!.ServeAsync(
            stream, asked.Request, SubjectOf(asked), _callers is Callers.Known ? user.Name : null,
            SessionLimits.Of(context, _options.Limits), context.Abort, Begin, Tell, context.RequestAborted);
        if (wasServed && !hasBegun) measured?.Ignore(); // the session is counted where it began

        void Begin(AnsweringSession session)
        {
            hasBegun = true;
            if (measured is not null) measured.OutlivesRequest = true;
            _ = RunApartAsync(session, asked, user, measured);
        }

        void Tell(KeepEvent happened)
        {
            (string @namespace, string pod, string container) = asked.Where;
            string kind = KindOf(asked);
            switch (happened.Kind)
            {
                case KeepEventKind.Kept:
                    Log.SessionKept(
                        _logger, kind, user.Name, container, @namespace, pod, (long)happened.Keep.TotalSeconds, happened.Reason);
                    break;
                case KeepEventKind.Resumed:
                    Log.SessionResumed(_logger, kind, user.Name, container, @namespace, pod);
                    break;
                default:
                    Log.OpeningRefused(
                        _logger, kind, user.Name, container, @namespace, pod, happened.Code.ToString(), happened.Reason);
                    break;
            }
        }
    }

    static string KindOf(IssuedCommand asked) => asked.IsExec ? "exec" : "attach";

    /// <summary>What a session is resumed by has to ask for the same: the kind, the container, the channels and the command.</summary>
    static string SubjectOf(IssuedCommand asked)
    {
        RemoteCommandRequest request = asked.Request;
        byte[] digest = RequestDigest.Of(asked.IsExec, request.Stdin, request.Stdout, request.Stderr, request.Tty, request.Command);
        return $"{asked.Where.Namespace}/{asked.Where.Pod}/{asked.Where.Container} {Convert.ToHexStringLower(digest)}";
    }

    async Task RunApartAsync(AnsweringSession session, IssuedCommand asked, ApiUser user, MeasuredSession? measured)
    {
        await Task.Yield(); // the connection is to be lent to it meanwhile
        try
        {
            await using (session) await RunAsync(session, asked, user, measured);
        }
#pragma warning disable CA1031 // no request is there that could fail by it
        catch (Exception failure)
#pragma warning restore CA1031
        {
            (string @namespace, string pod, string container) = asked.Where;
            Log.RuntimeFailed(
                _logger, WithheldException.Of(failure, new WithheldWords(asked.Request.Command)), KindOf(asked),
                container, @namespace, pod);
        }
        finally
        {
            measured?.Tell(SessionEnd.Failed); // unless it was told
        }
    }

    async Task RunAsync(AnsweringSession session, IssuedCommand asked, ApiUser user, MeasuredSession? measured)
    {
        string kind = KindOf(asked);
        (string @namespace, string pod, string container) = asked.Where;
        Log.SessionBegins(_logger, kind, user.Name, container, @namespace, pod, session.Protocol.Name);
        if (measured is { IsCounted: true }) session.Count(measured.Traffic);
        measured?.IsIn(@namespace, pod, container);
        measured?.Begin(kind, session.Protocol.Description);
        using CancellationTokenRegistration stop = _serving.Stopping.Register(() => session.Abort("The server is stopping."));
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
        measured?.Tell(MeasuredSession.EndOf(loss, fault), fault is null && status.TryGetExitCode(out int code) ? code : null);
        if (loss is { Kind: not SessionLoss.LocalAbort }) Log.ClientLost(_logger, loss, kind, user.Name, container, @namespace, pod);
        Log.SessionEnded(_logger, kind, user.Name, container, @namespace, pod, status.Outcome);
    }
}
