using System.Net.Sockets;
using System.Security.Authentication;

namespace Fairlead.Client;

/// <summary>Why a request failed before it was answered, for people: what .NET's words for it mean here.</summary>
public static class RequestFault
{
    /// <summary>A chain without a trusted end, or one whose end has the right name and another key.</summary>
    static readonly string[] s_unsigned = ["PartialChain", "UntrustedRoot", "NotSignatureValid"];

    /// <summary>One sentence without a full stop, of this program's words alone: nothing of the request or of an answer is in it.</summary>
    /// <param name="failure">What sending the request, or reading its answer, threw.</param>
    public static string Describe(Exception failure)
    {
        ArgumentNullException.ThrowIfNull(failure);
        Exception cause = failure;
        while (cause is not AuthenticationException && cause.InnerException is { } inner) cause = inner;
        return failure switch
        {
            OperationCanceledException { InnerException: TimeoutException } => "no connection came about in time",
            OperationCanceledException => "nobody waits for it any more",
            TimeoutException => "no answer came in time",
            CredentialsException => "the credentials cannot be had",
            _ when cause is AuthenticationException tls => DescribeTls(tls),
            HttpRequestException { HttpRequestError: HttpRequestError.ProxyTunnelError } => "the proxy on the way refused",
            HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } => "the server's name has no address",
            HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } =>
                "no connection came about" + (cause is SocketException socket ? ": " + socket.Message : ""),
            HttpRequestException { HttpRequestError: HttpRequestError.ResponseEnded } => "the connection ended before the server's answer",
            HttpRequestException or IOException => "the request could not be sent, or its answer not be read",
            _ => "the request could not be made",
        };
    }

    static string DescribeTls(AuthenticationException tls) =>
        Says(tls, "NameMismatch") ? "the server's certificate is for another name than the one that it was asked by"
        : Says(tls, "NotTimeValid") ? "the server's certificate, or one that vouches for it, has expired or is not valid yet"
        : s_unsigned.Any(fault => Says(tls, fault)) ? "no authority that is trusted here has signed the server's certificate"
        : "TLS did not come about";

    static bool Says(AuthenticationException tls, string fault) => tls.Message.Contains(fault, StringComparison.Ordinal);
}
