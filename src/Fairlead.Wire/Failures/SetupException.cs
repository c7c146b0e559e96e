namespace Fairlead;

/// <summary>
/// Something on this side is not as it must be: a kubeconfig, a certificate, a credential, or a local port to listen on. Nothing was
/// started, and trying again does not help before it is mended. The message names it, never a secret.
/// </summary>
public class SetupException : FairleadException
{
    /// <summary>Creates it.</summary>
    /// <param name="message">What is wrong, and what helps.</param>
    /// <param name="innerException">The error behind it, if any.</param>
    public SetupException(string message, Exception? innerException = null) : base(message, innerException)
    {
    }
}
