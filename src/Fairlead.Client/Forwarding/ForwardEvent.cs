using System.Net;

namespace Fairlead;

/// <summary>Something that happened to a forward.</summary>
/// <param name="Kind">What.</param>
/// <param name="Pod">The pod that it leads to, or led to.</param>
public sealed record ForwardEvent(ForwardEventKind Kind, PodReference Pod)
{
    /// <summary>Where the connection came in; null for what is not about one.</summary>
    public EndPoint? Local { get; init; }

    /// <summary>The pod's port of the connection; 0 for what is not about one.</summary>
    public int Remote { get; init; }

    /// <summary>Why: the server's text in a <c>ForwardResetException</c>, the loss, the refusal. Null where nothing went wrong.</summary>
    public Exception? Error { get; init; }
}
