using System.Net;
using System.Text;
using Fairlead.Testing;

namespace Fairlead.Server.Tests;

/// <summary>A client that says its own command and token back, in the reason of its Close: nothing of it is in the server's log.</summary>
[Trait("Case", "14.2")]
public sealed class EchoTests
{
    [Theory]
    [InlineData("exec?command=login&command=--password%3Dplanted-w%26rd&stdin=true&stdout=1", "v5.channel.k8s.io")]
    [InlineData("attach?stdin=true&stdout=1&container=shell&note=planted-w%26rd", "v4.channel.k8s.io")]
    [InlineData("portforward?ports=80&note=planted-w%26rd", "portforward.fairlead.v1")]
    public async Task The_reason_of_a_clients_Close(string target, string subprotocol)
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        await using RawWebSocket session = await RawWebSocket.ConnectAsync(
            new IPEndPoint(IPAddress.Loopback, server.Plain.Port), "/api/v1/namespaces/default/pods/demo/" + target, subprotocol,
            headers: ["Authorization: Bearer " + PodsApiServer.AdminToken, "X-Custom: planted-header"], cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(101, session.StatusCode);
        string said = $"planted-w&rd planted-w%26rd {PodsApiServer.AdminToken} planted-header planted-w\\u0026rd planted-w";
        await session.SendAsync(RawWebSocketFrames.Encode(8, (byte[])[0x03, 0xF3, .. Encoding.UTF8.GetBytes(said)]), TestContext.Current.CancellationToken);
        await Eventually.HoldsAsync(
            () => server.Logged.Entries.Any(static entry => $"{entry.Failure}".Contains("closed the session with code 1011", StringComparison.Ordinal)),
            "the Close is told", cancellationToken: TestContext.Current.CancellationToken);
        Assert.DoesNotContain(server.Logged.Entries, static entry => IsOurs(entry.Text) && Holds($"{entry.Text} {entry.Failure}"));
    }

    /// <summary>The web server itself tells of requests; those who host it choose its categories.</summary>
    static bool IsOurs(string text) => !text.StartsWith("Request ", StringComparison.Ordinal);

    static bool Holds(string text) =>
        text.Contains("planted-", StringComparison.Ordinal) || text.Contains("26rd", StringComparison.Ordinal) || text.Contains(PodsApiServer.AdminToken, StringComparison.Ordinal);
}
