using System.IO.Pipelines;
using System.Text;
using Fairlead.Processes.Native;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Wire;

namespace Fairlead.Processes;

/// <summary>One command run for one client, from its start to its status.</summary>
sealed class ExecSession(AnsweringSession session, ContainerEnvironment environment, ContainerRun run) : IDisposable
{
    /// <summary>No more input and sizes; no more waiting for output; no more client to write to; the runtime goes.</summary>
    readonly CancellationTokenSource _ended = new(), _drained = new(), _letGo = new(), _stop = new();

    readonly RunningProcesses _running = run.Running;
    readonly ProcessRuntimeOptions _options = run.Running.Options;

    /// <summary>Ends the command and all it started, because the runtime goes; the run then returns.</summary>
    internal void Stop()
    {
        try
        {
            _stop.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // it has ended by itself
        }
    }

    /// <summary>Runs the command. See <see cref="Server.IContainer.ExecAsync"/>.</summary>
    internal async Task<Status> RunAsync()
    {
        RemoteCommandRequest request = session.Request;
        if (request.Command.Count == 0) return Status.InternalError("no command was given");
        if (_running.IsStopping || run.IsOver) return Status.InternalError("the container is being stopped");
        TerminalSize? size = await GetFirstSizeAsync();
        if (session.Lost.IsCancellationRequested) return LostStatus();

        LocalProcess process;
        try
        {
            process = await run.StartAsync(new ProcessStart
            {
                Command = request.Command,
                Environment = environment.For(request.Tty),
                WorkingDirectory = environment.WorkingDirectory,
                Terminal = request.Tty,
                Size = size,
                Stdin = request.Stdin,
                Stdout = request.Stdout,
                Stderr = request.Stderr,
            });
        }
        catch (CommandStartException e)
        {
            Log.CommandNotStarted(_options.Logger, WithheldException.Of(e, new WithheldWords(request.Command)));
            await TellAsync(request.Tty ? session.StandardOutput : session.StandardError, e.Message);
            return Status.FromExitCode(e.ExitCode, e.Message);
        }
        catch (IOException e)
        {
            Log.CommandNotStarted(_options.Logger, WithheldException.Of(e, new WithheldWords(request.Command)));
            return Status.InternalError("error executing command in container: " + e.Message);
        }

        return await MoveAsync(process, request);
    }

    async Task<Status> MoveAsync(LocalProcess process, RemoteCommandRequest request)
    {
        List<OutputPump> pumps = [];
        List<Task> outputs = [];
        Connect(process.Io.Output, session.StandardOutput);
        Connect(process.Io.Error, session.StandardError);
        Task input = request.Stdin && process.Io.Input is { } stdin
            ? new InputPump(stdin, process.Io.Terminal).RunAsync(session.StandardInput, _ended.Token)
            : Task.CompletedTask;
        Task sizes = process.Io.Terminal is { } terminal ? FollowSizesAsync(terminal) : Task.CompletedTask;

        Task lost = WhenCancelled(session.Lost), stop = WhenCancelled(_stop.Token);
        await Task.WhenAny(process.Exited, lost, stop);
        bool lostFirst = !process.Exited.IsCompleted && lost.IsCompleted;
        if (!process.Exited.IsCompleted && !lostFirst) await EndTreeAsync(process);

        if (lostFirst) await _letGo.CancelAsync();
        else await process.Exited;
        await _ended.CancelAsync();
        await Task.WhenAll(input, sizes);

        if (!lostFirst)
        {
            if (process.Io.Terminal is null) process.Io.Input?.Dispose();
            _drained.CancelAfter(_stop.IsCancellationRequested ? TimeSpan.Zero : _options.DrainTime);
            await Task.WhenAny(Task.WhenAll(outputs), lost, stop);
            if (stop.IsCompleted) _letGo.CancelAfter(_options.Grace);
            else if (lost.IsCompleted) await _letGo.CancelAsync();
        }

        await Task.WhenAll(outputs); // from here on nothing touches the session's memory
        if (!lostFirst)
        {
            int code = await process.Exited;
            _running.Keep(FinishAsync(process, pumps, policy: Task.CompletedTask), process);
            return code >= 0 ? Status.FromExitCode(code) : Status.InternalError("the exit code was taken by another part of the host");
        }

        Task policy = ApplyPolicyAsync(process);
        _running.Keep(FinishAsync(process, pumps, policy), process);
        await policy;
        return LostStatus();

        void Connect(OutputSource? source, PipeWriter writer)
        {
            if (source is null) return;
            OutputPump pump = new(source);
            pumps.Add(pump);
            outputs.Add(MoveOutputAsync(pump, writer));
        }
    }

    /// <summary>A client that takes no more of one output must not hold up the command.</summary>
    async Task MoveOutputAsync(OutputPump pump, PipeWriter writer)
    {
        if (!await pump.ForwardAsync(writer, _drained.Token, _letGo.Token)) await pump.DiscardAsync(_drained.Token, _letGo.Token);
    }

    async Task ApplyPolicyAsync(LocalProcess process)
    {
        switch (_options.LostClient)
        {
            case LostClientPolicy.Kill:
                await EndTreeAsync(process, hangUp: true);
                break;
            case LostClientPolicy.HangUp when process.Io.Terminal is { } terminal:
                terminal.Dispose();
                break;
            case LostClientPolicy.HangUp:
                process.SignalGroup(LibC.SIGHUP);
                process.Io.Input?.Dispose();
                break;
            case LostClientPolicy.Keep when process.Io.Terminal is null:
                process.Io.Input?.Dispose();
                break;
            default:
                break;
        }
    }

    Status LostStatus() => Status.InternalError("the client was lost: " + session.LossReason?.Message);

    /// <param name="process">The command.</param>
    /// <param name="hangUp">
    /// Its terminal is closed too: a shell may see SIGHUP just before it waits for input, and only the hang-up ends that wait. After the
    /// first search, which knows processes by their terminal.
    /// </param>
    Task<bool> EndTreeAsync(LocalProcess process, bool hangUp = false) =>
        _running.EndAsync(ProcessSearch.Of(process), _options.Grace, hangUp ? () => process.Io.Terminal?.Dispose() : null);

    /// <summary>
    /// What goes on without the client: outputs that are still held open are read and dropped until their last holder ends, so that a
    /// child in the background does not die of a broken pipe.
    /// </summary>
    async Task FinishAsync(LocalProcess process, List<OutputPump> pumps, Task policy)
    {
        Task discarded = Task.WhenAll(pumps.Select(pump => pump.DiscardAsync(_running.Cut, CancellationToken.None)));
        await policy;
        await process.ReapAsync();
        await discarded;
        await process.DisposeAsync();
    }

    /// <summary>The client sends its size right after the start; a command that looks at once should find it.</summary>
    async ValueTask<TerminalSize?> GetFirstSizeAsync()
    {
        if (!session.Request.Tty) return null;
        using CancellationTokenSource wait = CancellationTokenSource.CreateLinkedTokenSource(session.Lost, _stop.Token);
        wait.CancelAfter(_options.FirstSizeWait);
        try
        {
            return await session.TerminalSizes.NextAsync(wait.Token);
        }
        catch (OperationCanceledException)
        {
            return null; // it sends none, or late
        }
    }

    async Task FollowSizesAsync(Pseudoterminal terminal)
    {
        try
        {
            while (await session.TerminalSizes.NextAsync(_ended.Token) is { } size) terminal.Resize(size);
        }
        catch (OperationCanceledException)
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
        catch (Streaming.SessionLostException)
        {
            // nobody is there to be told
        }
    }

    static Task WhenCancelled(CancellationToken token)
    {
        TaskCompletionSource source = new(TaskCreationOptions.RunContinuationsAsynchronously);
        token.UnsafeRegister(static s => ((TaskCompletionSource)s!).TrySetResult(), source);
        return source.Task;
    }

    public void Dispose()
    {
        _ended.Dispose();
        _drained.Dispose();
        _letGo.Dispose();
        _stop.Dispose();
    }
}
