using System.Runtime.InteropServices;
using Fairlead.Containerd.Native;
using Fairlead.HostProcesses.Trees;
using Fairlead.Server.Commands;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Wire;
using Grpc.Core;
using Status = Fairlead.Wire.Status;

namespace Fairlead.Containerd.Tasks;

/// <summary>A command that containerd's task API has started.</summary>
sealed class NativeCommand : ISuspendableCommand
{
    readonly NativeExecs _execs;
    readonly ExecFolder _folder;
    readonly ExecFifos _fifos;
    readonly int _pid;
    readonly bool _hasTerminal;
    readonly ExecProcessSearch _tree;
    readonly ExecInput? _input;
    readonly CancellationTokenSource _forgotten = new();
    readonly Lock _lock = new();
    Task? _disposal;

    /// <summary>One that has just been started.</summary>
    public NativeCommand(NativeExecs execs, ExecFolder folder, ExecFifos fifos, int pid, bool hasTerminal)
        : this(execs, folder, fifos, new ExecProcessSearch(folder.Exec.ContainerId, pid), pid, hasTerminal, fifos.Input is not null)
    {
    }

    /// <summary>One that an earlier process has suspended.</summary>
    public NativeCommand(NativeExecs execs, ExecFolder folder, ExecFifos fifos, SuspendedExec suspended)
        : this(execs, folder, fifos, new ExecProcessSearch(folder.Exec.ContainerId, suspended.Pid, suspended.Started),
            suspended.Pid, suspended.HasTerminal, suspended.HasInput)
    {
    }

    NativeCommand(
        NativeExecs execs, ExecFolder folder, ExecFifos fifos, ExecProcessSearch tree, int pid, bool hasTerminal, bool hasInput)
    {
        (_execs, _folder, _fifos, _tree, _pid, _hasTerminal) = (execs, folder, fifos, tree, pid, hasTerminal);
        if (hasInput) _input = new ExecInput(fifos.Input, execs.Tasks, folder.Exec, hasTerminal);
        Exited = WaitAsync();
    }

    public ICommandInput? Input => _input;

    public ICommandOutput? Output => _fifos.Output;

    public ICommandOutput? Error => _fifos.Error;

    public Task<Status> Exited { get; }

    async Task<Status> WaitAsync()
    {
        try
        {
            return await _execs.Tasks.WaitAsync(_folder.Exec, () => _tree.SeesLeader, _forgotten.Token) is { } code
                ? Status.FromExitCode(code)
                : Status.InternalError("how the command ended is not known: the runtime does not know it any more");
        }
        catch (RpcException failure)
        {
            return Status.InternalError("how the command ended is not known: " + UnreachableSocketException.Describe(failure));
        }
        catch (OperationCanceledException)
        {
            return Status.InternalError("how the command ended is not known: it is not waited for any more");
        }
    }

    public ISuspendedCommand Suspend(CommandInputState input) => new Handed(this, new SuspendedExec(
        _folder.Exec, _pid, _tree.Since, _hasTerminal, _input is not null, _fifos.Input is { IsRead: true }, input).ToString());

    public async Task ResizeAsync(TerminalSize size)
    {
        try
        {
            await _execs.Tasks.ResizeAsync(_folder.Exec, size);
        }
        catch (RpcException)
        {
            // containerd is away; a size is worth nothing to what comes after
        }
    }

    public async Task HangUpAsync()
    {
        await _execs.Tasks.KillAsync(_folder.Exec, LibC.SIGHUP);
        try
        {
            if (_input is not null) await _input.CloseAsync(_execs.Commands.Stopping);
        }
        catch (OperationCanceledException)
        {
            // it is ended, as the runtime goes
        }
    }

    /// <remarks>A terminal is the shim's, which closes it when the command ends.</remarks>
    public async Task TerminateAsync(bool hangUp)
    {
        await ProcessTermination.RunAsync(_tree, _execs.Options.Grace, ProcessWalk.System);
        // where this process does not see the container's, as from another host's view
        await _execs.Tasks.KillAsync(_folder.Exec, LibC.SIGKILL);
    }

    public ValueTask DisposeAsync()
    {
        lock (_lock) return new ValueTask(_disposal ??= EndAndForgetAsync());
    }

    async Task EndAndForgetAsync()
    {
        try
        {
            if (!Exited.IsCompleted) await _execs.TerminateAsync(_folder.Exec, _pid, _execs.Options.Grace);
            await _execs.Tasks.DeleteAsync(_folder.Exec);
            _folder.Dispose();
        }
        catch (RpcException away) when (away.StatusCode == StatusCode.Unavailable)
        {
            _execs.Forget(_folder);
        }
        catch (Exception failure) when (failure is RpcException or IOException)
        {
            Log.TailFailed(_execs.Logger, failure); // its folder stays, and the next start sweeps it
        }
        finally
        {
            await _forgotten.CancelAsync();
            await Exited;
            _forgotten.Dispose();
            _fifos.Dispose();
        }
    }

    /// <summary>Its folder, its FIFOs and what containerd knows of it stay for the next process.</summary>
    async ValueTask LetGoAsync()
    {
        await _forgotten.CancelAsync();
        await Exited;
        _forgotten.Dispose();
        _fifos.Dispose();
    }

    sealed class Handed(NativeCommand command, string description) : ISuspendedCommand
    {
        public string Description => description;

        public IReadOnlyDictionary<string, SafeHandle> Descriptors { get; } = command._fifos.Descriptors();

        public ValueTask LetGoAsync() => command.LetGoAsync();

        public ValueTask DisposeAsync() => command.DisposeAsync();
    }
}
