using System.Net;
using Fairlead.Wire;

namespace Fairlead;

/// <summary>The server answered, but refused the upgrade: nothing was started. Carries what the server said.</summary>
public sealed class UpgradeException : RefusedException
{
    /// <summary>Creates it.</summary>
    /// <param name="message">What was refused and what the server said.</param>
    /// <param name="statusCode">The HTTP status code.</param>
    /// <param name="status">The Status in the answer's body, where there was one.</param>
    /// <param name="innerException">The error behind it, if any.</param>
    public UpgradeException(string message, HttpStatusCode statusCode, Status? status, Exception? innerException = null)
        : base(message, innerException)
    {
        StatusCode = statusCode;
        Status = status;
    }

    /// <summary>The HTTP status code.</summary>
    public HttpStatusCode StatusCode { get; }

    /// <summary>The Status in the answer's body, as it came; null where the body was something else.</summary>
    public Status? Status { get; }

    /// <summary>
    /// The pod has several containers, and the server leaves the choice to who asks: ask again with a container. An
    /// API server has no code for this; these are its words, in every version.
    /// </summary>
    public bool NeedsContainer => StatusCode is HttpStatusCode.BadRequest
        && Status?.Message?.StartsWith("a container name must be specified for pod ", StringComparison.Ordinal) == true;
}
