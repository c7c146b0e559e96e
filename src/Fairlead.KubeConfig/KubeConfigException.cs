using Fairlead.Wire;

namespace Fairlead.KubeConfig;

/// <summary>The kubeconfig, or what it points to, cannot be used. The message names the file and the entry, never a secret. It is fit
/// to show, and one line but for what a plugin's install hint adds.</summary>
public sealed class KubeConfigException : Exception
{
    /// <summary>Creates it.</summary>
    public KubeConfigException(string message, Exception? innerException = null) : base(VisibleText.Line(message), innerException)
    {
    }

    /// <summary>Creates it with what to do, in lines of its own.</summary>
    internal KubeConfigException(string message, PeerText advice) : base($"{VisibleText.Line(message)}\n\n{advice.Trim().ToLines()}")
    {
    }
}
