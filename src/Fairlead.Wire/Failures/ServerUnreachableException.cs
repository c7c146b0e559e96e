namespace Fairlead;

/// <summary>
/// The server could not be reached, did not answer in time, or its answer broke off or is none: trying again may help. TLS that did not
/// come about is among it. The cause is .NET's own exception.
/// </summary>
public sealed class ServerUnreachableException : FairleadException
{
    /// <summary>Creates it of what .NET threw.</summary>
    /// <param name="cause">It; its message becomes this one's.</param>
    public ServerUnreachableException(Exception cause) : base(cause?.Message ?? "", cause)
    {
    }

    /// <summary>A time limit was over, of the request or of the connection.</summary>
    public bool IsTimeout => InnerException is TimeoutException;
}
