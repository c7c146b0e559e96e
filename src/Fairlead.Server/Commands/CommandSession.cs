using System.IO.Pipelines;
using System.Text;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Wire;

namespace Fairlead.Server.Commands;

/// <summary>One command run for one client, from its start to its status.</summary>
sealed class CommandSession(AnsweringSession session, CommandKeeper keeper) : IDisposable
{
    /// <summary>The command takes no more input and no more sizes.</summary>
    readonly CancellationTokenSource _ended = new();

    /// <summary>The output goes to nobody any more.</summary>
    readonly CancellationTokenSource _letGo = new(Timeout.InfiniteTimeSpan, keeper.Time);

    /// <summary>A pump failed.</summary>
    readonly CancellationTokenSource _broken = new();

    /// <summary>The input stays where it is, for the server's next process.</summary>
    readonly CancellationTokenSource _suspend = new();

    readonly CommandOptions _options = keeper.Options;
    Exception? _failure;

    /// <summary>See <see cref="CommandKeeper.RunAsync"/>.</summary>
    internal async Task<Status> RunAsync(ICommandStarter starter)
    {
        RemoteCommandRequest request = session.Request;
        if (starter.CanSuspend) session.AllowSuspension();
        if (request.Command.Count == 0) return Status.InternalError("no command was given");
        if (keeper.Stopping.IsCancellationRequested) return Stopped();
        using CancellationTokenSource given = CancellationTokenSource.CreateLinkedTokenSource(session.Lost, keeper.Stopping);
        TerminalSize? size = await GetFirstSizeAsync(given.Token);
        if (session.Lost.IsCancellationRequested) return Lost();

        IStartedCommand command;
        try
        {
            command = await starter.StartAsync(request, size, given.Token);
        }
        catch (CommandStartException failure)
        {
            Log.CommandNotStarted(keeper.Logger, WithheldException.Of(failure, new WithheldWords(request.Command)));
            if (failure.ExitCode is not null)
                await TellAsync(request.Tty ? session.StandardOutput : session.StandardError, failure.Message);
            return failure.Status;
        }
        catch (OperationCanceledException) when (given.IsCancellationRequested)
        {
            return session.Lost.IsCancellationRequested ? Lost() : Stopped();
        }

        return await MoveAsync(command, default);
    }

    /// <summary>Goes on with a command that was started: the rest of both ways in.</summary>
    internal async Task<Status> MoveAsync(IStartedCommand command, CommandInputState inputState)
    {
        List<CommandOutputPump> pumps = [];
        Task outputs = Task.WhenAll(
            ConnectAsync(command.Output, session.StandardOutput), ConnectAsync(command.Error, session.StandardError));
        CommandInputPump? inputPump = command.Input is { } stdin ? new(session.StandardInput, stdin, inputState) : null;
        Task input = inputPump is null ? Task.CompletedTask : WatchAsync(inputPump.RunAsync(_ended.Token, _suspend.Token));
        Task sizes = session.Request.Tty ? WatchAsync(FollowSizesAsync(command)) : Task.CompletedTask;

        Task lost = WaitForCancellationAsync(session.Lost), stop = keeper.Stopped, broken = WaitForCancellationAsync(_broken.Token),
            suspend = command is ISuspendableCommand ? WaitForCancellationAsync(session.Suspending) : new TaskCompletionSource().Task;
        await Task.WhenAny(command.Exited, lost, stop, broken, suspend);
        if (suspend.IsCompleted && await TrySuspendAsync()) return Stopped();
        if (!command.Exited.IsCompleted && !lost.IsCompleted && !broken.IsCompleted) await WatchAsync(StopAsync(command, lost));

        bool hasEnded = command.Exited.IsCompleted && !broken.IsCompleted;
        if (!hasEnded) await _letGo.CancelAsync();
        await _ended.CancelAsync();
        await Task.WhenAll(input, sizes);
        if (hasEnded)
        {
            foreach (CommandOutputPump pump in pumps) pump.Hurry(stop.IsCompleted ? TimeSpan.Zero : _options.DrainTime);
            await Task.WhenAny(outputs, lost, stop, suspend);
            if (suspend.IsCompleted && await TrySuspendAsync()) return Stopped();
            if (lost.IsCompleted) await _letGo.CancelAsync();
            else if (stop.IsCompleted) _letGo.CancelAfter(_options.Grace);
        }

        await outputs; // from here on nothing touches the session's memory
        bool isOrdered = broken.IsCompleted || stop.IsCompleted;
        Task policy = hasEnded ? Task.CompletedTask : WatchAsync(ApplyPolicyAsync(command, isOrdered));
        keeper.Keep(FinishAsync(command, pumps, policy));
        await policy;
        if (_failure is not null) return Status.InternalError("the session failed: " + _failure.Message);
        if (hasEnded) return await command.Exited;
        return lost.IsCompleted ? Lost() : Stopped();

        async Task<bool> TrySuspendAsync()
        {
            bool isOver = outputs.IsCompleted && command.Exited.IsCompleted; // the status is all that is left
            if (isOver || lost.IsCompleted || stop.IsCompleted || broken.IsCompleted) return false;
            await _suspend.CancelAsync();
            await input;
            await _ended.CancelAsync();
            await sizes;
            await _letGo.CancelAsync();
            await outputs; // from here on nothing touches the session's memory
            if (broken.IsCompleted || _failure is not null) return false;
            session.Suspend(((ISuspendableCommand)command).Suspend(inputPump?.State ?? default));
            foreach (CommandOutputPump pump in pumps) pump.Dispose();
            return true;
        }

        Task ConnectAsync(ICommandOutput? output, PipeWriter writer)
        {
            if (output is null) return Task.CompletedTask;
            CommandOutputPump pump = new(output, keeper.Time);
            pumps.Add(pump);
            return WatchAsync(pump.ForwardAsync(writer, _letGo.Token));
        }
    }

    /// <summary>What fails here is this side's fault or the machine's: the command is ended, and the client is told.</summary>
    async Task WatchAsync(Task pump)
    {
        try
        {
            await pump;
        }
        catch (Exception failure)
        {
            Log.CommandSessionFailed(keeper.Logger, WithheldException.Of(failure, new WithheldWords(session.Request.Command)));
            Interlocked.CompareExchange(ref _failure, failure, null);
            await _broken.CancelAsync();
        }
    }

    /// <summary>The server goes while the client is there: the command is asked to end, and its last words are still sent.</summary>
    async Task StopAsync(IStartedCommand command, Task lost)
    {
        await command.TerminateAsync(hangUp: false);
        using CancellationTokenSource late = new(_options.Grace, keeper.Time);
        await Task.WhenAny(command.Exited, lost, WaitForCancellationAsync(late.Token)); // what cannot be killed is not waited for
    }

    /// <param name="command">The command, which runs.</param>
    /// <param name="isOrdered">End it whatever the policy for lost clients says: a pump failed, or the server stops.</param>
    async Task ApplyPolicyAsync(IStartedCommand command, bool isOrdered)
    {
        if (isOrdered || _options.LostClient == LostClientPolicy.Kill) await command.TerminateAsync(hangUp: true);
        else if (_options.LostClient == LostClientPolicy.HangUp) await command.HangUpAsync();
        else if (!session.Request.Tty && command.Input is { } input) await EndInputAsync(input);
    }

    async Task EndInputAsync(ICommandInput input)
    {
        try
        {
            await input.CompleteAsync(lineBegun: false, keeper.Stopping);
        }
        catch (IOException)
        {
            // the command takes no more
        }
        catch (OperationCanceledException)
        {
            // it is ended, as the server goes
        }
    }

    /// <summary>
    /// What goes on without the client: outputs that are still held open are read and dropped until their last holder ends, so that a
    /// child in the background does not die of a broken pipe.
    /// </summary>
    async Task FinishAsync(IStartedCommand command, List<CommandOutputPump> pumps, Task policy)
    {
        try
        {
            Task discarded = _failure is null ? Task.WhenAll(pumps.Select(pump => pump.DiscardAsync(keeper.Stopping))) : Task.CompletedTask;
            await policy;
            await Task.WhenAny(command.Exited, keeper.Stopped);
            await discarded;
        }
        finally
        {
            await command.DisposeAsync();
            foreach (CommandOutputPump pump in pumps) pump.Dispose();
        }
    }

    /// <summary>The client sends its size right after the start; a command that looks at once should find it.</summary>
    async ValueTask<TerminalSize?> GetFirstSizeAsync(CancellationToken given)
    {
        if (!session.Request.Tty) return null;
        using CancellationTokenSource late = new(_options.FirstSizeWait, keeper.Time),
            wait = CancellationTokenSource.CreateLinkedTokenSource(given, late.Token);
        try
        {
            return await session.TerminalSizes.NextAsync(wait.Token);
        }
        catch (OperationCanceledException)
        {
            return null; // it sends none, or late
        }
    }

    async Task FollowSizesAsync(IStartedCommand command)
    {
        try
        {
            while (await session.TerminalSizes.NextAsync(_ended.Token) is { } size) await command.ResizeAsync(size);
        }
        catch (OperationCanceledException) when (_ended.IsCancellationRequested)
        {
            // the command has ended
        }
    }

    static async Task TellAsync(PipeWriter writer, string message)
    {
        try
        {
            await writer.WriteAsync(Encoding.UTF8.GetBytes(message + "\n"));
        }
        catch (SessionLostException)
        {
            // nobody is there to be told
        }
    }

    Status Lost() => Status.InternalError("the client was lost: " + session.LossReason?.Message);

    static Status Stopped() => Status.InternalError("the command was ended: the server is stopping");

    static Task WaitForCancellationAsync(CancellationToken token)
    {
        TaskCompletionSource source = new(TaskCreationOptions.RunContinuationsAsynchronously);
        token.UnsafeRegister(static s => ((TaskCompletionSource)s!).TrySetResult(), source);
        return source.Task;
    }

    public void Dispose()
    {
        _ended.Dispose();
        _letGo.Dispose();
        _broken.Dispose();
        _suspend.Dispose();
    }
}
