using Fairlead.Wire;

namespace Fairlead.Server.Access;

/// <summary>
/// Who judges what a user may do cannot be asked for now. Thrown by <see cref="PodsApiOptions.Authorize"/>; the client gets 503, which is
/// no permission, and may ask again.
/// </summary>
public sealed class AuthorizerUnavailableException : IOException
{
    /// <summary>With a message that is shown to the client.</summary>
    public AuthorizerUnavailableException(string message, Exception? cause) : base(VisibleText.Line(message), cause)
    {
    }
}
