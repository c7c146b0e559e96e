using System.Collections.Immutable;

namespace Fairlead.Wire;

/// <summary>
/// One form of the remote command protocol: a version on a carrier, and what it can say. The name is what the two sides negotiate.
/// </summary>
/// <param name="Name">The subprotocol's name; empty for a WebSocket that negotiated none.</param>
/// <param name="IsBase64">Payloads are base64 in text messages and the channel is an ASCII digit.</param>
/// <param name="CanEndInput">The asking side can say that the input has ended and go on reading.</param>
/// <param name="HasJsonStatus">The end is a JSON Status, always present; otherwise plain text, and only after a failure.</param>
public sealed record RemoteCommandProtocol(string Name, bool IsBase64, bool CanEndInput, bool HasJsonStatus)
{
    /// <summary><c>v5.channel.k8s.io</c>: the first that can end the input (KEP-4006).</summary>
    public static RemoteCommandProtocol V5 { get; } = new("v5.channel.k8s.io", false, true, true);

    /// <summary><c>v4.channel.k8s.io</c>: JSON status, no end of input.</summary>
    public static RemoteCommandProtocol V4 { get; } = new("v4.channel.k8s.io", false, false, true);

    /// <summary><c>channel.k8s.io</c>: plain text status.</summary>
    public static RemoteCommandProtocol V1 { get; } = new("channel.k8s.io", false, false, false);

    /// <summary>No subprotocol at all: behaves as <see cref="V1"/>.</summary>
    public static RemoteCommandProtocol Unnamed { get; } = new("", false, false, false);

    /// <summary><c>v4.base64.channel.k8s.io</c>.</summary>
    public static RemoteCommandProtocol Base64V4 { get; } = new("v4.base64.channel.k8s.io", true, false, true);

    /// <summary><c>base64.channel.k8s.io</c>.</summary>
    public static RemoteCommandProtocol Base64V1 { get; } = new("base64.channel.k8s.io", true, false, false);

    /// <summary>
    /// <c>session.fairlead.v1</c>: channels that outlive the connection. Offered and accepted beside the others, never alone; see
    /// docs/protocols/session.md.
    /// </summary>
    public static RemoteCommandProtocol Session { get; } =
        new(Sessions.SessionMessage.Subprotocol, false, true, true) { IsResumable = true };

    /// <summary>Every version of Kubernetes' own that travels over WebSocket, the best first.</summary>
    public static ImmutableArray<RemoteCommandProtocol> OverWebSocket { get; } = [V5, V4, V1, Unnamed, Base64V4, Base64V1];

    /// <summary><c>v4.channel.k8s.io</c> over SPDY, where FLAG_FIN ends the input.</summary>
    public static RemoteCommandProtocol SpdyV4 { get; } = new("v4.channel.k8s.io", false, true, true) { IsSpdy = true };

    /// <summary><c>v3.channel.k8s.io</c>: adds resize to v2. SPDY only.</summary>
    public static RemoteCommandProtocol SpdyV3 { get; } = new("v3.channel.k8s.io", false, true, false) { IsSpdy = true };

    /// <summary><c>v2.channel.k8s.io</c>: adds the end of input to v1. SPDY only.</summary>
    public static RemoteCommandProtocol SpdyV2 { get; } = new("v2.channel.k8s.io", false, true, false) { IsSpdy = true, HasResize = false };

    /// <summary><c>channel.k8s.io</c> over SPDY; what a peer speaks that negotiates nothing.</summary>
    public static RemoteCommandProtocol SpdyV1 { get; } = new("channel.k8s.io", false, false, false) { IsSpdy = true, HasResize = false };

    /// <summary>Every version that travels over SPDY/3.1, the best first.</summary>
    public static ImmutableArray<RemoteCommandProtocol> OverSpdy { get; } = [SpdyV4, SpdyV3, SpdyV2, SpdyV1];

    /// <summary>Every form of Kubernetes' own: over WebSocket, then over SPDY/3.1.</summary>
    public static ImmutableArray<RemoteCommandProtocol> All { get; } = [.. OverWebSocket, .. OverSpdy];

    /// <summary>What servers of ours accept where nothing else is said: <see cref="Session"/>, then <see cref="All"/>.</summary>
    public static ImmutableArray<RemoteCommandProtocol> Accepted { get; } = [Session, .. All];

    static readonly ImmutableArray<RemoteCommandProtocol> s_offered = [V5, V4, .. OverSpdy],
        s_endingInput = [.. s_offered.Where(static form => form.CanEndInput)];

    /// <summary>Carried by SPDY/3.1; otherwise by WebSocket.</summary>
    public bool IsSpdy { get; init; }

    /// <summary>A session of it outlives the connection that it began on.</summary>
    public bool IsResumable { get; init; }

    /// <summary>Carrier and version for people, for instance <c>WebSocket v5.channel.k8s.io</c>.</summary>
    public string Description => (IsSpdy ? "SPDY/3.1 " : "WebSocket ") + this;

    /// <summary>The asking side can tell the terminal's size.</summary>
    public bool HasResize { get; init; } = true;

    /// <summary>
    /// The forms that a client offers, the best first. Where input must end for the command to end, only those that can say so: with
    /// another one it could wait for ever, and by the time the choice is known the command runs.
    /// </summary>
    public static ImmutableArray<RemoteCommandProtocol> Offer(bool inputMustEnd) => inputMustEnd ? s_endingInput : s_offered;

    /// <summary>The version of Kubernetes' own with this name over WebSocket, or null. An empty name is <see cref="Unnamed"/>.</summary>
    public static RemoteCommandProtocol? Find(string? name)
    {
        foreach (RemoteCommandProtocol protocol in OverWebSocket)
        {
            if (string.Equals(protocol.Name, name ?? "", StringComparison.Ordinal)) return protocol;
        }

        return null;
    }

    /// <summary>The version with this name over SPDY, or null.</summary>
    public static RemoteCommandProtocol? FindOverSpdy(string? name)
    {
        foreach (RemoteCommandProtocol protocol in OverSpdy)
        {
            if (string.Equals(protocol.Name, name, StringComparison.Ordinal)) return protocol;
        }

        return null;
    }

    /// <inheritdoc/>
    public override string ToString() => Name.Length == 0 ? "(no subprotocol)" : Name;
}
