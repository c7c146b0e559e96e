using Fairlead.Streaming.PortForward;
using Fairlead.Upgrades.Http;
using Fairlead.Wire.PortForward;

namespace Fairlead.Upgrades.PortForward;

/// <summary>
/// Picks the form of a port-forward: what WebSocket carries with an end for each direction, then SPDY, then WebSocket with channels.
/// What worked lately is tried first.
/// </summary>
/// <remarks>
/// A refusal has started nothing, so that every form can be tried in turn. Servers that answer exec over WebSocket may know no tunnel, so
/// what is remembered of port-forward is kept apart; but where exec went by SPDY, a WebSocket would fail here too.
/// </remarks>
sealed class PortForwardFallback(KubernetesEndpoint endpoint, UpgradeHttp http, ITransportMemory memory)
{
    internal async Task<UpgradedForward> DialAsync(PortForwardUpgrade request, int port, CancellationToken cancellationToken)
    {
        PortForwardDialer dialer = new(http, request);
        List<Step> steps = [.. StepsOf(request.Options)];
        if (steps.Count == 0)
            throw new ArgumentException($"No form of {nameof(PortForwardOptions.Protocols)} goes over {request.Options.Transport}.",
            nameof(request));

        Uri key = new(endpoint.Server.GetLeftPart(UriPartial.Path).TrimEnd('/') + "/portforward");
        Step? spdy = steps.Find(static step => step.IsSpdy);
        bool preferSpdy = steps.Count > 1 && spdy is not null && Recall(key) == Transport.Spdy;
        if (preferSpdy && steps.Remove(spdy!)) steps.Insert(0, spdy!);

        if (preferSpdy) Log.SpdyRemembered(http.Logger);
        List<UpgradeException> refusals = [];
        foreach (Step step in steps)
        {
            try
            {
                UpgradedForward upgraded = await dialer.DialAsync(step.Forms, port, cancellationToken);
                bool isNews = step.IsSpdy && refusals.Count > 0 && refusals.TrueForAll(UpgradeRefusals.IsForWhatItIs);
                if (isNews) memory.Remember(key, Transport.Spdy);
                return upgraded with
                {
                    FellBack = refusals.Count > 0 ? $"{steps[0].Name}: {refusals[0].Message}"
                        : preferSpdy ? "SPDY worked with this server lately"
                        : null,
                };
            }
            catch (UpgradeException e) when (UpgradeRefusals.IsForWhatItIs(e) || UpgradeRefusals.IsForTheVerb(e))
            {
                refusals.Add(e);
                if (steps.IndexOf(step) + 1 is var next && next < steps.Count)
                    Log.FallsBack(http.Logger, step.Name, steps[next].Name, $"the server refused it with {(int)e.StatusCode}");
                if (step.IsSpdy && preferSpdy) memory.Remember(key, Transport.Auto); // the server has changed: begin anew
            }
        }

        if (refusals.Count == 1 || refusals.TrueForAll(refusal => refusal.Message == refusals[0].Message)) throw refusals[0];
        throw UpgradeRefusals.Join(refusals,
            UpgradeRefusals.Words(steps.Zip(refusals, static (step, refusal) => (step.Name, refusal.Message))));
    }

    /// <summary>Opens one connection, on a carrier of its own.</summary>
    internal async Task<ForwardedStream> ConnectAsync(PortForwardUpgrade request, int port, CancellationToken cancellationToken)
    {
        PortForwardAdapter carrier = (await DialAsync(request, port, cancellationToken)).Carry();
        try
        {
            ForwardedStream connection = await carrier.OpenAsync(port, cancellationToken);
            return carrier.Protocol.CarriesMany ? new SoleForwardedStream(connection, carrier) : connection;
        }
        catch
        {
            await carrier.DisposeAsync();
            throw;
        }
    }

    Transport Recall(Uri key) => memory.Recall(key) is not Transport.Auto and var known ? known : memory.Recall(endpoint.Server);

    static IEnumerable<Step> StepsOf(PortForwardOptions options)
    {
        bool webSocket = options.Transport is not Transport.Spdy, spdy = options.Transport is not Transport.WebSocket;
        IReadOnlyList<PortForwardProtocol> forms = options.Protocols
            ?? [
            PortForwardProtocol.Conversations, PortForwardProtocol.Direct, PortForwardProtocol.Tunnel, PortForwardProtocol.Spdy,
            PortForwardProtocol.ChannelsV4,
        ];
        PortForwardProtocol[] whole = [.. forms.Where(static form => form is { CanEndWrites: true, IsSpdy: false })];
        PortForwardProtocol[] channels = [.. forms.Where(static form => form.HasChannels)];
        if (webSocket && whole.Length > 0) yield return new Step("WebSocket", whole);
        if (spdy && forms.Contains(PortForwardProtocol.Spdy)) yield return new Step("SPDY", [PortForwardProtocol.Spdy]);
        if (webSocket && channels.Length > 0) yield return new Step("WebSocket with channels", channels);
    }

    sealed record Step(string Name, PortForwardProtocol[] Forms)
    {
        internal bool IsSpdy => Forms[0].IsSpdy;
    }
}
