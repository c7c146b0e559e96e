using Fairlead.Testing;
using Fairlead.Wire;
using Fairlead.Wire.PortForward;

namespace Fairlead.Client.Tests;

/// <summary>What nothing can be offered of is refused before a byte is sent.</summary>
[Trait("Case", "D7")]
public sealed class OfferTests
{
    public static TheoryData<string[], Transport> Nothing => new()
    {
        { [], Transport.Auto },
        { [], Transport.WebSocket },
        { [], Transport.Spdy },
        { ["v5.channel.k8s.io"], Transport.Spdy },
        { ["v3.channel.k8s.io"], Transport.WebSocket },
    };

    [Theory]
    [MemberData(nameof(Nothing))]
    public async Task An_offer_of_no_form_is_refused_and_nothing_sent(string[] names, Transport transport)
    {
        await using CannedServer server = new(static _ => "HTTP/1.1 500 Never asked\r\nContent-Length: 0\r\n\r\n");
        using StreamingClient client = new(new KubernetesEndpoint(server.Url, new SocketsHttpHandler { UseProxy = false }));
        ExecOptions options = new() { Protocols = [.. names.Select(name => RemoteCommandProtocol.All.First(form => form.Name == name))], Transport = transport };
        ArgumentException refused = await Assert.ThrowsAsync<ArgumentException>(() => client.ExecAsync(new("web-0"), ["true"], options, Ct));
        Assert.Contains(nameof(ExecOptions.Protocols), refused.Message, StringComparison.Ordinal);
        refused = await Assert.ThrowsAsync<ArgumentException>(() => client.AttachAsync(new("web-0"), options, Ct));
        Assert.Contains(nameof(ExecOptions.Protocols), refused.Message, StringComparison.Ordinal);
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task So_it_is_for_a_forward()
    {
        await using CannedServer server = new(static _ => "HTTP/1.1 500 Never asked\r\nContent-Length: 0\r\n\r\n");
        using StreamingClient client = new(new KubernetesEndpoint(server.Url, new SocketsHttpHandler { UseProxy = false }));
        await Assert.ThrowsAsync<ArgumentException>(() => client.ConnectAsync(new("web-0"), 80, new() { Protocols = [] }, Ct));
        await Assert.ThrowsAsync<ArgumentException>(() => client.ConnectAsync(new("web-0"), 80, new() { Protocols = [PortForwardProtocol.Spdy], Transport = Transport.WebSocket }, Ct));
        await Assert.ThrowsAsync<ArgumentException>(() => client.OpenForwardAsync(new("web-0"), [80], new() { Protocols = [PortForwardProtocol.Direct], Transport = Transport.Spdy }, Ct));
        Assert.Empty(server.Requests);
    }

    /// <summary>Only what the list names is offered: a command that was to run over one version does not run over another.</summary>
    [Fact]
    public async Task A_list_of_WebSocket_forms_does_not_fall_back_to_SPDY()
    {
        await using CannedServer server = new(static _ => "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
        using StreamingClient client = new(new KubernetesEndpoint(server.Url, new SocketsHttpHandler { UseProxy = false }));
        await Assert.ThrowsAsync<UpgradeException>(() => client.ExecAsync(new("web-0"), ["true"], new() { Protocols = [RemoteCommandProtocol.V4] }, Ct));
        string request = Assert.Single(server.Requests);
        Assert.Contains("Sec-WebSocket-Protocol: v4.channel.k8s.io\r\n", request, StringComparison.Ordinal);
    }

    static CancellationToken Ct => TestContext.Current.CancellationToken;
}
