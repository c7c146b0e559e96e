using System.Runtime.InteropServices;

namespace Fairlead.Cli.Copies;

/// <summary>The signals that end a copy: something is said before they do what they always do.</summary>
sealed class CopySignals : IDisposable
{
    readonly PosixSignalRegistration[] _registrations;

    public CopySignals(Action interrupted)
    {
        PosixSignal[] ending = [PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGHUP];
        _registrations =
        [
            .. ending.Select(signal => PosixSignalRegistration.Create(signal, _ => interrupted())),
            // .NET would set the terminal's modes to what they were when it began to handle signals: another program's, for one in the
            // background.
            .. OperatingSystem.IsWindows()
                ? []
                : new[] { PosixSignalRegistration.Create(PosixSignal.SIGCONT, static context => context.Cancel = true) },
        ];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations) registration.Dispose();
    }
}
