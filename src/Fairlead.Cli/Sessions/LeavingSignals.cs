using System.Runtime.InteropServices;

namespace Fairlead.Cli.Sessions;

/// <summary>
/// The signals that end this program. A server that keeps sessions would take the end of a connection for a loss and wait for the client,
/// so it is told first that nobody comes back; then they do what they always do.
/// </summary>
sealed class LeavingSignals : IDisposable
{
    /// <summary>How long telling the server may take.</summary>
    static readonly TimeSpan s_limit = TimeSpan.FromSeconds(2);

    readonly PosixSignalRegistration[] _registrations;

    /// <summary>Never set: whoever waits for it waits for the end of the process.</summary>
    readonly ManualResetEventSlim _afterwards = new();
    bool _isLeaving;

    public LeavingSignals(RemoteProcess process) => _registrations =
    [
        .. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGQUIT }.Select(
            signal => PosixSignalRegistration.Create(signal, _ => Leave(process))),
        // .NET would set the terminal's modes to what they were when it began to handle signals.
        .. OperatingSystem.IsWindows()
            ? []
            : new[] { PosixSignalRegistration.Create(PosixSignal.SIGCONT, static context => context.Cancel = true) },
    ];

    void Leave(RemoteProcess process)
    {
        Volatile.Write(ref _isLeaving, true);
        process.Abort("The command line was ended by a signal.");
#pragma warning disable VSTHRD002 // the program ends when this returns, and must not before
        process.DisposeAsync().AsTask().Wait(s_limit);
#pragma warning restore VSTHRD002
    }

    /// <summary>
    /// While a signal is leaving, its end of the process is waited for, and with it the exit code that shells know: the session's own end,
    /// which is a loss, would be there first otherwise. Not for ever: a signal that somebody has set to be ignored ends nothing.
    /// </summary>
    public void Dispose()
    {
        if (Volatile.Read(ref _isLeaving)) _afterwards.Wait(2 * s_limit);
        foreach (PosixSignalRegistration registration in _registrations) registration.Dispose();
        _afterwards.Dispose();
    }
}
