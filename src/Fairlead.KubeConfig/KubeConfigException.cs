namespace Fairlead.KubeConfig;

/// <summary>The kubeconfig, or what it points to, cannot be used. The message names the file and the entry, never a secret.</summary>
public sealed class KubeConfigException : Exception
{
    /// <summary>Creates it.</summary>
    public KubeConfigException(string message, Exception? innerException = null) : base(message, innerException)
    {
    }
}
