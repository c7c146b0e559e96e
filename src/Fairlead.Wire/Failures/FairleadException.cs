using Fairlead.Wire;

namespace Fairlead;

/// <summary>
/// Whatever keeps a session, a copy, a forward or a look-up from what was asked of it. Its kinds say what a caller can do. It is an
/// <see cref="IOException"/>, which callers of a <see cref="Stream"/> expect. Beside it, only cancellation, wrong arguments and disposed
/// objects are told by exceptions, each by .NET's own.
/// </summary>
/// <remarks>
/// <list type="bullet">
/// <item><see cref="RefusedException"/>: the server said no, and nothing was started. Ask for something else, or as somebody else.</item>
/// <item><see cref="ServerUnreachableException"/>: there was no answer. Try again.</item>
/// <item><see cref="SetupException"/>: a kubeconfig, a credential or a local port is not as it must be. Mend it here.</item>
/// <item><c>SessionLostException</c>: it began, and how it ended is not known. Find out before it is done again.</item>
/// <item><c>RemoteCommandException</c>: the server could not run the command, or failed while it ran.</item>
/// <item><c>ForwardResetException</c>: one forwarded connection was refused or reset; others go on.</item>
/// <item><c>OutputLimitException</c>: an output was longer than the caller would keep.</item>
/// <item><c>CopyException</c>: a copy could not be done. The same copy goes on from what has arrived.</item>
/// </list>
/// </remarks>
public abstract class FairleadException : IOException
{
    /// <summary>Creates it.</summary>
    /// <param name="message">What happened, for people; made fit to show.</param>
    /// <param name="innerException">The error behind it, if any.</param>
    protected FairleadException(string message, Exception? innerException = null) : base(VisibleText.Line(message), innerException)
    {
    }
}
