using Fairlead.HostProcesses.Starting;
using Fairlead.HostProcesses.Trees;
using Fairlead.Lab.Containers;
using Fairlead.Server.Commands;
using Fairlead.Wire;

namespace Fairlead.Lab.Commands;

/// <summary>A command that is a process of this machine.</summary>
sealed class LocalCommand : IStartedCommand
{
    readonly LocalProcess _process;
    readonly RunningProcesses _running;
    readonly Lock _lock = new();
    Task _ending = Task.CompletedTask;
    Task? _disposal;

    internal LocalCommand(LocalProcess process, RunningProcesses running, bool stdin)
    {
        (_process, _running) = (process, running);
        ProcessIo io = process.Io;
        if (stdin && io.Input is { } input) Input = new ProcessInput(input, io.Terminal);
        if (io.Output is { } output) Output = new OutputReader(output);
        if (io.Error is { } error) Error = new OutputReader(error);
        running.Add(process);
        Exited = ReapAsync();
    }

    public ICommandInput? Input { get; }

    public ICommandOutput? Output { get; }

    public ICommandOutput? Error { get; }

    public Task<Status> Exited { get; }

    /// <summary>Its number is given back as soon as it has ended and nobody looks for it by that.</summary>
    async Task<Status> ReapAsync()
    {
        int code = await _process.Exited;
        Task ending;
        lock (_lock) ending = _ending;
        _ = ending.ContinueWith(
            (_, process) => ((LocalProcess)process!).ReapAsync(), _process, CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return code >= 0 ? Status.FromExitCode(code) : Status.InternalError("the exit code was taken by another part of the host");
    }

    public Task ResizeAsync(TerminalSize size)
    {
        _process.Io.Terminal?.Resize(size);
        return Task.CompletedTask;
    }

    public Task HangUpAsync()
    {
        if (_process.Io.Terminal is { } terminal)
        {
            terminal.Dispose();
            return Task.CompletedTask;
        }

        _process.HangUp();
        _process.Io.Input?.Dispose();
        return Task.CompletedTask;
    }

    /// <remarks>The terminal is closed after the first search, which knows processes by it.</remarks>
    public Task TerminateAsync(bool hangUp)
    {
        lock (_lock)
        {
            _ending = Task.WhenAll(_ending,
                _running.TerminateAsync(ProcessSearch.Of(_process), _running.Options.Grace, hangUp
                ? () => _process.Io.Terminal?.Dispose()
                : null));
            return _ending;
        }
    }

    public ValueTask DisposeAsync()
    {
        lock (_lock) return new ValueTask(_disposal ??= EndAndForgetAsync());
    }

    async Task EndAndForgetAsync()
    {
        if (!_process.Exited.IsCompleted) await TerminateAsync(hangUp: true);
        await _process.DisposeAsync();
        _running.Forget(_process);
    }
}
