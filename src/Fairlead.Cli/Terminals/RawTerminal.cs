using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Fairlead.Cli.Native;

namespace Fairlead.Cli.Terminals;

/// <summary>
/// The terminal in raw mode: every key goes to the remote side. Its modes come back on dispose, on a signal that ends or stops
/// the process, on an unhandled exception and at the process's exit.
/// </summary>
[UnsupportedOSPlatform("windows")]
sealed class RawTerminal : IDisposable
{
    /// <summary><c>termios</c> has 60 bytes on Linux and 72 on macOS.</summary>
    const int RoomForModes = 256;

    readonly byte[] _original = new byte[RoomForModes];
    readonly byte[] _raw = new byte[RoomForModes];
    readonly Lock _lock = new();
    readonly List<PosixSignalRegistration> _registrations = [];
    bool _isRaw, _disposed;

    RawTerminal()
    {
    }

    /// <exception cref="IOException">Standard input is no terminal, or does not let its modes be changed.</exception>
    public static RawTerminal Enter()
    {
        RawTerminal terminal = new();
        terminal.ReadModes();

        // Before the modes change: the runtime notes them when its signal handling starts, and sets them again at exit.
        ReadOnlySpan<PosixSignal> ending = [PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGINT, PosixSignal.SIGQUIT, PosixSignal.SIGTSTP];
        foreach (PosixSignal signal in ending) terminal._registrations.Add(PosixSignalRegistration.Create(signal, _ => terminal.Restore()));
        terminal._registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGCONT, _ => terminal.Resume()));
        AppDomain.CurrentDomain.UnhandledException += terminal.OnCrash;
        AppDomain.CurrentDomain.ProcessExit += terminal.OnExit;
        terminal.Resume();
        return terminal;
    }

    unsafe void ReadModes()
    {
        fixed (byte* original = _original)
        {
            if (LibC.GetModes(StandardStreams.InputDescriptor, original) != 0) throw Failed();
        }

        _original.CopyTo(_raw, 0);
        fixed (byte* raw = _raw) LibC.MakeRaw(raw);
    }

    void Resume()
    {
        lock (_lock)
        {
            if (_disposed) return;
            Set(_raw);
            _isRaw = true;
        }
    }

    void Restore()
    {
        lock (_lock)
        {
            if (!_isRaw) return;
            Set(_original);
            _isRaw = false;
        }
    }

    static unsafe void Set(byte[] modes)
    {
        fixed (byte* pointer = modes)
        {
            const int Now = 0; // TCSANOW, the same on both: waiting for output to drain could wait for ever behind a stopped terminal
            while (LibC.SetModes(StandardStreams.InputDescriptor, Now, pointer) != 0)
            {
                if (Marshal.GetLastPInvokeError() != LibC.Interrupted) throw Failed();
            }
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
