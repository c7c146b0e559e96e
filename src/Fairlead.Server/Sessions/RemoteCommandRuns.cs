using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Fairlead.Server.Checkpoints;
using Fairlead.Server.Issued;
using Fairlead.Server.Operations;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Streaming.Resumption.Answering;
using Fairlead.Wire;
using Microsoft.Extensions.Logging;

namespace Fairlead.Server.Sessions;

/// <summary>
/// Runs sessions in their containers, tells of them and ends them; or saves them for the server's next process, and goes on with those of
/// the process before.
/// </summary>
/// <param name="serving">How they are answered.</param>
/// <param name="place">The part of the server that this is, as saved sessions name it.</param>
sealed class RemoteCommandRuns(Serving serving, string place)
{
    static readonly Dictionary<string, SafeHandle> s_none = [];

    readonly ConcurrentDictionary<AnsweringSession, Task> _apart = new();
    readonly ILogger _logger = serving.Logger;

    /// <summary>Runs a session apart from every request, and disposes it.</summary>
    internal void RunApart(AnsweringSession session, IssuedCommand asked, string user, MeasuredSession? measured) =>
        Start(session, asked, measured, () => RunAsync(session, asked, user, measured));

    void Start(AnsweringSession session, IssuedCommand asked, MeasuredSession? measured, Func<Task> run)
    {
        TaskCompletionSource over = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _apart[session] = over.Task;
        _ = RunApartAsync(session, asked, measured, run, over);
    }

    async Task RunApartAsync(
        AnsweringSession session, IssuedCommand asked, MeasuredSession? measured, Func<Task> run, TaskCompletionSource over)
    {
        await Task.Yield(); // the connection is to be lent to it meanwhile
        try
        {
            await using (session) await run();
        }
#pragma warning disable CA1031 // no request is there that could fail by it
        catch (Exception failure)
#pragma warning restore CA1031
        {
            (string @namespace, string pod, string container) = asked.Where;
            Log.RuntimeFailed(
                _logger, WithheldException.Of(failure, new WithheldWords(asked.Request.Command)), KindOf(asked.IsExec),
                container, @namespace, pod);
        }
        finally
        {
            measured?.Tell(SessionEnd.Failed); // unless it was told
            _apart.TryRemove(session, out _);
            over.SetResult();
        }
    }

    /// <summary>Completes when every session that can be suspended was saved, or has ended.</summary>
    internal Task SuspendedAsync() => Task.WhenAll(_apart.Where(static run => run.Key.CanSuspend).Select(static run => run.Value));

    /// <summary>Goes on with what an earlier process left, as soon as the server serves; clients may come before.</summary>
    internal void Restore(SessionCheckpoints checkpoints, ResumableCommands sessions, IContainerRuntime runtime)
    {
        foreach (CheckpointFile file in checkpoints.Take(place))
        {
            SessionCheckpoint saved = file.Session;
            using BinaryReader state = file.OpenState();
            AnsweringSession session;
            try
            {
                session = sessions.Restore(
                    state, saved.Request, serving.Options.Limits with { Withheld = new WithheldWords(saved.Request.Command) },
                    happened => Tell(happened, saved.Where, isExec: true, saved.User));
            }
            catch (Exception failure) when (failure is InvalidDataException or EndOfStreamException)
            {
                checkpoints.Drop(file, failure);
                continue;
            }

            serving.Started.Register(() => GoOn(checkpoints, file, session, runtime));
        }
    }

    void GoOn(SessionCheckpoints checkpoints, CheckpointFile file, AnsweringSession session, IContainerRuntime runtime)
    {
        SessionCheckpoint saved = file.Session;
        MeasuredSession? measured = MeasuredSession.Restored(serving.Options.Counts, serving.Options.Clock);
        IssuedCommand asked = new(ResumeAsync, saved.Request, saved.Where, IsExec: true);
        Start(session, asked, measured, async () =>
        {
            (string @namespace, string pod, string container) = saved.Where;
            Log.SessionRestored(_logger, KindOf(isExec: true), saved.User, container, @namespace, pod);
            if (saved.Command.Length > 0)
            {
                await RunAsync(session, asked, saved.User, measured);
                return;
            }

            checkpoints.Claim(file);
            using CancellationTokenRegistration stop = serving.Stopping.Register(() => session.Abort("The server is stopping."));
            await session.EndRestoredAsync();
            if (!await LeftAsync(session, saved))
                Log.SessionEnded(_logger, KindOf(isExec: true), saved.User, container, @namespace, pod, saved.Outcome);
        });

        Task<Status> ResumeAsync(AnsweringSession session)
        {
            Dictionary<string, SafeHandle> descriptors = checkpoints.Claim(file);
            return runtime.ResumeAsync(session, new CommandCheckpoint(saved.Command, descriptors));
        }
    }

    /// <summary>Tells of what befell a session between two of its connections.</summary>
    internal void Tell(KeepEvent happened, ContainerReference where, bool isExec, string user)
    {
        (string @namespace, string pod, string container) = where;
        string kind = KindOf(isExec);
        switch (happened.Kind)
        {
            case KeepEventKind.Kept:
                Log.SessionKept(_logger, kind, user, container, @namespace, pod, (long)happened.Keep.TotalSeconds, happened.Reason);
                break;
            case KeepEventKind.Resumed:
                Log.SessionResumed(_logger, kind, user, container, @namespace, pod);
                break;
            default:
                Log.OpeningRefused(_logger, kind, user, container, @namespace, pod, happened.Code.ToString(), happened.Reason);
                break;
        }
    }

    /// <summary>Runs a session, and ends or saves it.</summary>
    internal async Task RunAsync(AnsweringSession session, IssuedCommand asked, string user, MeasuredSession? measured)
    {
        string kind = KindOf(asked.IsExec);
        (string @namespace, string pod, string container) = asked.Where;
        Log.SessionBegins(_logger, kind, user, container, @namespace, pod, session.Protocol.Name);
        if (measured is { IsCounted: true }) session.Count(measured.Traffic);
        measured?.IsIn(@namespace, pod, container);
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

        if (session.Suspended is null) await session.EndAsync(status);
        SessionCheckpoint left = new()
        {
            Place = place,
            Where = asked.Where,
            User = user,
            Request = asked.Request,
            Command = "",
            Descriptors = [],
            Outcome = status.Outcome.ToString(),
        };
        if (await LeftAsync(session, left))
        {
            measured?.Tell(SessionEnd.Ended);
            return;
        }

        SessionLostException? loss = session.LossReason;
        measured?.Tell(MeasuredSession.EndOf(loss, fault), fault is null && status.TryGetExitCode(out int code) ? code : null);
        if (loss is { Kind: not SessionLoss.LocalAbort }) Log.ClientLost(_logger, loss, kind, user, container, @namespace, pod);
        Log.SessionEnded(_logger, kind, user, container, @namespace, pod, status.Outcome);
    }

    /// <summary>
    /// Leaves a session to the server's next process whose command was suspended, or whose client has not confirmed the status yet.
    /// </summary>
    /// <returns>False where there is nothing to leave.</returns>
    async Task<bool> LeftAsync(AnsweringSession session, SessionCheckpoint checkpoint)
    {
        ISuspendedCommand? command = session.Suspended;
        if (command is null && !session.IsStatusOwed) return false;
        try
        {
            if (await session.DetachAsync())
            {
                IReadOnlyDictionary<string, SafeHandle> descriptors = command?.Descriptors ?? s_none;
                checkpoint = checkpoint with { Command = command?.Description ?? "", Descriptors = [.. descriptors.Keys] };
                serving.Options.Checkpoints!.Save(checkpoint, descriptors, session.Save);
                if (command is not null) await command.LetGoAsync();
                return true;
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            (string @namespace, string pod, string container) = checkpoint.Where;
            Log.SessionNotSaved(_logger, failure, KindOf(isExec: true), checkpoint.User, container, @namespace, pod);
        }

        if (command is not null) await command.DisposeAsync();
        return true;
    }

    static string KindOf(bool isExec) => isExec ? "exec" : "attach";
}
