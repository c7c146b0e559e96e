using Fairlead.KubeConfig.Proxies;
using Fairlead.Testing;

namespace Fairlead.KubeConfig.Tests;

public sealed class ProxyTests : IDisposable
{
    readonly TestAuthority _authority = new();
    readonly Scratch _scratch = new();

    /// <summary>The server's name resolves nowhere: only the proxy can reach it.</summary>
    const string Name = "api.cluster.invalid";

    KubernetesEndpoint Load(string cluster, params (string, string)[] environment) => KubeConfigEndpoint.Load(new KubeConfigOptions
    {
        Path = _scratch.Write("config", Kubeconfigs.Single($"server: https://{Name}:6443\ncertificate-authority-data: {_authority.PemAsBase64}{cluster}")),
        Environment = Kubeconfigs.Environment(environment),
    });

    [Theory]
    [InlineData("http")]
    [InlineData("socks5")]
    [InlineData("socks5h")]
    public async Task The_clusters_proxy_is_taken_with_its_credentials_whatever_the_environment_says(string scheme)
    {
        await using TestServer server = await TestServer.StartAsync(_authority.IssueServer(Name));
        await using AuthenticatingProxy proxy = new(server.Port);
        using KubernetesEndpoint endpoint = Load(
            $"\nproxy-url: {scheme}://{AuthenticatingProxy.UserInfo}@{proxy.Address}", ("HTTPS_PROXY", "http://127.0.0.1:1"), ("NO_PROXY", "*"));
        Assert.Equal(200, await endpoint.GetAsync());
        Assert.Equal([Name + ":6443"], proxy.Destinations);
    }

    [Theory]
    [InlineData("HTTPS_PROXY", "http://")]
    [InlineData("https_proxy", "")]
    [InlineData("HTTPS_PROXY", "socks5://")]
    public async Task The_environments_proxy_is_taken(string variable, string scheme)
    {
        await using TestServer server = await TestServer.StartAsync(_authority.IssueServer(Name));
        await using AuthenticatingProxy proxy = new(server.Port);
        using KubernetesEndpoint endpoint = Load("", (variable, $"{scheme}{AuthenticatingProxy.UserInfo}@{proxy.Address}"), ("NO_PROXY", "other.invalid"));
        Assert.Equal(200, await endpoint.GetAsync());
        Assert.Equal([Name + ":6443"], proxy.Destinations);
    }

    [Theory]
    [InlineData("http")]
    [InlineData("socks5")]
    public async Task A_wrong_password_fails_and_is_not_told(string scheme)
    {
        await using AuthenticatingProxy proxy = new(1);
        using KubernetesEndpoint endpoint = Load($"\nproxy-url: {scheme}://me:s3cret@{proxy.Address}");
        HttpRequestException refused = await Assert.ThrowsAsync<HttpRequestException>(() => endpoint.GetAsync());
        Assert.DoesNotContain("s3cret", refused.ToString(), StringComparison.Ordinal);
        Assert.Empty(proxy.Destinations);
    }

    [Theory]
    [InlineData("ftp://me:s3cret@proxy", "has the scheme ftp")]
    [InlineData("http://", "is not a URL")]
    public void An_unusable_proxy_is_refused(string url, string expected)
    {
        KubeConfigException refused = Assert.Throws<KubeConfigException>(() => Load($"\nproxy-url: {url}"));
        Assert.Contains(expected, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "https://localhost:1", true)]
    [InlineData("", "https://127.8.8.8:1", true)]
    [InlineData("", "https://[::1]:1", true)]
    [InlineData("", "https://10.1.2.3", false)]
    [InlineData("*", "https://10.1.2.3", true)]
    [InlineData("10.0.0.0/8", "https://10.1.2.3", true)]
    [InlineData("10.0.0.0/8", "https://11.1.2.3", false)]
    [InlineData("fd00::/8", "https://[fd00::1]", true)]
    [InlineData("10.1.2.3:6443", "https://10.1.2.3:6443", true)]
    [InlineData("10.1.2.3:6443", "https://10.1.2.3:443", false)]
    [InlineData("example.com", "https://example.com", true)]
    [InlineData("example.com", "https://API.Example.com", true)]
    [InlineData("example.com", "https://badexample.com", false)]
    [InlineData(" a.b , .example.com", "https://api.example.com", true)]
    [InlineData(".example.com", "https://example.com", false)]
    [InlineData("*.example.com", "https://api.example.com", true)]
    [InlineData("example.com:8443", "https://api.example.com", false)]
    [InlineData("example.com:8443", "https://api.example.com:8443", true)]
    public void No_proxy_is_read_as_kubectl_reads_it(string rules, string server, bool covered) =>
        Assert.Equal(covered, NoProxyRules.Parse(rules).Covers(new Uri(server)));

    public void Dispose()
    {
        _authority.Dispose();
        _scratch.Dispose();
    }
}
