namespace Fairlead;

/// <summary>
/// The server answered and said no, or has nothing of the kind that was asked for: nothing was started. The same request will be refused
/// again; another one, or another user's, may not be.
/// </summary>
public abstract class RefusedException : FairleadException
{
    /// <summary>Creates it.</summary>
    /// <param name="message">What was refused and why.</param>
    /// <param name="innerException">The error behind it, if any.</param>
    protected RefusedException(string message, Exception? innerException = null) : base(message, innerException)
    {
    }
}
