using System.Net;
using System.Security.Cryptography.X509Certificates;
using Fairlead.Testing;

namespace Fairlead.Gateway.Tests;

/// <summary>Who may: each rule with a request that it refuses.</summary>
public sealed class AccessTests : IDisposable
{
    readonly TestAuthority _authority = new();

    [Fact]
    public async Task A_callers_own_credentials_pass_and_nobody_elses()
    {
        await using GatewayPair pair = await WithClientAuthorityAsync();
        (await pair.SendAsync("/version", ["Authorization: Bearer own-token", "Impersonate-User: jane"])).EnsureSuccessStatusCode();
        (await pair.SendAsync("/version")).EnsureSuccessStatusCode();
        RecordingUpstream.Seen[] seen = [.. pair.Upstream.Requests];
        Assert.Equal(("Bearer own-token", "jane"), (seen[0].Header("Authorization"), seen[0].Header("Impersonate-User")));
        Assert.Null(seen[1].Header("Authorization")); // the gateway's own credentials serve nobody whom it has not authenticated
    }

    [Fact]
    public async Task A_certificate_speaks_by_impersonation()
    {
        await using GatewayPair pair = await WithClientAuthorityAsync();
        using X509Certificate2 jane = _authority.IssueClientSubject("O=devs, O=admins, CN=jane");
        (await pair.SendAsync("/version", ["Authorization: Bearer smuggled"], jane)).EnsureSuccessStatusCode();
        RecordingUpstream.Seen seen = Assert.Single(pair.Upstream.Requests);
        Assert.Equal("Bearer gateway-token", seen.Header("Authorization"));
        Assert.Equal("jane", seen.Header("Impersonate-User"));
        Assert.Equal(["admins", "devs"], seen.Lines("Impersonate-Group").Order());
    }

    [Theory]
    [InlineData("Impersonate-User: root")]
    [InlineData("impersonate-group: system:masters")]
    [InlineData("Impersonate-Extra-scopes: all")]
    [InlineData("Impersonate-Uid: 0")]
    public async Task A_certificate_may_not_impersonate_further(string header)
    {
        await using GatewayPair pair = await WithClientAuthorityAsync();
        using X509Certificate2 jane = _authority.IssueClientSubject("CN=jane");
        using HttpResponseMessage refused = await pair.SendAsync("/version", [header], jane);
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.Empty(pair.Upstream.Requests);
    }

    [Theory]
    [InlineData("O=devs")]
    [InlineData("CN=zoë")]
    [InlineData("CN=kube-apiserver-kubelet-client, CN=somebody")]
    public async Task A_certificate_that_names_no_user_is_refused(string subject)
    {
        await using GatewayPair pair = await WithClientAuthorityAsync();
        using X509Certificate2 nobody = _authority.IssueClientSubject(subject);
        using HttpResponseMessage refused = await pair.SendAsync("/version", [], nobody);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Empty(pair.Upstream.Requests);
    }

    [Theory]
    [InlineData(true, false, false)]
    [InlineData(false, true, false)]
    [InlineData(false, false, true)]
    public async Task A_certificate_that_is_not_vouched_for_is_refused(bool foreign, bool expired, bool forServers)
    {
        await using GatewayPair pair = await WithClientAuthorityAsync();
        using TestAuthority other = new();
        using X509Certificate2 certificate = forServers ? _authority.IssueServer("jane") : (foreign ? other : _authority).IssueClientSubject("CN=jane", expired);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => pair.SendAsync("/version", [], certificate));
        Assert.Empty(pair.Upstream.Requests);
    }

    [Fact]
    public async Task A_certificate_is_not_asked_for_without_an_authority()
    {
        await using GatewayPair pair = await GatewayPair.StartAsync();
        using X509Certificate2 jane = _authority.IssueClientSubject("CN=jane");
        (await pair.SendAsync("/version", ["Impersonate-User: x"], jane)).EnsureSuccessStatusCode();
        Assert.Equal("x", Assert.Single(pair.Upstream.Requests).Header("Impersonate-User")); // not authenticated here: the server decides
    }

    [Theory]
    [InlineData("X-Remote-User: root")]
    [InlineData("x-remote-group: system:masters")]
    [InlineData("X-Remote-Extra-scopes: all")]
    public async Task A_front_proxys_headers_never_pass(string header)
    {
        await using GatewayPair pair = await GatewayPair.StartAsync();
        (await pair.SendAsync("/version", [header])).EnsureSuccessStatusCode();
        await (await pair.UpgradeAsync(headers: [header])).DisposeAsync();
        Assert.True(pair.Upstream.Requests.Count >= 3); // forwarded, reviewed, dialled
        Assert.All(pair.Upstream.Requests, seen => Assert.DoesNotContain(seen.Headers.Keys, name => name.StartsWith("X-Remote-", StringComparison.OrdinalIgnoreCase)));
    }

    [Fact]
    public async Task Headers_that_Connection_names_stay_here_and_cannot_name_the_gateways_own()
    {
        await using GatewayPair pair = await WithClientAuthorityAsync();
        using X509Certificate2 jane = _authority.IssueClientSubject("CN=jane");
        (await pair.SendAsync("/version", ["Connection: X-Hop, Impersonate-User, Authorization", "X-Hop: 1", "Keep-Alive: 5", "TE: trailers", "Proxy-Authorization: Basic eA=="], jane)).EnsureSuccessStatusCode();
        RecordingUpstream.Seen seen = Assert.Single(pair.Upstream.Requests);
        Assert.Equal(("jane", "Bearer gateway-token"), (seen.Header("Impersonate-User"), seen.Header("Authorization")));
        Assert.All(["X-Hop", "Keep-Alive", "Proxy-Authorization"], name => Assert.Null(seen.Header(name)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_browsers_token_becomes_a_header_and_is_seen_nowhere_else(bool isHttp2)
    {
        await using GatewayPair pair = await GatewayPair.StartAsync();
        const string token = "browser-secret";
        string offered = "base64url.bearer.authorization.k8s.io." + Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes(token)).TrimEnd('=');
        IEnumerable<string> answered;
        if (isHttp2)
        {
            using HttpResponseMessage answer = await pair.ConnectAsync(subprotocols: offered + ", v5.channel.k8s.io");
            answered = answer.Headers.SelectMany(static header => header.Value);
        }
        else
        {
            await using RawWebSocket answer = await pair.UpgradeAsync(subprotocols: offered + ", v5.channel.k8s.io");
            answered = answer.Headers.Values;
        }

        Assert.NotEmpty(pair.Upstream.Requests);
        Assert.All(pair.Upstream.Requests, seen => Assert.Equal("Bearer " + token, seen.Header("Authorization")));
        Assert.All(pair.Upstream.Requests, seen => Assert.DoesNotContain("bearer.authorization", seen.Header("Sec-WebSocket-Protocol") ?? "", StringComparison.Ordinal));
        Assert.DoesNotContain(answered, value => value.Contains("bearer.authorization", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_browsers_token_with_a_line_end_in_it_is_none()
    {
        await using GatewayPair pair = await GatewayPair.StartAsync();
        string offered = "base64url.bearer.authorization.k8s.io." + Convert.ToBase64String("a\r\nX-Remote-User: root"u8).TrimEnd('=');
        await (await pair.UpgradeAsync(subprotocols: offered + ", v5.channel.k8s.io")).DisposeAsync();
        Assert.All(pair.Upstream.Requests, seen => Assert.Null(seen.Header("Authorization") ?? seen.Header("X-Remote-User")));
    }

    [Theory]
    [InlineData("https://evil.example", false)]
    [InlineData("null", false)]
    [InlineData("https://evil.example", true)]
    [InlineData("null", true)]
    public async Task A_page_of_another_origin_opens_no_session(string origin, bool isHttp2)
    {
        await using GatewayPair pair = await GatewayPair.StartAsync((options, _) => options with { AllowedOrigins = ["https://console.example"] });
        Assert.Equal(403, await pair.CodeAsync(isHttp2, headers: ["Origin: " + origin]));
        Assert.Empty(pair.Upstream.Requests);
        await pair.CodeAsync(isHttp2, headers: ["Origin: https://console.example"]);
        Assert.NotEmpty(pair.Upstream.Requests);
    }

    async Task<GatewayPair> WithClientAuthorityAsync() =>
        await GatewayPair.StartAsync((options, upstream) => options with { Own = upstream.Endpoint("gateway-token"), ClientAuthorities = [X509Certificate2.CreateFromPem(_authority.Pem)] });

    public void Dispose() => _authority.Dispose();
}
