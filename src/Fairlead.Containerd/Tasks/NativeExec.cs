using System.IO.Pipelines;
using System.Text;
using System.Text.Json.Nodes;
using Fairlead.Processes;
using Fairlead.Processes.Native;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Wire;
using Grpc.Core;
using Status = Fairlead.Wire.Status;

namespace Fairlead.Containerd.Tasks;

/// <summary>One command run by containerd's task API for one client, from its start to its status.</summary>
sealed class NativeExec(NativeExecs execs, AnsweringSession session, string containerId) : IDisposable
{
    /// <summary>No more input and sizes; no more client to write to.</summary>
    readonly CancellationTokenSource _ended = new(), _letGo = new();

    readonly ContainerdTasks _tasks = execs.Tasks;

    /// <summary>containerd may know the command: it was asked to make it.</summary>
    bool _isKnown;

    readonly CriRuntimeOptions _options = execs.Options;

    public async Task<Status> RunAsync()
    {
        RemoteCommandRequest request = session.Request;
        TerminalSize? size = await GetFirstSizeAsync();
        if (session.Lost.IsCancellationRequested) return LostStatus();

        ExecFolder folder = execs.CreateFolder(containerId);
        ExecFifos? fifos = null;
        int pid;
        ExecProcessSearch tree;
        try
        {
            JsonObject process = ExecSpecification.Apply(await _tasks.ReadProcessAsync(containerId, session.Lost), request, size);
            fifos = ExecFifos.Create(folder, request);
            pid = await execs.Turns.StartAsync(containerId, () => StartAsync(folder, fifos, process), session.Lost);
            tree = new ExecProcessSearch(containerId, pid);
        }
        catch (Exception failure)
        {
            fifos?.Dispose();
            if (_isKnown) execs.Forget(folder);
            else folder.Dispose();
            if (failure is not (RpcException or IOException or InvalidDataException or OperationCanceledException)) throw;
            if (failure is not RpcException answer) return session.Lost.IsCancellationRequested ? LostStatus() : Status.InternalError(failure.Message);
            if (answer.StatusCode == StatusCode.Cancelled) return LostStatus();
            Status status = StartFailure.Of(answer);
            if (status.TryGetExitCode(out _)) await TellAsync(request.Tty ? session.StandardOutput : session.StandardError, UnreachableSocketException.Describe(answer));
            return status;
        }

        return await MoveAsync(folder, fifos, pid, tree);
    }

    /// <summary>Once containerd may know the command it is not given up halfway: started and then ended, or deleted.</summary>
    async Task<int> StartAsync(ExecFolder folder, ExecFifos fifos, JsonObject process)
    {
        ExecReference exec = folder.Exec;
        _isKnown = true;
        await _tasks.CreateAsync(new ExecProcessRequest
        {
            ContainerId = exec.ContainerId,
            ExecId = exec.ExecId,
            Terminal = session.Request.Tty,
            Stdin = fifos.Input is null ? "" : folder.Input,
            Stdout = fifos.Output is null ? "" : folder.Output,
            Stderr = fifos.Error is null ? "" : folder.Error,
        }, process, CancellationToken.None);
        int pid = await _tasks.StartAsync(exec, _options.StartTimeout);
        fifos.LetGo();
        return pid;
    }

    async Task<Status> MoveAsync(ExecFolder folder, ExecFifos fifos, int pid, ExecProcessSearch tree)
    {
        ExecReference exec = folder.Exec;
        Task<int?> exited = _tasks.WaitAsync(exec, CancellationToken.None);
        Task outputs = Task.WhenAll(MoveOutputAsync(fifos.Output, session.StandardOutput), MoveOutputAsync(fifos.Error, session.StandardError));
        Task input = fifos.Input is null ? Task.CompletedTask : new ExecInput(fifos.Input, _tasks, exec, session.Request.Tty).RunAsync(session.StandardInput, _ended.Token);
        Task sizes = session.Request.Tty ? FollowSizesAsync(exec) : Task.CompletedTask;

        TaskCompletionSource lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using CancellationTokenRegistration loss = session.Lost.UnsafeRegister(static source => ((TaskCompletionSource)source!).TrySetResult(), lost);
        await Task.WhenAny(exited, lost.Task);
        bool lostFirst = !exited.IsCompleted;
        if (lostFirst) await _letGo.CancelAsync();
        await _ended.CancelAsync();
        await Task.WhenAll(input, sizes);
        if (!lostFirst)
        {
            fifos.Output?.Hurry(_options.DrainTime);
            fifos.Error?.Hurry(_options.DrainTime);
            await Task.WhenAny(outputs, lost.Task);
            if (!outputs.IsCompleted) await _letGo.CancelAsync();
        }

        await outputs; // from here on nothing touches the session's memory
        Task policy = lostFirst ? ApplyPolicyAsync(exec, fifos, tree) : Task.CompletedTask;
        execs.Keep(() => FinishAsync(folder, fifos, pid, exited, policy));
        try
        {
            await policy;
            if (lostFirst) return LostStatus();
            return await exited is { } code ? Status.FromExitCode(code) : Status.InternalError("how the command ended is not known: the runtime does not know it any more");
        }
        catch (RpcException failure)
        {
            return Status.InternalError("how the command ended is not known: " + UnreachableSocketException.Describe(failure));
        }
    }

    async Task MoveOutputAsync(OutputFifo? output, PipeWriter writer)
    {
        // a client that takes no more of one output must not hold up the command
        if (output is not null && !await output.ForwardAsync(writer, _letGo.Token)) await output.DiscardAsync(_letGo.Token);
    }

    /// <summary>What goes on without the client: outputs that children hold open are read and dropped, so that none dies of a broken pipe.</summary>
    async Task FinishAsync(ExecFolder folder, ExecFifos fifos, int pid, Task<int?> exited, Task policy)
    {
        try
        {
            Task discarded = Task.WhenAll(fifos.Output?.DiscardAsync(execs.Stopping) ?? Task.CompletedTask, fifos.Error?.DiscardAsync(execs.Stopping) ?? Task.CompletedTask);
            await policy;
            if (!await EndsBeforeStopAsync(exited)) await execs.EndAsync(folder.Exec, pid, _options.Grace);
            await exited;
            await discarded;
            await _tasks.DeleteAsync(folder.Exec);
            folder.Dispose();
        }
        catch (RpcException away) when (away.StatusCode == StatusCode.Unavailable && MayBeForgotten(exited))
        {
            fifos.Dispose();
            await execs.ForgetAsync(folder);
        }
        finally
        {
            fifos.Dispose();
        }
    }

    /// <summary>Nobody wants the command to go on: it has ended, or its client was lost and that was to end it.</summary>
    bool MayBeForgotten(Task<int?> exited) =>
        !execs.Stopping.IsCancellationRequested && (exited.IsCompletedSuccessfully || _options.LostClient == LostClientPolicy.Kill);

    /// <returns>False where this side stops while the command, which was kept without its client, still runs.</returns>
    async Task<bool> EndsBeforeStopAsync(Task exited)
    {
        try
        {
            await exited.WaitAsync(execs.Stopping);
            return true;
        }
        catch (OperationCanceledException) when (execs.Stopping.IsCancellationRequested)
        {
            return exited.IsCompleted;
        }
    }

    async Task ApplyPolicyAsync(ExecReference exec, ExecFifos fifos, ExecProcessSearch tree)
    {
        switch (_options.LostClient)
        {
            case LostClientPolicy.Kill:
                await ProcessTermination.EndAsync(tree, _options.Grace, ProcessWalk.System);
                await _tasks.KillAsync(exec, LibC.SIGKILL); // where this process does not see the container's, as from another host's view
                break;
            case LostClientPolicy.HangUp:
                await _tasks.KillAsync(exec, LibC.SIGHUP);
                fifos.Input?.End();
                await _tasks.CloseInputAsync(exec, execs.Stopping);
                break;
            default:
                fifos.Input?.End();
                await _tasks.CloseInputAsync(exec, execs.Stopping);
                break;
        }
    }

    Status LostStatus() => Status.InternalError("the client was lost: " + session.LossReason?.Message);

    /// <summary>The client sends its size right after the start; a command that looks at once should find it.</summary>
    async ValueTask<TerminalSize?> GetFirstSizeAsync()
    {
        if (!session.Request.Tty) return null;
        using CancellationTokenSource wait = CancellationTokenSource.CreateLinkedTokenSource(session.Lost);
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

    async Task FollowSizesAsync(ExecReference exec)
    {
        try
        {
            while (await session.TerminalSizes.NextAsync(_ended.Token) is { } size) await _tasks.ResizeAsync(exec, size);
        }
        catch (OperationCanceledException)
        {
            // the command has ended
        }
        catch (RpcException)
        {
            // containerd goes, and a size is worth nothing to what comes after
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

    public void Dispose()
    {
        _ended.Dispose();
        _letGo.Dispose();
    }
}
