using System.Security.Authentication;
using Fairlead.Wire;

namespace Fairlead.Upgrades.Requests;

/// <summary>
/// A server's certificate is not to be trusted. The message is a whole sentence that says why, and names what would have been right.
/// </summary>
/// <param name="message">The sentence.</param>
/// <param name="brief">The same without a name or a time, for those whom the server's are no business of.</param>
public sealed class ServerCertificateException(string message, string brief) : AuthenticationException(VisibleText.Line(message))
{
    /// <summary>What is wrong, and nothing of whose certificate it is.</summary>
    public string Brief => brief;
}
