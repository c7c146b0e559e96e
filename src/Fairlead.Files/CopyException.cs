namespace Fairlead;

/// <summary>A copy could not be done, or what arrived is not what was sent. Nothing unverified has taken its place.</summary>
public sealed class CopyException : FairleadException
{
    /// <summary>Creates it.</summary>
    public CopyException(string message, Exception? innerException = null) : base(message, innerException)
    {
    }
}
