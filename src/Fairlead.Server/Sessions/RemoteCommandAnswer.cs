using Fairlead.Server.Access;
using Fairlead.Server.Answers;
using Fairlead.Server.Checkpoints;
using Fairlead.Server.Handshakes;
using Fairlead.Server.Issued;
using Fairlead.Server.Operations;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Streaming.Resumption.Answering;
using Fairlead.Wire;
using Fairlead.Wire.Sessions;
using Microsoft.AspNetCore.Http;

namespace Fairlead.Server.Sessions;

/// <summary>Upgrades a request that was checked, and has its session run in a container.</summary>
sealed class RemoteCommandAnswer
{
    readonly Callers _callers;
    readonly PodsApiOptions _options;
    readonly RemoteCommandRuns _runs;
    readonly ResumableCommands? _resumable;

    /// <param name="serving">How it is answered.</param>
    /// <param name="callers">What is known of those who ask.</param>
    /// <param name="runtime">What goes on with the commands of an earlier process; null where none does.</param>
    internal RemoteCommandAnswer(Serving serving, Callers callers, IContainerRuntime? runtime = null)
    {
        (_callers, _options) = (callers, serving.Options);
        string place = callers is Callers.Known ? SessionCheckpoints.PodsApi : "Kubelet";
        _runs = new RemoteCommandRuns(serving, place);
        if (callers is Callers.OnceOnly) return;
        _resumable = new ResumableCommands(_options.Keep);
        _options.Counts?.Watch(_resumable);
        if (_options.Checkpoints is null || runtime is null) return;
        _runs.Restore(_options.Checkpoints, _resumable, runtime);
        _options.Checkpoints.Join(() =>
        {
            _resumable.Suspend();
            return _runs.SuspendedAsync();
        });
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
            if (session is not null) await _runs.RunAsync(session, asked, user.Name, MeasuredSession.Of(context));
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
            SessionLimits.Of(context, _options.Limits), context.Abort, Begin,
            happened => _runs.Tell(happened, asked.Where, asked.IsExec, user.Name), context.RequestAborted);
        if (wasServed && !hasBegun) measured?.Ignore(); // the session is counted where it began

        void Begin(AnsweringSession session)
        {
            hasBegun = true;
            if (measured is not null) measured.OutlivesRequest = true;
            _runs.RunApart(session, asked, user.Name, measured);
        }
    }

    /// <summary>What a session is resumed by has to ask for the same: the kind, the container, the channels and the command.</summary>
    static string SubjectOf(IssuedCommand asked)
    {
        RemoteCommandRequest request = asked.Request;
        byte[] digest = RequestDigest.Of(asked.IsExec, request.Stdin, request.Stdout, request.Stderr, request.Tty, request.Command);
        return $"{asked.Where.Namespace}/{asked.Where.Pod}/{asked.Where.Container} {Convert.ToHexStringLower(digest)}";
    }
}
