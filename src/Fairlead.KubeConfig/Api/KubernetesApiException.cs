using System.Net;
using Fairlead.Wire;

namespace Fairlead;

/// <summary>The server refused an API call. The message is what the server said.</summary>
public sealed class KubernetesApiException : RefusedException
{
    /// <summary>Creates it.</summary>
    /// <param name="message">What the server said; it is made fit to show.</param>
    /// <param name="statusCode">The HTTP status code.</param>
    /// <param name="status">The Status in the answer's body, where there was one.</param>
    public KubernetesApiException(string message, HttpStatusCode statusCode, Status? status) : base(message)
    {
        StatusCode = statusCode;
        Status = status;
    }

    /// <summary>The HTTP status code.</summary>
    public HttpStatusCode StatusCode { get; }

    /// <summary>The Status in the answer's body, as it came; null where the body was something else, a proxy's page for instance.</summary>
    public Status? Status { get; }

    /// <summary>Why, in one word, as the API server puts it: NotFound, Forbidden; null where it did not say.</summary>
    public string? Reason => Status?.Reason;
}
