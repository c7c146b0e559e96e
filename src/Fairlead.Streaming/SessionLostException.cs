namespace Fairlead;

/// <summary>The session ended before its status came: whether the command finished, and how, is not known. Never success.</summary>
public sealed class SessionLostException : FairleadException
{
    /// <summary>Creates it.</summary>
    /// <param name="kind">How the session came to be lost.</param>
    /// <param name="message">What happened, and who ended it.</param>
    /// <param name="innerException">The carrier's own error, if there was one.</param>
    public SessionLostException(SessionLoss kind, string message, Exception? innerException = null)
        : base(message, innerException) => Kind = kind;

    /// <summary>How the session came to be lost.</summary>
    public SessionLoss Kind { get; }
}
