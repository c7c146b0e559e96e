using System.Net;
using Fairlead.Testing;

namespace Fairlead.Server.Tests;

/// <summary>A stream is asked for by GET, over SPDY by POST too, and by no other method, whatever the path.</summary>
public sealed class UpgradeMethodTests
{
    const string Exec = "/api/v1/namespaces/default/pods/demo/exec?command=ls&stdout=1";
    const string Attach = "/api/v1/namespaces/default/pods/demo/attach?stdout=1";
    const string PortForward = "/api/v1/namespaces/default/pods/demo/portforward?ports=80";

    [Theory]
    [InlineData("PUT")]
    [InlineData("PATCH")]
    [InlineData("DELETE")]
    [InlineData("TRACE")]
    [InlineData("OPTIONS")]
    [Trait("Case", "C10")]
    public async Task No_other_method_opens_a_session(string method)
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        foreach (string target in (string[])[Exec, Attach, PortForward])
        {
            using HttpRequestMessage spdy = new(new HttpMethod(method), new Uri(server.Plain, target));
            spdy.Headers.TryAddWithoutValidation("Authorization", "Bearer " + PodsApiServer.AdminToken);
            spdy.Headers.TryAddWithoutValidation("Connection", "Upgrade");
            spdy.Headers.TryAddWithoutValidation("Upgrade", "SPDY/3.1");
            spdy.Headers.TryAddWithoutValidation("X-Stream-Protocol-Version", target == PortForward ? "portforward.k8s.io" : "v4.channel.k8s.io");
            using HttpResponseMessage refused = await server.Client.SendAsync(spdy, TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.MethodNotAllowed, refused.StatusCode);

            await using RawWebSocket webSocket = await RawWebSocket.ConnectAsync(
                new IPEndPoint(IPAddress.Loopback, server.Plain.Port), target, "v5.channel.k8s.io", headers: ["Authorization: Bearer " + PodsApiServer.AdminToken],
                method: method, cancellationToken: TestContext.Current.CancellationToken);
            Assert.Equal(405, webSocket.StatusCode);
        }
    }

    [Theory]
    [InlineData("get", Exec, 405)]
    [InlineData("GET", "/api/v1/namespaces/default/pods/./demo/exec?command=ls&stdout=1", 400)]
    [InlineData("GET", "/api/v1/namespaces/default/pods/x/../demo/exec?command=ls&stdout=1", 400)]
    [InlineData("GET", "/api/v1/namespaces/default/pods/demo/%65xec?command=ls&stdout=1", 400)]
    [InlineData("GET", "//api/v1/namespaces/default/pods/demo/exec?command=ls&stdout=1", 400)]
    [InlineData("GET", "/api/v1/namespaces/default/pods/demo/exec/?command=ls&stdout=1", 400)]
    [Trait("Case", "C3")]
    public async Task A_session_has_one_spelling(string method, string target, int code)
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        await using RawWebSocket webSocket = await RawWebSocket.ConnectAsync(
            new IPEndPoint(IPAddress.Loopback, server.Plain.Port), target, "v5.channel.k8s.io", headers: ["Authorization: Bearer " + PodsApiServer.AdminToken],
            method: method, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(code, webSocket.StatusCode);
    }
}
