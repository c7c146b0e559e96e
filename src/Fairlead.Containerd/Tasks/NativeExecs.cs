using System.Collections.Concurrent;
using Fairlead.Processes;
using Fairlead.Processes.Native;
using Fairlead.Streaming.RemoteCommand;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Status = Fairlead.Wire.Status;

namespace Fairlead.Containerd.Tasks;

/// <summary>Every command that is run by containerd's task API, with what goes on after its session has ended.</summary>
sealed class NativeExecs : IAsyncDisposable
{
    readonly ExecFolders _folders;
    readonly ILogger _logger;
    readonly ConcurrentDictionary<Task, byte> _running = new();
    readonly CancellationTokenSource _stopping = new();
    int _disposed;

    NativeExecs(ContainerdTasks tasks, ExecFolders folders, CriRuntimeOptions options, ILogger logger) =>
        (Tasks, _folders, Options, _logger) = (tasks, folders, options, logger);

    internal ContainerdTasks Tasks { get; }

    internal CriRuntimeOptions Options { get; }

    /// <summary>Fires when the runtime goes: children that hold an output open are not waited for any longer.</summary>
    internal CancellationToken Stopping => _stopping.Token;

    /// <summary>Makes it, and ends what commands of processes that are gone have left in containerd.</summary>
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
    public async Task<Status> RunAsync(AnsweringSession session, string containerId)
    {
        using NativeExec exec = new(this, session, containerId);
        return await exec.RunAsync();
    }

    internal ExecFolder CreateFolder(string containerId) => _folders.Create(containerId);

    /// <summary>Takes over what goes on after its session has returned.</summary>
    internal void Keep(Func<Task> tail)
    {
        Task task = GuardAsync(tail);
        _running.TryAdd(task, 0);
        _ = task.ContinueWith(ended => _running.TryRemove(ended, out _), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    /// <summary>Ends a command with all that is found of it, and has containerd forget it.</summary>
    internal async Task EndAsync(ExecReference exec, int pid, TimeSpan grace)
    {
        await ProcessTermination.EndAsync(new ExecProcessSearch(exec.ContainerId, pid), grace, ProcessWalk.System);
        await Tasks.KillAsync(exec, LibC.SIGKILL);
        await Tasks.WaitAsync(exec, CancellationToken.None);
    }

    async Task SweepAsync(CancellationToken cancellationToken)
    {
        foreach ((string path, FileStream taken) in _folders.Abandoned())
        {
            using (taken)
            {
                foreach (ExecFolder folder in ExecFolders.In(path))
                {
                    if (await Tasks.FindAsync(folder.Exec, cancellationToken) is { } left)
                    {
                        Log.SweptExec(_logger, folder.Exec.ExecId, folder.Exec.ContainerId);
                        if (left.Status is not (ProcessStatus.Stopped or ProcessStatus.Created)) await EndAsync(folder.Exec, (int)left.Pid, TimeSpan.Zero);
                        await Tasks.DeleteAsync(folder.Exec);
                    }
                }

                Directory.Delete(path, recursive: true);
            }
        }
    }

    async Task GuardAsync(Func<Task> tail)
    {
        try
        {
            await tail();
        }
        catch (Exception failure) when (failure is RpcException or IOException)
        {
            Log.TailFailed(_logger, failure); // its folder stays, and the next start sweeps it
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        await _stopping.CancelAsync();
        await Task.WhenAll(_running.Keys);
        _stopping.Dispose();
        _folders.Dispose();
    }
}
