using Fairlead.Wire;

namespace Fairlead.Server;

/// <summary>
/// What holds the containers does not answer for now. Thrown by an <see cref="IContainerRuntime"/> or an <see cref="IPodCatalog"/>; the
/// client gets 503, and may ask again.
/// </summary>
public sealed class RuntimeUnavailableException : IOException
{
    /// <summary>With a message that is shown to the client.</summary>
    public RuntimeUnavailableException(string message, Exception? cause) : base(VisibleText.Line(message), cause)
    {
    }
}
