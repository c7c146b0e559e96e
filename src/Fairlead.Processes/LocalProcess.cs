using System.Runtime.InteropServices;
using Fairlead.Processes.Native;
using Fairlead.Server.Commands;

namespace Fairlead.Processes;

/// <summary>
/// One started process, leader of its own session, and this side's ends of its pipes or its terminal. It stays a zombie from its end
/// to <see cref="ReapAsync"/>: so long its number, and with it its session's and group's, is nobody else's.
/// </summary>
sealed class LocalProcess : IAsyncDisposable
{
    /// <summary>The variable that a process's descendants inherit, and by which they are found.</summary>
    internal const string MarkerVariable = "FAIRLEAD_SESSION";

    readonly ProcessDescriptor? _descriptor;
    int _reaped;
    volatile bool _disposed;

    LocalProcess(int id, ProcessStart start, ProcessIo io)
    {
        Id = id;
        Marker = start.Marker;
        Io = io;
        try
        {
            StartTime = ProcessStat.Read(id)?.StartTime ?? 0;
            _descriptor = ProcessDescriptor.Open(id);
        }
        catch
        {
            SignalGroup(LibC.SIGKILL); // no descriptors left: a process that cannot be watched must not run
            ChildStatus.Reap(id, wait: true);
            io.Dispose();
            throw;
        }

        Exited = WaitAsync();
    }

    /// <summary>Its number.</summary>
    internal int Id { get; }

    /// <summary>The kernel's start time: what it started cannot be older.</summary>
    internal ulong StartTime { get; }

    /// <summary>See <see cref="ProcessStart.Marker"/>.</summary>
    internal string Marker { get; }

    /// <summary>This side's ends.</summary>
    internal ProcessIo Io { get; }

    /// <summary>The exit code, 128+n for a signal, once it has ended; -1 when the host has reaped it elsewhere.</summary>
    internal Task<int> Exited { get; }

    /// <summary>Its number is given back, or about to be, and may be another's.</summary>
    internal bool IsReaped => Volatile.Read(ref _reaped) != 0;

    /// <summary>This side's ends are closed too: nothing is known by it any more.</summary>
    internal bool IsDisposed => _disposed;

    /// <summary>Starts it. The call returns when its program runs, or could not be run.</summary>
    /// <exception cref="CommandStartException">The command does not exist or cannot be run.</exception>
    /// <exception cref="IOException">The system has no pipe, terminal or process to give.</exception>
    internal static LocalProcess Start(ProcessStart start)
    {
        string command = start.Command[0];
        foreach (string text in start.Command)
        {
            if (text.Contains('\0', StringComparison.Ordinal))
                throw new CommandStartException(CommandStartException.NotRunnable, "exec: an argument holds a zero byte");
        }

        if (!Directory.Exists(start.WorkingDirectory))
        {
            throw new CommandStartException(
                CommandStartException.NotRunnable, $"chdir to the working directory \"{start.WorkingDirectory}\": no such directory");
        }

        string file = ExecutableSearch.Find(command, start.Environment.GetValueOrDefault("PATH"), start.WorkingDirectory);

        List<string> environment = [$"{MarkerVariable}={start.Marker}"];
        foreach ((string name, string value) in start.Environment)
        {
            if (name != MarkerVariable) environment.Add($"{name}={value}");
        }

        using SpawnActions actions = new();
        using ProcessIoSetup setup = new(start, actions);
        actions.ChangeDirectory(start.WorkingDirectory);
        actions.CloseTheRest();
        int error = Spawn.Start(file, start.Command, environment, actions, out int id);
        if (error != 0)
        {
            int code = error == LibC.ENOENT ? CommandStartException.NotFound : CommandStartException.NotRunnable;
            throw new CommandStartException(code, $"exec: \"{command}\": {NativeError.Describe(error)}");
        }

        return new LocalProcess(id, start, setup.Take());
    }

    /// <summary>Signals the process's own group, where it is the leader from the start.</summary>
    internal void SignalGroup(int signal)
    {
        if (LibC.kill(-Id, signal) == 0) return;
        int error = Marshal.GetLastPInvokeError();
        if (error is not (LibC.ESRCH or LibC.EPERM)) throw NativeError.Of(nameof(LibC.kill), error);
    }

    async Task<int> WaitAsync()
    {
        if (_descriptor is not null) await _descriptor.Exited;
        return ChildStatus.Peek(Id) ?? throw new InvalidOperationException($"Process {Id} was reported as ended and runs.");
    }

    /// <summary>Waits until it ended and gives its number back: from then on the number says nothing.</summary>
    internal async Task ReapAsync()
    {
        await Exited;
        if (Interlocked.Exchange(ref _reaped, 1) != 0) return;
        ChildStatus.Reap(Id);
        _descriptor?.Dispose();
    }

    /// <summary>Reaps it and closes this side's ends.</summary>
    public async ValueTask DisposeAsync()
    {
        await ReapAsync();
        _disposed = true;
        Io.Dispose();
    }
}
