using System.Globalization;

namespace Fairlead.InteropTests.Fronts;

/// <summary>Upgrades as API servers send them to a node, byte for byte.</summary>
/// <remarks>
/// An API server that passes an upgrade on writes the client's own headers as Go does: Host and User-Agent, a POST's length, then the others
/// by name in Go's spelling, X-Forwarded-For added and Authorization gone. 1.36 was seen to do so with WebSockets, and keeps the client's
/// Host. 1.20 follows redirects by itself, and names the node (apimachinery pkg/util/proxy/upgradeaware.go, pkg/util/net/http.go). 1.30
/// answers a WebSocket itself and asks the node by a client of its own: apiserver pkg/util/proxy/streamtranslator.go for commands, which
/// brings none of the client's headers along, and streamtunnel.go for ports, which brings them. What kubectls send was captured.
/// </remarks>
static class ApiServerRequest
{
    /// <summary>The senders of commands, for theories.</summary>
    public const string Passing136 = "1.36, kubectl 1.36", Passing136Spdy = "1.36, kubectl 1.20", Translating130 = "1.30, kubectl 1.32", Passing120 = "1.20, kubectl 1.20";

    const string NewKubectl = "kubectl/v1.36.4 (linux/amd64) kubernetes/bb826b1", OldKubectl = "kubectl/v1.20.2 (linux/amd64) kubernetes/faecb19";

    const string ApiServerHost = "127.0.0.1:16443", NodeHost = "127.0.0.2:10250";

    static readonly string[] s_old = ["v4.channel.k8s.io", "v3.channel.k8s.io", "v2.channel.k8s.io", "channel.k8s.io"];

    public static TheoryData<string> Senders { get; } = [Passing136, Passing136Spdy, Translating130, Passing120];

    /// <summary>True for those that the node sees a WebSocket from.</summary>
    public static bool IsWebSocket(string sender) => sender == Passing136;

    /// <summary>The head of an exec or attach, to and with its empty line.</summary>
    public static string Command(string sender, string target) => sender switch
    {
        Passing136 => WebSocket(target, "kubectl exec", "v5.channel.k8s.io"),
        Passing136Spdy => Spdy(target, ApiServerHost, OldKubectl, "X-Forwarded-For: 192.0.2.7\r\n", s_old),
        Translating130 => Spdy(target, NodeHost, "Go-http-client/1.1", "", ["v5.channel.k8s.io", .. s_old]),
        Passing120 => Spdy(target, NodeHost, OldKubectl, "X-Forwarded-For: 192.0.2.7\r\n", s_old),
        _ => throw new ArgumentOutOfRangeException(nameof(sender), sender, null),
    };

    /// <summary>The head of a port-forward.</summary>
    public static string Forward(string sender, string target) => sender switch
    {
        Passing136 => WebSocket(target, "kubectl port-forward", "SPDY/3.1+portforward.k8s.io"),
        Passing136Spdy => Spdy(target, ApiServerHost, OldKubectl, "X-Forwarded-For: 192.0.2.7\r\n", ["portforward.k8s.io"]),
        Translating130 => Spdy(
            target, ApiServerHost, NewKubectl, "X-Forwarded-For: 192.0.2.7\r\n", ["portforward.k8s.io"],
            "Kubectl-Command: kubectl port-forward\r\nKubectl-Session: 755b8edb-ab6b-48db-b91e-9feaaf053812\r\n"),
        Passing120 => Spdy(target, NodeHost, OldKubectl, "X-Forwarded-For: 192.0.2.7\r\n", ["portforward.k8s.io"]),
        _ => throw new ArgumentOutOfRangeException(nameof(sender), sender, null),
    };

    static string WebSocket(string target, string command, string offered) =>
        $"GET {target} HTTP/1.1\r\nHost: {ApiServerHost}\r\nUser-Agent: {NewKubectl}\r\nConnection: Upgrade\r\nKubectl-Command: {command}\r\n" +
        "Kubectl-Session: 3f685a2b-1672-429f-8878-974a9e991962\r\nSec-Websocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
        $"Sec-Websocket-Protocol: {offered}\r\nSec-Websocket-Version: 13\r\nUpgrade: websocket\r\nX-Forwarded-For: 192.0.2.7\r\n\r\n";

    static string Spdy(string target, string host, string agent, string forwarded, string[] versions, string kubectl = "") =>
        $"POST {target} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {agent}\r\nContent-Length: 0\r\nConnection: Upgrade\r\n{kubectl}Upgrade: SPDY/3.1\r\n" +
        forwarded + string.Concat(versions.Select(static version => string.Create(CultureInfo.InvariantCulture, $"X-Stream-Protocol-Version: {version}\r\n"))) + "\r\n";
}
