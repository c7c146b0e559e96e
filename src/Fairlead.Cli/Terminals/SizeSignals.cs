using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Fairlead.Cli.Terminals;

/// <summary>
/// The signals behind which a Unix terminal may have another size: it was told so, or it was stopped, when nobody tells it.
/// </summary>
[UnsupportedOSPlatform("windows")]
sealed class SizeSignals(Action look) : IDisposable
{
    readonly PosixSignalRegistration _changed = PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => look()),
        _continued = PosixSignalRegistration.Create(PosixSignal.SIGCONT, _ => look());

    /// <inheritdoc/>
    public void Dispose()
    {
        _changed.Dispose();
        _continued.Dispose();
    }
}
