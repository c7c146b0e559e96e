using System.Net;
using Fairlead.Gateway;
using Fairlead.Streaming;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Testing;
using Fairlead.Upgrades;
using Fairlead.Upgrades.RemoteCommand;

namespace Fairlead.FunctionalTests;

/// <summary>The audit says what ran, however the query is written.</summary>
[Trait("Case", "C3")]
public sealed class GatewayQueryTests
{
    [Fact]
    public async Task The_audit_says_what_ran()
    {
        await using GatewayRoom room = await GatewayRoom.StartAsync(configure: static options => options with { AuditCommand = AuditCommand.Full });
        using KubernetesEndpoint endpoint = GatewayRoom.EndpointOf(room.Gateway.Url, room.Gateway.AuthorityPem!, room.Lab.Users[0].Token);
        using UpgradeDialer dialer = new(endpoint, new TransportMemory(TimeProvider.System));
        RemoteCommandRequest request = new() { Command = ["sh", "-c", "exit 7"], Stdout = true };
        UpgradedConnection connection = await dialer.DialAsync(
            Locate(room, "exec?Container=web&container=shell&Command=ls&STDIN=1&command=sh&command=-c&command=exit+7&stdout=1"), request, new ExecOptions { Transport = Transport.WebSocket }, static _ => { }, Ct);
        await using (AskingSession session = new(await connection.AskAsync(request, CarrierLimits.Default, Ct), request))
        {
            Assert.True((await session.Status).TryGetExitCode(out int code));
            Assert.Equal(7, code);
        }

        await Eventually.HoldsAsync(() => !room.Audit.IsEmpty, "the session is audited", cancellationToken: Ct);
        AuditRecord told = Assert.Single(room.Audit);
        Assert.Equal(("shell", "sh -c 'exit 7'", 7), (told.Container, told.Command, told.ExitCode));
    }

    [Theory]
    [InlineData("command=ls;command=sh&stdout=1")]
    [InlineData("command=ls&command=%zz&stdout=1")]
    [InlineData("command=ls&%=1&stdout=1")]
    [InlineData("command=%ff&stdout=1")]
    [InlineData("command=ls&command=a%00b&stdout=1")]
    public async Task What_is_read_in_two_ways_is_refused_by_gateway_and_lab(string query)
    {
        await using GatewayRoom room = await GatewayRoom.StartAsync();
        foreach ((Uri server, string authority) in ((Uri, string)[])[(room.Gateway.Url, room.Gateway.AuthorityPem!), (room.Lab.Url, room.Lab.AuthorityPem)])
        {
            using KubernetesEndpoint endpoint = GatewayRoom.EndpointOf(server, authority, room.Lab.Users[0].Token);
            using UpgradeDialer dialer = new(endpoint, new TransportMemory(TimeProvider.System));
            foreach (Transport transport in (Transport[])[Transport.WebSocket, Transport.Spdy])
            {
                UpgradeException refused = await Assert.ThrowsAsync<UpgradeException>(() => dialer.DialAsync(
                    Locate(server, "exec?" + query), new() { Command = ["ls"], Stdout = true }, new ExecOptions { Transport = transport }, static _ => { }, Ct));
                Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
                Assert.Contains("the query holds", refused.Message, StringComparison.Ordinal);
            }
        }
    }

    static Uri Locate(GatewayRoom room, string target) => Locate(room.Gateway.Url, target);

    static Uri Locate(Uri server, string target) => new(
        server.GetLeftPart(UriPartial.Authority) + "/api/v1/namespaces/default/pods/demo/" + target, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });

    static CancellationToken Ct => TestContext.Current.CancellationToken;
}
