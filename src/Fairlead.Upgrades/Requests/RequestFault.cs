using System.Net.Sockets;
using System.Security.Authentication;

namespace Fairlead.Upgrades.Requests;

/// <summary>
/// Why a request failed before it was answered, for people whom addresses and names of servers are no business of: a gateway's callers.
/// </summary>
public static class RequestFault
{
    /// <summary>One sentence without a full stop, of this program's words alone: nothing of the request or of an answer is in it.</summary>
    /// <param name="failure">What sending the request, or reading its answer, threw.</param>
    public static string Describe(Exception failure)
    {
        ArgumentNullException.ThrowIfNull(failure);
        if (failure is ServerUnreachableException { InnerException: { } why }) failure = why;
        Exception cause = failure;
        while (cause is not AuthenticationException && cause.InnerException is { } inner) cause = inner;
        return failure switch
        {
            OperationCanceledException { InnerException: TimeoutException } => "no connection came about in time",
            OperationCanceledException => "nobody waits for it any more",
            TimeoutException { InnerException: OperationCanceledException { InnerException: TimeoutException } } =>
                "no connection came about in time",
            TimeoutException => "no answer came in time",
            CredentialsException => "the credentials cannot be had",
            _ when cause is AuthenticationException tls =>
                tls is ServerCertificateException { Brief: var brief } ? brief : "TLS did not come about",
            HttpRequestException { HttpRequestError: HttpRequestError.ProxyTunnelError } => "the proxy on the way refused",
            HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } => "the server's name has no address",
            HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } =>
                "no connection came about" + (cause is SocketException socket ? ": " + socket.Message : ""),
            HttpRequestException { HttpRequestError: HttpRequestError.ResponseEnded } => "the connection ended before the server's answer",
            HttpRequestException or IOException => "the request could not be sent, or its answer not be read",
            _ => "the request could not be made",
        };
    }
}
