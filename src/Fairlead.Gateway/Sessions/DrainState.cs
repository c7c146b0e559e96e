namespace Fairlead.Gateway.Sessions;

/// <summary>Whether the gateway is on its way out: first no new sessions, then none at all.</summary>
sealed class DrainState : IDisposable
{
    readonly CancellationTokenSource _over = new();
    volatile bool _hasBegun;

    internal DrainState() => Over = _over.Token;

    /// <summary>New sessions are refused.</summary>
    internal bool HasBegun => _hasBegun;

    /// <summary>Running sessions are ended.</summary>
    internal CancellationToken Over { get; }

    internal void Begin() => _hasBegun = true;

    internal Task EndAsync() => _over.CancelAsync();

    public void Dispose() => _over.Dispose();
}
