using Fairlead.Wire;

namespace Fairlead;

/// <summary>A server that speaks for others has no credentials of its own to show: nothing was sent. The cause says why.</summary>
public sealed class CredentialsException : SetupException
{
    /// <summary>Creates it.</summary>
    /// <param name="cause">What kept them.</param>
    public CredentialsException(Exception cause) : base("the credentials cannot be had: " + VisibleText.Line(cause?.Message ?? ""), cause)
    {
    }
}
