using Fairlead.Wire;

namespace Fairlead;

/// <summary>The kubeconfig, or what it points to, cannot be used. The message names the file and the entry, never a secret. It is fit
/// to show, and one line but for what a plugin's install hint adds.</summary>
public sealed class KubeConfigException : SetupException
{
    readonly string? _advice;

    /// <summary>Creates it.</summary>
    public KubeConfigException(string message, Exception? innerException = null) : base(message, innerException)
    {
    }

    /// <summary>Creates it with what to do, in lines of its own.</summary>
    internal KubeConfigException(string message, PeerText advice) : base(message) => _advice = advice.Trim().ToLines();

    /// <inheritdoc/>
    public override string Message => _advice is null ? base.Message : $"{base.Message}\n\n{_advice}";
}
