using System.Runtime.Versioning;
using Fairlead.Cli.Native;

namespace Fairlead.Cli.Terminals;

/// <summary>
/// The signals that end or stop a process, left to the kernel until this is disposed. For a process that waits in the background, and has
/// changed no terminal: a handler would run only when it is continued, and by then the kernel may have stopped it again, for ever.
/// </summary>
[UnsupportedOSPlatform("windows")]
sealed class KernelSignals : IDisposable
{
    readonly int[] _signals = [SignalActions.HangUp, SignalActions.Interrupt, SignalActions.Quit, SignalActions.Terminate,
        SignalActions.Stop];
    readonly byte[] _before;

    public KernelSignals()
    {
        _before = new byte[_signals.Length * SignalActions.Room];
        for (int i = 0; i < _signals.Length; i++) SignalActions.LeaveToKernel(_signals[i], Before(i));
    }

    Span<byte> Before(int i) => _before.AsSpan(i * SignalActions.Room, SignalActions.Room);

    /// <inheritdoc/>
    public void Dispose()
    {
        for (int i = 0; i < _signals.Length; i++) SignalActions.PutBack(_signals[i], Before(i));
    }
}
