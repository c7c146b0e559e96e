using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;

namespace Fairlead.Cli.Logging;

/// <summary>
/// Logs which signal told this process to end. It changes nothing in what the signal does: one that was ignored when the process began
/// never comes here.
/// </summary>
sealed class SignalLog : IDisposable
{
    /// <summary>The process ends behind the handler; a log that nobody reads must not keep it.</summary>
    static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(250);

    readonly PosixSignalRegistration[] _registrations;

    public SignalLog(LogOutput output, ILogger logger, string verb)
    {
        PosixSignal[] ending = [PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGHUP, PosixSignal.SIGQUIT];
        _registrations =
        [
            .. ending.Select(signal => PosixSignalRegistration.Create(signal, context =>
            {
                Log.Signalled(logger, verb, context.Signal.ToString());
                output.WaitUntilWritten(s_patience);
            })),
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
