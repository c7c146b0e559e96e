using System.Runtime.InteropServices;
using Fairlead.HostProcesses.Native;

namespace Fairlead.HostProcesses.Starting;

/// <summary>
/// One started process, leader of its own session, and this side's ends of its pipes or its terminal. It stays a zombie from its end
/// to <see cref="ReapAsync"/>: so long its number, and with it its session's and group's, is nobody else's.
/// </summary>
public sealed class LocalProcess : IAsyncDisposable
{
    /// <summary>The variable that a process's descendants inherit, and by which they are found.</summary>
    public const string MarkerVariable = "FAIRLEAD_SESSION";

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
    public int Id { get; }

    /// <summary>The kernel's start time: what it started cannot be older.</summary>
    public ulong StartTime { get; }

    /// <summary>See <see cref="ProcessStart.Marker"/>.</summary>
    public string Marker { get; }

    /// <summary>This side's ends.</summary>
    public ProcessIo Io { get; }

    /// <summary>The exit code, 128+n for a signal, once it has ended; -1 when the host has reaped it elsewhere.</summary>
    public Task<int> Exited { get; }

    /// <summary>Its number is given back, or about to be, and may be another's.</summary>
    public bool IsReaped => Volatile.Read(ref _reaped) != 0;

    /// <summary>This side's ends are closed too: nothing is known by it any more.</summary>
    public bool IsDisposed => _disposed;

    /// <summary>Starts it. The call returns when its program runs, or could not be run.</summary>
    /// <exception cref="ProcessStartException">The command does not exist or cannot be run.</exception>
    /// <exception cref="IOException">The system has no pipe, terminal or process to give.</exception>
    public static LocalProcess Start(ProcessStart start)
    {
        string command = start.Command[0];
        foreach (string text in start.Command)
        {
            if (text.Contains('\0', StringComparison.Ordinal))
                throw ProcessStartException.NotRunnable("exec: an argument holds a zero byte");
        }

        if (!Directory.Exists(start.WorkingDirectory))
        {
            throw ProcessStartException.NotRunnable(
                $"chdir to the working directory \"{start.WorkingDirectory}\": no such directory");
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
            string why = $"exec: \"{command}\": {NativeError.Describe(error)}";
            throw error == LibC.ENOENT ? ProcessStartException.NotFound(why) : ProcessStartException.NotRunnable(why);
        }

        return new LocalProcess(id, start, setup.Take());
    }

    /// <summary>Sends SIGHUP to the process's own group, where it is the leader from the start.</summary>
    public void HangUp() => SignalGroup(LibC.SIGHUP);

    void SignalGroup(int signal)
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
    public async Task ReapAsync()
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
