using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Fairlead.Containerd.Native;
using Fairlead.HostProcesses.Trees;
using Fairlead.Server.Checkpoints;
using Fairlead.Server.Commands;
using Fairlead.Streaming.RemoteCommand;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Status = Fairlead.Wire.Status;

namespace Fairlead.Containerd.Tasks;

/// <summary>Every command that is run by containerd's task API, with what goes on after its session has ended.</summary>
sealed class NativeExecs : IAsyncDisposable
{
    static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(500);

    readonly ExecFolders _folders;
    readonly ConcurrentDictionary<string, ExecFolder> _adopted = new(StringComparer.Ordinal);
    int _disposed;

    NativeExecs(ContainerdTasks tasks, ExecFolders folders, CriRuntimeOptions options, ILogger logger)
    {
        (Tasks, _folders, Options, Logger) = (tasks, folders, options, logger);
        Commands = new CommandKeeper(options, logger, options.Clock);
    }

    internal ILogger Logger { get; }

    /// <summary>The one owner of the commands.</summary>
    internal CommandKeeper Commands { get; }

    internal ContainerdTasks Tasks { get; }

    internal CriRuntimeOptions Options { get; }

    internal StartTurns Turns { get; } = new();

    /// <summary>
    /// Makes it, takes over the commands that were suspended, and ends what others of processes that are gone have left in containerd.
    /// </summary>
    public static async Task<NativeExecs> StartAsync(
        ContainerdTasks tasks, UnixSocketAddress socket, CriRuntimeOptions options, ILogger logger, CancellationToken cancellationToken)
    {
        NativeExecs execs = new(tasks, new ExecFolders(options.StateFolder, socket), options, logger);
        try
        {
            await execs.SweepAsync(cancellationToken);
            return execs;
        }
        catch
        {
            await execs.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs one command for one client. See <see cref="Server.IContainer.ExecAsync"/>.</summary>
    public Task<Status> RunAsync(AnsweringSession session, string containerId) =>
        Commands.RunAsync(session, new NativeStarter(this, containerId));

    /// <summary>Goes on with a suspended command. See <see cref="Server.IContainerRuntime.ResumeAsync"/>.</summary>
    public async Task<Status> ResumeAsync(AnsweringSession session, CommandCheckpoint command)
    {
        SuspendedExec suspended = SuspendedExec.Parse(command.Description);
        if (!_adopted.TryRemove(suspended.Exec.ExecId, out ExecFolder? folder))
        {
            foreach (SafeHandle descriptor in command.Descriptors.Values) descriptor.Dispose();
            return Status.InternalError("how the command ended is not known: nothing was left of it");
        }

        ExecFifos fifos = ExecFifos.Restore(folder, command.Descriptors, suspended.IsRead);
        return await Commands.ResumeAsync(session, new NativeCommand(this, folder, fifos, suspended), suspended.Input);
    }

    internal ExecFolder CreateFolder(string containerId) => _folders.Create(containerId);

    /// <summary>Ends a command with all that is found of it, and has containerd forget it.</summary>
    internal async Task TerminateAsync(ExecReference exec, int pid, TimeSpan grace)
    {
        await ProcessTermination.RunAsync(new ExecProcessSearch(exec.ContainerId, pid), grace, ProcessWalk.System);
        await Tasks.KillAsync(exec, LibC.SIGKILL);
        await Tasks.WaitForKilledAsync(exec);
    }

    /// <summary>
    /// Takes over a command that failed while it was started: whatever containerd knows of it is ended, as soon as it answers, and its
    /// folder is deleted last.
    /// </summary>
    internal void Forget(ExecFolder folder) => Commands.Keep(ForgetAsync(folder));

    async Task ForgetAsync(ExecFolder folder)
    {
        while (true)
        {
            try
            {
                await TidyAsync(folder, CancellationToken.None);
                return;
            }
            catch (RpcException notYet) when (notYet.StatusCode is StatusCode.Unavailable or StatusCode.FailedPrecondition)
            {
                // a runtime that is away tells nobody when it is back, and one that still starts what was given up not when it has
                await Task.Delay(s_pause, Options.Clock, Commands.Stopping);
            }
        }
    }

    /// <summary>Ends what containerd still knows of a command, has it forget that, and deletes the folder.</summary>
    /// <returns>True where it knew of it.</returns>
    async Task<bool> TidyAsync(ExecFolder folder, CancellationToken cancellationToken)
    {
        TaskProcess? left = await Tasks.FindAsync(folder.Exec, cancellationToken);
        if (left is not null)
        {
            if (left.Status is not (ProcessStatus.Stopped or ProcessStatus.Created))
                await TerminateAsync(folder.Exec, (int)left.Pid, TimeSpan.Zero);
            await Tasks.DeleteAsync(folder.Exec);
        }

        folder.Dispose();
        return left is not null;
    }

    async Task SweepAsync(CancellationToken cancellationToken)
    {
        HashSet<string> suspended = [.. Options.Suspended.Select(static text => SuspendedExec.Parse(text).Exec.ExecId)];
        foreach ((string path, FileStream taken) in _folders.Abandoned())
        {
            using (taken)
            {
                bool isDone = true;
                foreach (ExecFolder folder in ExecFolders.In(path))
                {
                    if (suspended.Contains(folder.Exec.ExecId)) _adopted[folder.Exec.ExecId] = _folders.Adopt(folder);
                    else isDone &= await SweepAsync(folder, cancellationToken);
                }

                if (isDone) Directory.Delete(path, recursive: true);
            }
        }
    }

    /// <returns>False where the runtime does not let go of a command, which is no reason not to start.</returns>
    async Task<bool> SweepAsync(ExecFolder folder, CancellationToken cancellationToken)
    {
        try
        {
            if (await TidyAsync(folder, cancellationToken)) Log.SweptExec(Logger, folder.Exec.ExecId, folder.Exec.ContainerId);
            return true;
        }
        catch (RpcException failure) when (failure.StatusCode != StatusCode.Unavailable && !cancellationToken.IsCancellationRequested)
        {
            Log.TailFailed(Logger, failure);
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        await Commands.DisposeAsync();
        _folders.Dispose();
    }
}
