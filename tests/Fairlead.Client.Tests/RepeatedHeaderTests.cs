using Fairlead.Testing;
namespace Fairlead.Client.Tests;

/// <summary>A header that credentials give several times reaches the server line by line, whatever asks.</summary>
[Trait("Case", "C1")]
public sealed class RepeatedHeaderTests
{
    static readonly string[] s_groups = ["dev", "a, b", "", "zoë"];

    [Theory]
    [InlineData(Transport.WebSocket)]
    [InlineData(Transport.Spdy)]
    public async Task Exec_and_port_forward_keep_lines(Transport transport)
    {
        await using CannedServer server = new(_ => CannedServer.Answer("404 Not Found", """{"kind":"Status","status":"Failure","message":"gone","reason":"NotFound","code":404}"""));
        using StreamingClient client = new(Endpoint(server.Url, s_groups));
        await Assert.ThrowsAsync<UpgradeException>(() => client.ExecAsync(new("web-0"), ["ls"], new ExecOptions { Transport = transport }, Ct));
        await Assert.ThrowsAsync<UpgradeException>(() => client.ConnectAsync(new("web-0"), 80, new PortForwardOptions { Transport = transport }, Ct));
        Assert.Equal(2, server.Requests.Count);
        Assert.All(server.Requests, ExpectLines);
    }

    [Fact]
    public async Task An_ordinary_request_with_a_body_keeps_lines_and_the_next_one_has_a_connection_of_its_own()
    {
        await using CannedServer server = new(_ => CannedServer.Answer("200 OK", "ok"));
        using KubernetesEndpoint endpoint = Endpoint(server.Url, s_groups);
        using HttpMessageInvoker http = new(endpoint.Handler, disposeHandler: false);
        for (int i = 0; i < 2; i++)
        {
            using HttpRequestMessage request = new(HttpMethod.Put, new Uri(server.Url, "/x")) { Content = new StringContent("~body~") };
            request.Content.Headers.TryAddWithoutValidation("Content-Language", (string[])["de", "en"]);
            await endpoint.Authorize!(request, false, Ct);
            using HttpResponseMessage response = await http.SendAsync(request, Ct);
            Assert.Equal("ok", await response.Content.ReadAsStringAsync(Ct));
        }

        Assert.Equal(2, server.Requests.Count);
        Assert.All(server.Requests, ExpectLines);
        Assert.All(server.Requests, static request => Assert.Equal(["de", "en"], Lines(request, "Content-Language")));
    }

    [Theory]
    [InlineData("b\r\nX-Remote-User: root")]
    [InlineData("b\nX-Remote-User: root")]
    [InlineData("b\rX-Remote-User: root")]
    [InlineData("b\0")]
    public async Task No_value_is_a_line_of_its_own(string value)
    {
        await ExpectRefusalAsync(["a", value]);
        await ExpectRefusalAsync([value]);
    }

    static async Task ExpectRefusalAsync(string[] groups)
    {
        await using CannedServer server = new(_ => CannedServer.Answer("200 OK", "ok"));
        using KubernetesEndpoint endpoint = Endpoint(server.Url, groups);
        using HttpMessageInvoker http = new(endpoint.Handler, disposeHandler: false);
        using HttpRequestMessage request = new(HttpMethod.Get, server.Url);
        await endpoint.Authorize!(request, false, Ct);
        await Assert.ThrowsAsync<HttpRequestException>(() => http.SendAsync(request, Ct));
        Assert.Empty(server.Requests);
    }

    static void ExpectLines(string request)
    {
        Assert.Equal(["dev", "a, b", "", "zoÃ«"], Lines(request, "Impersonate-Group")); // bytes of UTF-8, each read as a character
        Assert.Equal(["jane"], Lines(request, "Impersonate-User"));
        Assert.DoesNotContain('~', request);
    }

    static string[] Lines(string request, string name) =>
        [.. request.Split("\r\n").Where(line => line.StartsWith(name + ":", StringComparison.Ordinal)).Select(line => line[(name.Length + 1)..].Trim())];

    static KubernetesEndpoint Endpoint(Uri server, string[] groups) => new(server, new SocketsHttpHandler { UseProxy = false })
    {
        Authorize = (request, _, _) =>
        {
            request.Headers.TryAddWithoutValidation("Impersonate-User", "jane");
            foreach (string group in groups) request.Headers.TryAddWithoutValidation("Impersonate-Group", group);
            return ValueTask.CompletedTask;
        },
    };

    static CancellationToken Ct => TestContext.Current.CancellationToken;
}
