using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Fairlead.Testing;

namespace Fairlead.KubeConfig.Tests;

public sealed class TrustTests : IDisposable
{
    readonly TestAuthority _authority = new();
    readonly Scratch _scratch = new();

    KubernetesEndpoint Load(string cluster, string user = "{}", KubeConfigOptions? options = null) => KubeConfigEndpoint.Load(
        (options ?? new()) with { Path = _scratch.Write("config", Kubeconfigs.Single(cluster, user)), Environment = Kubeconfigs.Environment() });

    [Fact]
    public async Task Server_of_the_pinned_authority_is_trusted()
    {
        await using TestServer server = await TestServer.StartAsync(_authority.IssueServer());
        using KubernetesEndpoint endpoint = Load($"server: https://localhost:{server.Port}\ncertificate-authority-data: {_authority.PemAsBase64}");
        Assert.Equal(200, await endpoint.GetAsync());
        Assert.Equal("shop", endpoint.DefaultNamespace);
    }

    [Fact]
    public async Task Authority_file_is_found_beside_the_kubeconfig()
    {
        await using TestServer server = await TestServer.StartAsync(_authority.IssueServer("127.0.0.1"));
        _scratch.Write("pki/ca.crt", _authority.Pem);
        using KubernetesEndpoint endpoint = Load($"server: https://127.0.0.1:{server.Port}\ncertificate-authority: pki/ca.crt");
        Assert.Equal(200, await endpoint.GetAsync());
    }

    [Theory]
    [InlineData("authority")]
    [InlineData("name")]
    [InlineData("expired")]
    [InlineData("unpinned")]
    public async Task Any_other_server_is_refused(string fault)
    {
        using TestAuthority other = new();
        using X509Certificate2 certificate = fault switch
        {
            "authority" => other.IssueServer(),
            "name" => _authority.IssueServer("elsewhere.example"),
            "expired" => _authority.IssueServer(expired: true),
            _ => _authority.IssueServer(),
        };
        await using TestServer server = await TestServer.StartAsync(certificate);
        string pin = fault == "unpinned" ? "" : $"\ncertificate-authority-data: {_authority.PemAsBase64}";
        using KubernetesEndpoint endpoint = Load($"server: https://localhost:{server.Port}{pin}");

        HttpRequestException refused = await Assert.ThrowsAsync<HttpRequestException>(() => endpoint.GetAsync());
        Assert.IsAssignableFrom<AuthenticationException>(refused.GetBaseException());
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task Tls_server_name_is_asked_for_and_checked()
    {
        await using TestServer server = await TestServer.StartAsync(_authority.IssueServer("api.internal"));
        string cluster = $"server: https://127.0.0.1:{server.Port}\ncertificate-authority-data: {_authority.PemAsBase64}\ntls-server-name: ";
        using KubernetesEndpoint right = Load(cluster + "api.internal");
        Assert.Equal(200, await right.GetAsync());
        using KubernetesEndpoint wrong = Load(cluster + "other.internal");
        await Assert.ThrowsAsync<HttpRequestException>(() => wrong.GetAsync());
    }

    [Fact]
    public async Task Insecure_trusts_anybody_and_the_override_drops_the_pin()
    {
        using TestAuthority other = new();
        await using TestServer server = await TestServer.StartAsync(other.IssueServer("elsewhere.example"));
        using KubernetesEndpoint configured = Load($"server: https://localhost:{server.Port}\ninsecure-skip-tls-verify: true");
        Assert.Equal(200, await configured.GetAsync());
        using KubernetesEndpoint overridden = Load(
            $"server: https://localhost:{server.Port}\ncertificate-authority-data: {_authority.PemAsBase64}", options: new() { InsecureSkipTlsVerify = true });
        Assert.Equal(200, await overridden.GetAsync());
    }

    [Fact]
    public async Task Client_certificate_is_shown_from_data_and_from_files()
    {
        await using TestServer server = await TestServer.StartAsync(_authority.IssueServer());
        string cluster = $"server: https://localhost:{server.Port}\ncertificate-authority-data: {_authority.PemAsBase64}";
        (string certificate, string key) = _authority.IssueClient("alice");
        using (KubernetesEndpoint inline = Load(cluster, $"client-certificate-data: {TestAuthority.Base64(certificate)}\nclient-key-data: {TestAuthority.Base64(key)}"))
            await inline.GetAsync();

        _scratch.Write("alice.crt", certificate);
        _scratch.Write("alice.key", key);
        using (KubernetesEndpoint files = Load(cluster, "client-certificate: alice.crt\nclient-key: alice.key")) await files.GetAsync();
        Assert.Equal(["alice", "alice"], server.Requests.Select(request => request.ClientName));
    }

    [Theory]
    [InlineData("certificate-authority: missing.crt", "{}", "missing.crt cannot be read")]
    [InlineData("certificate-authority-data: '***'", "{}", "line 14: clusters[0].cluster.certificate-authority-data: is not base64")]
    [InlineData("certificate-authority-data: aGVsbG8=", "{}", "neither PEM nor")]
    [InlineData("certificate-authority-data: aGVsbG8=\ninsecure-skip-tls-verify: true", "{}", "only one can hold")]
    [InlineData("tls-server-name: x", "client-key-data: aGVsbG8=", "but not both")]
    [InlineData("tls-server-name: x", "client-key-data: c2VjcmV0\nclient-certificate-data: aGVsbG8=", "cannot be understood")]
    public void Unusable_certificates_are_named_and_not_quoted(string cluster, string user, string expected)
    {
        KubeConfigException refused = Assert.Throws<KubeConfigException>(() => Load("server: https://localhost:1\n" + cluster, user));
        Assert.Contains(expected, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("c2VjcmV0", refused.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        await using TestServer server = await TestServer.StartAsync(_authority.IssueServer(), context =>
        {
            context.Response.Redirect("https://localhost/elsewhere");
            return Task.CompletedTask;
        });
        using KubernetesEndpoint endpoint = Load($"server: https://localhost:{server.Port}\ncertificate-authority-data: {_authority.PemAsBase64}", "token: secret");
        Assert.Equal(302, await endpoint.GetAsync());
    }

    public void Dispose()
    {
        _authority.Dispose();
        _scratch.Dispose();
    }
}
