using Fairlead.Streaming;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Streaming.Resumption;
using Fairlead.Streaming.Resumption.Asking;
using Fairlead.Streaming.WebSockets;
using Fairlead.Upgrades.Http;
using Fairlead.Wire;
using Fairlead.Wire.Sessions;

namespace Fairlead.Upgrades.RemoteCommand;

/// <summary>
/// Picks what carries a session: WebSocket first, SPDY where WebSocket is refused for what it is, and what worked lately.
/// </summary>
/// <remarks>
/// A command runs at most once. A refusal before the 101 started nothing. After the 101 a second try is made only when the server has
/// sent nothing at all but a Close without a word, and no input was read by then; some runtimes accept a WebSocket and drop it at once. A
/// Close that tells a failure is the answer. A connection that broke says nothing of what was sent: what was on its way is gone with it,
/// and the command may run.
/// </remarks>
sealed class TransportFallback(KubernetesEndpoint endpoint, UpgradeHttp http, ITransportMemory memory)
{
    const string Dropped = "the server dropped the WebSocket before its first message";

    /// <summary>How long a server may keep its "connected" message back before the session is handed out as it is.</summary>
    static readonly TimeSpan s_firstMessage = TimeSpan.FromSeconds(2);

    /// <summary>Opens a session: the upgrade, and what the server says first.</summary>
    internal async Task<(RemoteCommandAdapter Adapter, string? FellBack)> OpenAsync(
        RemoteCommandUpgrade request, CancellationToken cancellationToken)
    {
        CarrierLimits limits = request.Limits; // first: options that make no sense are refused before anything is asked
        request = request with { IsResumable = request.Options is { Resume.Ticks: not 0, Protocols: null } };
        UpgradedConnection connection = await UpgradeAsync(request, cancellationToken);
        if (connection.Protocol.IsResumable)
        {
            try
            {
                return (await OpenSessionAsync(connection, request, limits, cancellationToken), connection.FellBack);
            }
            catch (SessionRefusedException refused) when (refused.Code is SessionRefusal.TooMany)
            {
                // nothing was started: a session that ends with its connection is better than none
                Log.FallsBack(http.Logger, RemoteCommandProtocol.Session.Name, RemoteCommandProtocol.V5.Name, refused.Message);
                request = request with { IsResumable = false };
                connection = await UpgradeAsync(request, cancellationToken);
            }
        }

        RemoteCommandAdapter adapter = await connection.AskAsync(request.Command, limits, cancellationToken);
        if (request is { OverSpdy: [] } or { Options.NoRetry: true } || adapter is not WebSocketRemoteCommand webSocket
            || !await IsDroppedUnheardAsync(webSocket, cancellationToken))
            return (adapter, connection.FellBack);

        await adapter.DisposeAsync();
        Log.FallsBack(http.Logger, "WebSocket", "SPDY", Dropped);
        try
        {
            connection = await SpdyDialer.UpgradeAsync(http, request, cancellationToken);
        }
        catch (Exception e) when (e is UpgradeException or ServerUnreachableException)
        {
            // no server of the kind that drops what it cannot do: so the first session may have been one
            throw new SessionLostException(SessionLoss.PeerClosed, $"{Dropped}; over SPDY: {e.Message}", e);
        }

        return (await connection.AskAsync(request.Command, request.Limits, cancellationToken), Dropped);
    }

    async Task<RemoteCommandAdapter> OpenSessionAsync(
        UpgradedConnection connection, RemoteCommandUpgrade request, CarrierLimits limits, CancellationToken cancellationToken)
    {
        ResumeWays ways = new()
        {
            Dial = async token => (await WebSocketDialer.UpgradeAsync(http, request, token, RemoteCommandProtocol.Session)).Stream,
            MayPass = UpgradeRefusals.MayPass,
            Patience = request.Options.Resume,
            Told = request.Options.ResumeEvents,
        };
        try
        {
            return await AskingResumable.AskAsync(
                connection.Stream, request.Command, limits with { Withheld = connection.Withheld }, ways, cancellationToken);
        }
        catch (SessionRefusedException refused) when (refused.Code is not SessionRefusal.TooMany)
        {
            throw new SessionLostException(SessionLoss.PeerClosed, $"The server did not open the session: {refused.Message}.", refused);
        }
    }

    /// <summary>The upgrade alone: the first that is not refused for what it is.</summary>
    internal async Task<UpgradedConnection> UpgradeAsync(RemoteCommandUpgrade request, CancellationToken cancellationToken)
    {
        switch (request)
        {
            case { OverWebSocket: [], OverSpdy: [] }:
                throw new ArgumentException($"No form of {nameof(RemoteCommandOptions.Protocols)} goes over {request.Options.Transport}.",
                    nameof(request));
            case { OverSpdy: [] }: return await WebSocketDialer.UpgradeAsync(http, request, cancellationToken);
            case { OverWebSocket: [] }: return await SpdyDialer.UpgradeAsync(http, request, cancellationToken);
        }

        if (memory.Recall(endpoint.Server) == Transport.Spdy)
        {
            Log.SpdyRemembered(http.Logger);
            try
            {
                return await SpdyDialer.UpgradeAsync(
                    http, request, cancellationToken) with
                { FellBack = "SPDY worked with this server lately" };
            }
            catch (UpgradeException e) when (UpgradeRefusals.IsForWhatItIs(e))
            {
                memory.Remember(endpoint.Server, Transport.Auto); // the server has changed: begin anew
                Log.FallsBack(http.Logger, "SPDY", "WebSocket", $"the server refused it with {(int)e.StatusCode}");
            }
        }

        UpgradeException refused;
        try
        {
            return await WebSocketDialer.UpgradeAsync(http, request, cancellationToken);
        }
        catch (UpgradeException e) when (UpgradeRefusals.IsForWhatItIs(e) || UpgradeRefusals.IsForTheVerb(e))
        {
            refused = e;
            Log.FallsBack(http.Logger, "WebSocket", "SPDY", $"the server refused it with {(int)e.StatusCode}");
        }

        try
        {
            UpgradedConnection connection = await SpdyDialer.UpgradeAsync(http, request, cancellationToken);
            // what one user may not do says nothing of the server
            if (!UpgradeRefusals.IsForTheVerb(refused)) memory.Remember(endpoint.Server, Transport.Spdy);
            return connection with { FellBack = $"WebSocket: {refused.Message}" };
        }
        // else it is about what was asked, and tells all
        catch (UpgradeException e) when (e.Status is null || UpgradeRefusals.IsForWhatItIs(e) || UpgradeRefusals.IsForTheVerb(e))
        {
            throw e.Message == refused.Message
                ? refused
                : UpgradeRefusals.Join([refused, e], UpgradeRefusals.Words([("WebSocket", refused.Message), ("SPDY", e.Message)]));
        }
    }

    static async Task<bool> IsDroppedUnheardAsync(WebSocketRemoteCommand adapter, CancellationToken cancellationToken)
    {
        try
        {
            return await adapter.EndedUnheard.WaitAsync(s_firstMessage, TimeProvider.System, cancellationToken);
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
