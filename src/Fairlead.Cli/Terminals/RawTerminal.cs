using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Fairlead.Cli.Native;
using Fairlead.Wire;

namespace Fairlead.Cli.Terminals;

/// <summary>
/// The terminal in raw mode: every key goes to the remote side. Its modes come back on dispose, on a signal that ends or stops
/// the process, on an unhandled exception and at the process's exit, from the background too; and are raw again when it is continued.
/// </summary>
[UnsupportedOSPlatform("windows")]
sealed class RawTerminal : ITerminal
{
    /// <summary>
    /// How long a process that is continued in the background gives a signal that came with it, as from <c>kill %1</c>, before it stops
    /// again.
    /// </summary>
    static readonly TimeSpan s_lastWord = TimeSpan.FromMilliseconds(500);

    readonly TerminalModes _original, _raw;
    readonly Lock _lock = new();
    readonly TaskCompletionSource _ending = new();
    readonly List<PosixSignalRegistration> _registrations = [];
    TerminalModes? _set;
    bool _disposed;

    RawTerminal()
    {
        _original = TerminalModes.Read() ?? throw Failed();
        _raw = _original.MakeRaw();
    }

    /// <inheritdoc/>
    public TerminalSize? Size =>
        LibC.TryGetWindowSize(StandardStreams.OutputDescriptor, out LibC.WindowSize size)
        || LibC.TryGetWindowSize(StandardStreams.InputDescriptor, out size)
            ? size is { Rows: > 0, Columns: > 0 } ? new TerminalSize(size.Columns, size.Rows) : null
            : null;

    /// <inheritdoc/>
    public Stream Input { get; } = StandardStreams.OpenInput();

    /// <inheritdoc/>
    public IDisposable WatchSize(Action look) => new SizeSignals(look);

    /// <exception cref="IOException">Standard input is no terminal, or does not let its modes be changed.</exception>
    public static RawTerminal Enter()
    {
        if (!Foreground.Await()) throw Failed();
        RawTerminal terminal = new();

        // Before the modes change: the runtime notes them when its signal handling starts, and sets them again at exit.
        ReadOnlySpan<PosixSignal> ending = [PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGINT, PosixSignal.SIGQUIT];
        foreach (PosixSignal signal in ending) terminal._registrations.Add(PosixSignalRegistration.Create(signal, _ => terminal.End()));
        terminal._registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGTSTP, _ => terminal.Suspend()));
        terminal._registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGCONT, terminal.Continue));
        AppDomain.CurrentDomain.UnhandledException += terminal.OnCrash;
        AppDomain.CurrentDomain.ProcessExit += terminal.OnExit;
        lock (terminal._lock)
        {
            if (terminal.MakeRaw()) return terminal;
        }

        IOException failed = Failed();
        terminal.Dispose();
        throw failed;
    }

    bool MakeRaw()
    {
        if (!_raw.Set()) return false;
        RawMode.IsOn = true;
        _set = TerminalModes.Read(); // what the terminal made of them
        return true;
    }

    void Restore()
    {
        lock (_lock)
        {
            if (_set is not { } set) return;
            _set = null;

            // In the background only while they are still ours: a shell that took the terminal over has set its own. One that is gone has
            // none.
            RawMode.IsOn = false;
            if (Foreground.IsOurs || set.IsSame(TerminalModes.Read())) _original.Set();
        }
    }

    void End()
    {
        _ending.TrySetResult();
        Restore();
    }

    /// <summary>Asked to stop: .NET takes a signal that it handles for done, so that the stop itself is left to us.</summary>
    void Suspend()
    {
        lock (_lock)
        {
            Restore();
            bool isInFront;
            using (new KernelSignals())
            {
                _ = SignalActions.Raise(SignalActions.Stop); // returns when the process is continued
                isInFront = Foreground.Await();
            }

            if (isInFront && !_disposed) MakeRaw();
        }
    }

    void Continue(PosixSignalContext context)
    {
        context.Cancel = true; // .NET would set the modes from before, behind us
#pragma warning disable VSTHRD002 // a signal's handler has a thread of its own, and what follows waits for its end
        if (!Foreground.IsOurs && _ending.Task.Wait(s_lastWord)) return;
#pragma warning restore VSTHRD002
        lock (_lock)
        {
            if (!_disposed && !_ending.Task.IsCompleted && Foreground.Await()) MakeRaw();
        }
    }

    static IOException Failed() => new("the terminal's modes cannot be changed: " + Marshal.GetLastPInvokeErrorMessage());

    void OnCrash(object sender, UnhandledExceptionEventArgs e) => Restore();

    void OnExit(object? sender, EventArgs e) => Restore();

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock) _disposed = true;
        Restore();
        AppDomain.CurrentDomain.UnhandledException -= OnCrash;
        AppDomain.CurrentDomain.ProcessExit -= OnExit;
        foreach (PosixSignalRegistration registration in _registrations) registration.Dispose();
    }
}
