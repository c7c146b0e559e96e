using System.Runtime.InteropServices;

namespace Fairlead.Cli.CommandLine;

/// <summary>SIGTERM, SIGINT and SIGHUP for verbs that serve: they are to end in order, with everything they started.</summary>
sealed class StopSignals : IDisposable
{
    readonly TaskCompletionSource _stop = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly CancellationTokenSource _cancel = new();
    readonly PosixSignalRegistration[] _registrations;

    public StopSignals() =>
        _registrations = [.. new[] { PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGHUP }.Select(signal => PosixSignalRegistration.Create(signal, Stop))];

    /// <summary>Completes at the first of them.</summary>
    public Task Requested => _stop.Task;

    /// <summary>The same as a token, for what is to be given up.</summary>
    public CancellationToken Token => _cancel.Token;

    /// <summary>Waits for one of them.</summary>
    public Task WaitAsync(CancellationToken cancellationToken) => Requested.WaitAsync(cancellationToken);

    void Stop(PosixSignalContext context)
    {
        if (!_stop.TrySetResult()) return; // asked again: the program ends as any would
        context.Cancel = true;
        _cancel.Cancel();
    }

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations) registration.Dispose();
        _cancel.Dispose();
    }
}
