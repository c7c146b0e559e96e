using Fairlead.Wire;

namespace Fairlead;

/// <summary>
/// The credentials that a request needs cannot be had, such as a token whose file is gone: nothing was sent. The cause says why.
/// </summary>
public sealed class CredentialsException : SetupException
{
    /// <summary>Creates it.</summary>
    /// <param name="cause">What kept them.</param>
    public CredentialsException(Exception cause) : base("the credentials cannot be had: " + VisibleText.Line(cause?.Message ?? ""), cause)
    {
    }
}
