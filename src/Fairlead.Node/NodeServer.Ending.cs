using Fairlead.Wire;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.Extensions.DependencyInjection;

namespace Fairlead.Node;

/// <summary>How a node ends: it takes nothing new, leaves to its next process what that can go on with, and ends the rest.</summary>
public sealed partial class NodeServer
{
    /// <summary>How long sessions have to end in order once they were told to, where the server was drained before.</summary>
    static readonly TimeSpan s_ending = TimeSpan.FromSeconds(3);

    /// <summary>How long a connection that was taken just before a drain has for its handshake and its request.</summary>
    static readonly TimeSpan s_lastRequests = TimeSpan.FromSeconds(2);

    /// <summary>How long saving sessions may take.</summary>
    static readonly TimeSpan s_suspension = TimeSpan.FromSeconds(5);

    /// <summary>Takes no new connection from now on, and waits until those that are there have ended, sessions among them.</summary>
    /// <param name="patience">How long; afterwards <see cref="DisposeAsync"/> ends what is left.</param>
    /// <param name="isReplaced">Another process has taken over, and tells of health alone from now on.</param>
    /// <param name="cancellationToken">Ends the wait too.</param>
    public async Task DrainAsync(TimeSpan patience, bool isReplaced = false, CancellationToken cancellationToken = default)
    {
        _readiness.Drain();
        if (isReplaced) _health?.Close();
        using CancellationTokenSource limit = new(TimeLimit.OrForEver(patience, orZero: true), _options.Runtime.Clock);
        using CancellationTokenSource late = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        if (_options.Addresses is { } addresses)
        {
            // A server that stops ends connections that have not asked for anything: those that were taken last get the time to.
            addresses.Close();
            await Task.Delay(s_lastRequests, _options.Runtime.Clock, late.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        // Not the host: it would tell sessions at once that they have to end.
        Task stopped = _application.Services.GetRequiredService<IServer>().StopAsync(_over.Token);
        await stopped.WaitAsync(late.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>
    /// Saves every session that the node's next process can go on with; nothing where <see cref="NodeOptions.Descriptors"/> is null.
    /// <see cref="DisposeAsync"/> is to follow at once, and ends what is left.
    /// </summary>
    /// <exception cref="IOException">The store does not answer: it is not known what the next process will find.</exception>
    public async Task SuspendAsync()
    {
        _readiness.Drain();
        if (_options.Descriptors is not null && _checkpoints is not null)
            await _checkpoints.SuspendAsync(s_suspension, _options.Runtime.Clock);
    }

    /// <summary>Ends every session, then every command that was run natively.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        _readiness.Drain();
        _over.CancelAfter(s_ending);
        await _application.StopAsync();
        await _application.DisposeAsync();
        if (_health is not null) await _health.DisposeAsync();
        await _runtime.DisposeAsync();
        _tls.Dispose();
        _users?.Dispose();
        _serving?.Dispose();
        _metrics.Dispose();
        _logging.Dispose();
        _over.Dispose();
    }
}
