using System.Collections.Immutable;

namespace Fairlead.Wire.PortForward;

/// <summary>One form of port-forward: what the two sides negotiate, and what it can say.</summary>
/// <param name="Name">The subprotocol's name; empty for a WebSocket that negotiated none.</param>
/// <param name="Description">The form for people.</param>
/// <param name="CanEndWrites">Each side can say that it sends no more and go on receiving, as TCP can.</param>
/// <param name="CarriesMany">One carrier takes any number of connections, opened at any time.</param>
public sealed record PortForwardProtocol(string Name, string Description, bool CanEndWrites, bool CarriesMany)
{
    /// <summary><c>portforward.fairlead.v1</c>: no SPDY, one WebSocket a connection. See docs/protocols/portforward.md.</summary>
    public static PortForwardProtocol Direct { get; } = new("portforward.fairlead.v1", "WebSocket portforward.fairlead.v1", true, false);

    /// <summary>
    /// <c>portforward.fairlead.v2</c>: many conversations on one WebSocket, each with a window of its own. See
    /// docs/protocols/portforward.md.
    /// </summary>
    public static PortForwardProtocol Conversations { get; } = new(
        "portforward.fairlead.v2", "WebSocket portforward.fairlead.v2", true, true);

    /// <summary><c>SPDY/3.1+portforward.k8s.io</c>: SPDY frames in binary WebSocket messages (KEP-4006).</summary>
    public static PortForwardProtocol Tunnel { get; } = new(
        "SPDY/3.1+portforward.k8s.io", "WebSocket SPDY/3.1+portforward.k8s.io", true, true);

    /// <summary><c>portforward.k8s.io</c> over SPDY/3.1.</summary>
    public static PortForwardProtocol Spdy { get; } = new("portforward.k8s.io", "SPDY/3.1 portforward.k8s.io", true, true);

    /// <summary><c>v4.channel.k8s.io</c>: two channels a port and one connection each; its only end is the WebSocket's.</summary>
    public static PortForwardProtocol ChannelsV4 { get; } = new("v4.channel.k8s.io", "WebSocket v4.channel.k8s.io", false, false);

    /// <summary><c>v4.base64.channel.k8s.io</c>.</summary>
    public static PortForwardProtocol ChannelsBase64V4 { get; } = new(
        "v4.base64.channel.k8s.io", "WebSocket v4.base64.channel.k8s.io", false, false)
    { IsBase64 = true };

    /// <summary>No subprotocol at all: behaves as <see cref="ChannelsV4"/>.</summary>
    public static PortForwardProtocol ChannelsUnnamed { get; } = new("", "WebSocket (no subprotocol)", false, false);

    /// <summary>Every form that travels over WebSocket, the best first.</summary>
    public static ImmutableArray<PortForwardProtocol> OverWebSocket { get; } = [
        Conversations, Direct, Tunnel, ChannelsV4, ChannelsBase64V4, ChannelsUnnamed];

    /// <summary>Every form there is, the best first.</summary>
    public static ImmutableArray<PortForwardProtocol> All { get; } = [
        Conversations, Direct, Tunnel, Spdy, ChannelsV4, ChannelsBase64V4, ChannelsUnnamed];

    /// <summary>Payloads are base64 in text messages and the channel is an ASCII character.</summary>
    public bool IsBase64 { get; init; }

    /// <summary>Carried by SPDY/3.1; otherwise by WebSocket.</summary>
    public bool IsSpdy => this == Spdy;

    /// <summary>Ports are channels of one WebSocket, named by the request.</summary>
    public bool HasChannels => !CanEndWrites;

    /// <summary>Picks the first offered name that is accepted; no offer at all means no subprotocol.</summary>
    /// <returns>The form, or null where nothing matches: the server then answers 403.</returns>
    public static PortForwardProtocol? PickOverWebSocket(IReadOnlyList<string> offered, IReadOnlyCollection<PortForwardProtocol> accepted)
    {
        ArgumentNullException.ThrowIfNull(offered);
        if (offered.Count == 0) return accepted.Contains(ChannelsUnnamed) ? ChannelsUnnamed : null;
        foreach (string name in offered)
        {
            foreach (PortForwardProtocol protocol in OverWebSocket)
            {
                if (name.Length > 0 && protocol.Name == name && accepted.Contains(protocol)) return protocol;
            }
        }

        return null;
    }

    /// <inheritdoc/>
    public override string ToString() => Description;
}
