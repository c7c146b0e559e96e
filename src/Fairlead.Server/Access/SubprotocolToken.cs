using System.Buffers.Text;
using System.Text;
using Fairlead.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Fairlead.Server.Access;

/// <summary>A browser cannot set headers on a WebSocket, and offers its bearer token as a subprotocol next to a real one.</summary>
public static class SubprotocolToken
{
    const string Prefix = "base64url.bearer.authorization.k8s.io.";

    /// <summary>
    /// Takes the token out of the subprotocols that the request offers, so that it is neither negotiated nor echoed.
    /// </summary>
    /// <returns>The token; null where none is offered, where it stands alone, and for what is no token: bad base64, or characters that no
    /// header carries.</returns>
    public static string? Take(HttpRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        StringValues header = request.Headers[HeaderNames.SecWebSocketProtocol];
        if (header.Count == 0) return null;

        List<string> offered = [.. SubprotocolNegotiation.Split(header)];
        string? carrier = offered.Find(static name => name.StartsWith(Prefix, StringComparison.Ordinal));
        if (carrier is null) return null;

        offered.RemoveAll(static name => name.StartsWith(Prefix, StringComparison.Ordinal));
        request.Headers[HeaderNames.SecWebSocketProtocol] = string.Join(", ", offered);
        return offered.Count == 0 ? null : Decode(carrier); // a client that offers its token alone means no subprotocol of ours
    }

    /// <summary>Tokens that are offered, as they are written and as they read.</summary>
    internal static IEnumerable<string> Offered(HttpRequest request)
    {
        foreach (string name in SubprotocolNegotiation.Split(request.Headers[HeaderNames.SecWebSocketProtocol])
            .Where(static name => name.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            yield return name[Prefix.Length..];
            if (Decode(name) is { } token) yield return token;
        }
    }

    static string? Decode(string carrier)
    {
        try
        {
            string token = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(carrier.AsSpan(Prefix.Length)));
            return token.All(static c => c is > ' ' and <= '~') ? token : null;
        }
        catch (FormatException)
        {
            return null; // no token: the request is nobody's, and is refused as such
        }
    }
}
