namespace Fairlead.Gateway.Sessions;

/// <summary>Whether the gateway is on its way out: first that is told, then there are no new sessions, then none at all.</summary>
sealed class DrainState : IDisposable
{
    readonly CancellationTokenSource _over = new();
    volatile bool _isAnnounced, _hasBegun;

    internal DrainState() => Over = _over.Token;

    /// <summary>Who asks whether the gateway is ready is told no.</summary>
    internal bool IsAnnounced => _isAnnounced;

    /// <summary>New sessions are refused.</summary>
    internal bool HasBegun => _hasBegun;

    /// <summary>Running sessions are ended.</summary>
    internal CancellationToken Over { get; }

    internal void Announce() => _isAnnounced = true;

    internal void Begin() => _isAnnounced = _hasBegun = true;

    internal Task EndSessionsAsync() => _over.CancelAsync();

    public void Dispose() => _over.Dispose();
}
