using Fairlead.Streaming.Resumption.Answering;

namespace Fairlead.Streaming.RemoteCommand;

/// <summary>The answering side of a remote command whose session outlives its carriers.</summary>
sealed class AnsweringResumable(KeptSession kept, CarrierLimits limits) : ResumableRemoteCommand(kept.Session, limits)
{
    internal override KeptSession? Kept => kept;

    /// <summary>Waits for a client that has not confirmed everything yet, for as long as a session is kept.</summary>
    public override async ValueTask CloseAsync() => await kept.CloseAsync(Limits.Linger);

    /// <inheritdoc/>
    public override void Abort(SessionLostException reason) => kept.Abort(reason);

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        kept.Abort(new SessionLostException(SessionLoss.LocalAbort, "The session was disposed before it had ended."));
        return Session.DisposeAsync();
    }
}
