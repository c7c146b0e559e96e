using System.Net;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Streaming.WebSockets;

namespace Fairlead.Client.Upgrades;

/// <summary>Picks what carries a session: WebSocket first, SPDY where WebSocket is refused for what it is, and what worked lately.</summary>
/// <remarks>
/// A command runs at most once. A refusal before the 101 started nothing. After the 101 a second try is made only when the server has
/// sent nothing at all, and no input was read by then; some runtimes accept a WebSocket and drop it at once.
/// </remarks>
sealed class TransportFallback(KubernetesEndpoint endpoint, UpgradeHttp http, ITransportMemory memory)
{
    /// <summary>How long a server may keep its "connected" message back before the session is handed out as it is.</summary>
    static readonly TimeSpan s_firstMessage = TimeSpan.FromSeconds(2);

    internal async Task<(RemoteCommandAdapter Adapter, string? FellBack)> OpenAsync(UpgradeRequest request, CancellationToken cancellationToken)
    {
        switch (request.Options.Transport)
        {
            case Transport.WebSocket: return (await WebSocketDialer.OpenAsync(http, request, cancellationToken), null);
            case Transport.Spdy: return (await SpdyDialer.OpenAsync(http, request, cancellationToken), null);
        }

        if (memory.Recall(endpoint.Server) == Transport.Spdy)
        {
            try
            {
                return (await SpdyDialer.OpenAsync(http, request, cancellationToken), "SPDY worked with this server lately");
            }
            catch (UpgradeException e) when (IsForWhatItIs(e))
            {
                memory.Remember(endpoint.Server, Transport.Auto); // the server has changed: begin anew
            }
        }

        UpgradeException? refused = null;
        try
        {
            WebSocketRemoteCommand adapter = await WebSocketDialer.OpenAsync(http, request, cancellationToken);
            if (request.Options.NoRetry || !await IsDroppedUnheardAsync(adapter, cancellationToken)) return (adapter, null);
            await adapter.DisposeAsync();
        }
        catch (UpgradeException e) when (IsForWhatItIs(e) || IsForTheVerb(e))
        {
            refused = e;
        }

        try
        {
            RemoteCommandAdapter adapter = await SpdyDialer.OpenAsync(http, request, cancellationToken);
            if (refused is null) return (adapter, "the server dropped the WebSocket before its first message");
            if (!IsForTheVerb(refused)) memory.Remember(endpoint.Server, Transport.Spdy); // what one user may not do says nothing of the server
            return (adapter, $"WebSocket: {refused.Message}");
        }
        catch (UpgradeException e) when (refused is not null)
        {
            throw e.Message == refused.Message ? refused : new UpgradeException($"{refused.Message}; over SPDY: {e.Message}", e.StatusCode, null, refused);
        }
    }

    /// <summary>Refused because it is a WebSocket, by a server that is too old or by something on the way; not for what it asks.</summary>
    static bool IsForWhatItIs(UpgradeException refusal) => refusal.StatusCode switch
    {
        HttpStatusCode.SwitchingProtocols or HttpStatusCode.Unauthorized => false,
        HttpStatusCode.BadRequest => true,
        _ => refusal.Status is null,
    };

    /// <summary>Refused by the authoriser: opening a WebSocket is a GET, and a role may have create and not get.</summary>
    static bool IsForTheVerb(UpgradeException refusal) => refusal is { StatusCode: HttpStatusCode.Forbidden, Status: not null };

    static async Task<bool> IsDroppedUnheardAsync(WebSocketRemoteCommand adapter, CancellationToken cancellationToken)
    {
        try
        {
            return !await adapter.Heard.WaitAsync(s_firstMessage, cancellationToken);
        }
        catch (TimeoutException)
        {
            return false; // a server that says nothing at first; from here on the session is the caller's
        }
        catch (OperationCanceledException)
        {
            await adapter.DisposeAsync();
            throw;
        }
    }
}
