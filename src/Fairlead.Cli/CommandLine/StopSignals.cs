using System.Runtime.InteropServices;
using Fairlead.Cli.Native;

namespace Fairlead.Cli.CommandLine;

/// <summary>SIGTERM, SIGINT and SIGHUP for verbs that serve: they are to end in order, with everything they started.</summary>
/// <remarks>
/// A SIGINT that was ignored when the process began is taken back: a script's shell ignores it for what it starts in the background, and
/// whoever sends it to a server means it (<see cref="TakeBack"/>). An ignored SIGHUP stays ignored, for <c>nohup</c>.
/// </remarks>
sealed class StopSignals : IDisposable
{
    readonly TaskCompletionSource _stop = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly CancellationTokenSource _cancel = new();
    readonly PosixSignalRegistration[] _registrations;

    readonly bool _endsAtSecond;

    /// <param name="reload">Called at SIGHUP, which then ends nothing; null for one that ends like the others.</param>
    /// <param name="endsAtSecond">Who asks again ends the program at once; false for one that has to finish.</param>
    public StopSignals(Action? reload = null, bool endsAtSecond = true)
    {
        _endsAtSecond = endsAtSecond;
        PosixSignal[] ending = [PosixSignal.SIGTERM, PosixSignal.SIGINT, .. reload is null ? new[] { PosixSignal.SIGHUP } : []];
        _registrations =
        [
            .. ending.Select(signal => PosixSignalRegistration.Create(signal, Stop)),
            .. reload is null ? [] : new[] { PosixSignalRegistration.Create(PosixSignal.SIGHUP, context => Reload(context, reload)) },
            // .NET would set the terminal's modes to what they were when it began to handle signals: another program's, for one in the
            // background.
            .. OperatingSystem.IsWindows()
                ? []
                : new[] { PosixSignalRegistration.Create(PosixSignal.SIGCONT, static context => context.Cancel = true) },
        ];
    }

    /// <summary>
    /// Takes an ignored SIGINT back. Before anything in this process handles signals: .NET would go on taking it for ignored.
    /// </summary>
    public static void TakeBack()
    {
        if (!OperatingSystem.IsWindows()) SignalActions.TakeBack(SignalActions.Interrupt);
    }

    /// <summary>Completes at the first of them.</summary>
    public Task Requested => _stop.Task;

    /// <summary>The same as a token, for what is to be given up.</summary>
    public CancellationToken Token => _cancel.Token;

    /// <summary>Waits for one of them.</summary>
    public Task WaitAsync(CancellationToken cancellationToken) => Requested.WaitAsync(cancellationToken);

    static void Reload(PosixSignalContext context, Action reload)
    {
        context.Cancel = true;
        reload();
    }

    void Stop(PosixSignalContext context)
    {
        bool isFirst = _stop.TrySetResult();
        context.Cancel = isFirst || !_endsAtSecond;
        if (isFirst) _cancel.Cancel();
    }

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations) registration.Dispose();
        _cancel.Dispose();
    }
}
