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

    public LeavingSignals(RemoteProcess process) => _registrations =
    [
        .. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGQUIT }.Select(
            signal => PosixSignalRegistration.Create(signal, _ => Leave(process))),
        // .NET would set the terminal's modes to what they were when it began to handle signals.
        .. OperatingSystem.IsWindows()
            ? []
            : new[] { PosixSignalRegistration.Create(PosixSignal.SIGCONT, static context => context.Cancel = true) },
    ];

    static void Leave(RemoteProcess process)
    {
        process.Abort("The command line was ended by a signal.");
#pragma warning disable VSTHRD002 // the program ends when this returns, and must not before
        process.DisposeAsync().AsTask().Wait(s_limit);
#pragma warning restore VSTHRD002
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations) registration.Dispose();
    }
}
