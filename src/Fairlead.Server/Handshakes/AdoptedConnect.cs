using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Fairlead.Server.Handshakes;

/// <summary>The upgrade of a request that came as an extended CONNECT: one stream of an HTTP/2 connection.</summary>
/// <param name="context">The request.</param>
/// <param name="connect">The web server's own.</param>
sealed class AdoptedConnect(HttpContext context, IHttpExtendedConnectFeature connect) : IHttpUpgradeFeature, IHttpExtendedConnectFeature
{
    /// <summary>The client was answered that the stream is a WebSocket from here on.</summary>
    internal bool HasSwitched { get; private set; }

    /// <inheritdoc/>
    public bool IsUpgradableRequest => true;

    /// <inheritdoc/>
    public bool IsExtendedConnect => true;

    /// <inheritdoc/>
    public string? Protocol => connect.Protocol;

    /// <inheritdoc/>
    public async Task<Stream> UpgradeAsync() => await AcceptAsync();

    /// <inheritdoc/>
    public ValueTask<Stream> AcceptAsync()
    {
        IHeaderDictionary answer = context.Response.Headers;
        answer.Remove("Connection"); // these are HTTP/1.1's, and malformed in HTTP/2
        answer.Remove("Upgrade");
        answer.Remove("Sec-WebSocket-Accept");
        context.Response.StatusCode = StatusCodes.Status200OK;
        HasSwitched = true;
        return connect.AcceptAsync();
    }
}
