using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Fairlead.Cli.Native;
using Fairlead.Wire;

namespace Fairlead.Cli.Terminals;

/// <summary>
/// A Windows console whose every key goes to the remote side, Ctrl-C too, and which obeys the escape sequences that come back. Its modes
/// come back on dispose, when the window is closed, on an unhandled exception and at the process's exit.
/// </summary>
[SupportedOSPlatform("windows")]
sealed class WindowsTerminal : ITerminal
{
    readonly List<(nint Console, uint Mode)> _before = [];
    readonly List<PosixSignalRegistration> _registrations = [];
    readonly ConsoleInput _input;
    readonly Lock _lock = new();
    event Action? SizeMayChange;

    WindowsTerminal() => _input = new ConsoleInput(() => SizeMayChange?.Invoke());

    /// <inheritdoc/>
    public Stream Input => _input;

    /// <inheritdoc/>
    public TerminalSize? Size =>
        WindowsConsole.TryGetSize(WindowsConsole.Output, out ushort columns, out ushort rows)
        || WindowsConsole.TryGetSize(WindowsConsole.Error, out columns, out rows)
            ? new TerminalSize(columns, rows)
            : null;

    /// <exception cref="IOException">Standard input is no console, or does not let its modes be changed.</exception>
    public static WindowsTerminal Enter()
    {
        WindowsTerminal terminal = new();
        ReadOnlySpan<PosixSignal> ending = [PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGINT, PosixSignal.SIGQUIT];
        foreach (PosixSignal signal in ending) terminal._registrations.Add(PosixSignalRegistration.Create(signal, _ => terminal.Restore()));
        AppDomain.CurrentDomain.UnhandledException += terminal.OnCrash;
        AppDomain.CurrentDomain.ProcessExit += terminal.OnExit;

        const uint Cooked = WindowsConsole.Processed | WindowsConsole.Lines | WindowsConsole.Echo | WindowsConsole.Mouse;
        const uint Keys = WindowsConsole.SequencesIn | WindowsConsole.WindowEvents;
        if (terminal.Change(WindowsConsole.Input, Cooked, Keys)
            || terminal.Change(WindowsConsole.Input, Cooked, WindowsConsole.WindowEvents)) // an old console: KeyBytes knows its keys
        {
            // Where an output does not take escape sequences it is an old console: it shows them, and the session goes on.
            foreach (int output in (ReadOnlySpan<int>)[WindowsConsole.Output, WindowsConsole.Error])
                _ = terminal.Change(output, 0, WindowsConsole.ProcessedOut | WindowsConsole.SequencesOut | WindowsConsole.NoReturn);
            RawMode.IsOn = true;
            return terminal;
        }

        IOException failed = new("the console's modes cannot be changed: " + Marshal.GetLastPInvokeErrorMessage());
        terminal.Dispose();
        throw failed;
    }

    /// <summary>False where it is no console, or does not know a mode.</summary>
    bool Change(int which, uint without, uint with)
    {
        nint console = WindowsConsole.StandardHandle(which);
        if (WindowsConsole.GetMode(console, out uint mode) == 0) return false;
        if (WindowsConsole.SetMode(console, (mode & ~without) | with) == 0) return false;
        lock (_lock) _before.Add((console, mode));
        return true;
    }

    /// <inheritdoc/>
    public IDisposable WatchSize(Action look)
    {
        SizeMayChange += look;
        return new Watch(() => SizeMayChange -= look);
    }

    void Restore()
    {
        lock (_lock)
        {
            for (int i = _before.Count - 1; i >= 0; i--) _ = WindowsConsole.SetMode(_before[i].Console, _before[i].Mode);
            _before.Clear();
            RawMode.IsOn = false;
        }
    }

    void OnCrash(object sender, UnhandledExceptionEventArgs e) => Restore();

    void OnExit(object? sender, EventArgs e) => Restore();

    /// <inheritdoc/>
    public void Dispose()
    {
        _input.Dispose();
        Restore();
        AppDomain.CurrentDomain.UnhandledException -= OnCrash;
        AppDomain.CurrentDomain.ProcessExit -= OnExit;
        foreach (PosixSignalRegistration registration in _registrations) registration.Dispose();
    }

    sealed class Watch(Action end) : IDisposable
    {
        public void Dispose() => end();
    }
}
