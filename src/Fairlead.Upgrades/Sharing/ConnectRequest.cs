using System.Net;
using Fairlead.Upgrades.Requests;

namespace Fairlead.Upgrades.Sharing;

/// <summary>The request for a WebSocket on an HTTP/2 connection: an extended CONNECT (RFC 8441).</summary>
static class ConnectRequest
{
    const int Http11Required = 0xd;

    /// <summary>Makes one of a GET that asks for the same, its credentials and all.</summary>
    /// <returns>
    /// False where it stays a GET: a header is given several times, and HTTP's own client would join its lines over HTTP/2, upon which two
    /// groups of an impersonation become one.
    /// </returns>
    internal static bool TryMake(HttpRequestMessage request)
    {
        if (HeaderLines.AreNeededFor(request)) return false;
        request.Method = HttpMethod.Connect;
        (request.Version, request.VersionPolicy) = (HttpVersion.Version20, HttpVersionPolicy.RequestVersionExact);
        request.Headers.Protocol = "websocket";
        request.Headers.Connection.Clear();
        request.Headers.Upgrade.Clear();
        request.Headers.Remove("Sec-WebSocket-Key");
        request.Content?.Dispose();
        request.Content = null; // nothing is repeated: a stream is asked for again only where the server says that it did not look at it
        return true;
    }

    /// <summary>The server speaks no HTTP/2, does not announce this use of it, or sends it to HTTP/1.1. Nothing was started.</summary>
    internal static bool IsNotOffered(HttpRequestException failure) =>
        failure.HttpRequestError is HttpRequestError.ExtendedConnectNotSupported or HttpRequestError.VersionNegotiationError
            || failure.GetBaseException() is HttpProtocolException { ErrorCode: Http11Required };

    /// <summary>
    /// TLS did not come about. Where this connection alone was for HTTP/2, some servers end the handshake for that; by HTTP/1.1 it will be
    /// seen whether it was.
    /// </summary>
    internal static bool MayNotBeOffered(HttpRequestException failure) =>
        failure.HttpRequestError is HttpRequestError.SecureConnectionError;
}
