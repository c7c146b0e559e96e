using Fairlead.Server.Handshakes;
using Fairlead.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Fairlead.Fuzz.Targets;

/// <summary>
/// The request for a WebSocket over HTTP/2: the first line is its protocol, the others are headers. Either it is adopted, and then answered as
/// the GET of HTTP/1.1 with the same headers is; or nothing of it is changed.
/// </summary>
static class ExtendedConnectTarget
{
    const string Key = "dGhlIHNhbXBsZSBub25jZQ==";

    internal static void Run(byte[] input)
    {
        string[] lines = Encoding.Latin1.GetString(input).Split('\n');
        Connect connect = new(lines[0]);
        DefaultHttpContext asked = new(), got = new();
        (asked.Request.Method, got.Request.Method) = (HttpMethods.Connect, HttpMethods.Get);
        (asked.Request.Protocol, got.Request.Protocol) = (HttpProtocol.Http2, HttpProtocol.Http11);
        asked.Features.Set<IHttpExtendedConnectFeature>(connect);
        got.Features.Set<IHttpUpgradeFeature>(new Upgradable());
        foreach (string line in lines[1..])
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0 || IsOfOneVersion(line[..colon])) continue;
            asked.Request.Headers.Append(line[..colon], line[(colon + 1)..].Trim());
            got.Request.Headers.Append(line[..colon], line[(colon + 1)..].Trim());
        }

        (got.Request.Headers.Connection, got.Request.Headers.Upgrade, got.Request.Headers.SecWebSocketKey) = ("Upgrade", "websocket", Key);
        bool isAdopted = ExtendedConnect.Adopt(asked);
        bool hasLength = asked.Request.Headers.ContentLength is not null;
        FuzzTarget.Require(isAdopted == (lines[0].Equals("websocket", StringComparison.OrdinalIgnoreCase) && !hasLength), "adopted, or not, against the rule");
        FuzzTarget.Require(ExtendedConnect.IsAdopted(asked) == isAdopted && ExtendedConnect.Adopt(asked) == isAdopted, "asked again it is another");
        FuzzTarget.Require(asked.Request.Method == (isAdopted ? HttpMethods.Get : HttpMethods.Connect), "the method");
        FuzzTarget.Require(isAdopted ? WebSocketUpgrade.IsRequested(asked.Request) : asked.Request.Headers.Upgrade.Count == 0, "the upgrade");
        if (!isAdopted) return;
        string byConnect = Negotiate(asked), byGet = Negotiate(got);
        FuzzTarget.Require(byConnect == byGet, $"{byConnect} by CONNECT, {byGet} by GET");
    }

    static string Negotiate(HttpContext context)
    {
        Task<RemoteCommandProtocol?> negotiating = WebSocketUpgrade.NegotiateAsync(context, RemoteCommandProtocol.All);
        FuzzTarget.Require(negotiating.IsCompleted, "it waits for something");
        return negotiating.GetAwaiter().GetResult() is { } protocol ? protocol.Description : context.Response.StatusCode.ToString(null as IFormatProvider);
    }

    /// <summary>What a request of HTTP/2 cannot have, and what one of HTTP/1.1 must.</summary>
    static bool IsOfOneVersion(string name) => name.Equals("Connection", StringComparison.OrdinalIgnoreCase)
        || name.Equals("Upgrade", StringComparison.OrdinalIgnoreCase) || name.Equals("Sec-WebSocket-Key", StringComparison.OrdinalIgnoreCase);

    sealed class Connect(string protocol) : IHttpExtendedConnectFeature
    {
        public bool IsExtendedConnect => true;

        public string? Protocol => protocol;

        public ValueTask<Stream> AcceptAsync() => throw new FuzzFaultException("accepted before it was asked for");
    }

    sealed class Upgradable : IHttpUpgradeFeature
    {
        public bool IsUpgradableRequest => true;

        public Task<Stream> UpgradeAsync() => throw new FuzzFaultException("upgraded before it was asked for");
    }
}
