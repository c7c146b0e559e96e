using Fairlead.Wire;

namespace Fairlead.Streaming.Relays;

/// <summary>
/// The failures by which a relay ends a session itself. Each has a reason of its own; none can be taken for a command's exit.
/// </summary>
public static class SessionEndings
{
    /// <summary>
    /// The reason that a server gives when it has lost the session on its own far side. Whoever receives it treats it like a loss of their
    /// own connection.
    /// </summary>
    public const string LostReason = "SessionLost";

    /// <summary>The server's side was lost before its status.</summary>
    public static Status ServerLost(SessionLostException loss)
    {
        ArgumentNullException.ThrowIfNull(loss);
        return Failure(
            LostReason, $"the session was lost beyond this server: {loss.Message.TrimEnd('.')}; whether the command finished is not known");
    }

    /// <summary>No payload passed for too long.</summary>
    public static Status Idle(TimeSpan limit) => Failure("IdleTimeout", $"nothing was sent or received for {limit.TotalSeconds:0.#} s");

    /// <summary>The session is older than sessions may be.</summary>
    public static Status TooOld(TimeSpan limit) =>
        Failure("MaxSessionAge", $"the session has reached the greatest age of {limit.TotalSeconds:0.#} s");

    /// <summary>Who opened it may not do so any longer.</summary>
    public static Status NoLongerAllowed { get; } = Failure("AuthorizationRevoked", "the session's user may not open it any longer");

    /// <summary>Nobody could be asked for too long whether who opened it still may.</summary>
    public static Status CouldNotBeAsked(TimeSpan grace) =>
        Failure("CouldNotBeAsked", $"for {grace.TotalSeconds:0.#} s nobody could be asked whether the session's user may still open it");

    /// <summary>The gateway is on its way out.</summary>
    public static Status Draining { get; } = Failure("Draining", "the gateway is stopping");

    static Status Failure(string reason, string message) =>
        new() { Result = Status.FailureResult, Reason = reason, Message = message, Code = 500 };
}
