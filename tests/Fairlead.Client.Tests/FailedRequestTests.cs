using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Fairlead.Testing;

namespace Fairlead.Client.Tests;

/// <summary>Why there was no answer: who was waited for, for how long, and what was wrong, in sentences of ours.</summary>
public sealed class FailedRequestTests
{
    static readonly Uri Elsewhere = new("https://cluster.example:6443");

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact, Trait("Case", "14.2")]
    public async Task A_TLS_handshake_that_is_not_answered()
    {
        await using CannedServer server = new(static _ => "");
        Uri url = new($"https://127.0.0.1:{server.Url.Port}");
        ServerUnreachableException late = await Assert.ThrowsAsync<ServerUnreachableException>(() => AskAsync(url, new SocketsHttpHandler()));
        Assert.Equal($"the server 127.0.0.1:{url.Port} did not answer the TLS handshake within 0.5 s", late.Message);
        Assert.True(late.IsTimeout);
    }

    [Theory, Trait("Case", "D13")]
    [InlineData(typeof(FileNotFoundException))]
    [InlineData(typeof(UnauthorizedAccessException))]
    public async Task Credentials_of_an_endpoint_that_cannot_be_had(Type kind)
    {
        await using CannedServer server = new(static _ => CannedServer.Answer("200 OK"));
        using KubernetesEndpoint endpoint = new(server.Url, new SocketsHttpHandler { UseProxy = false })
        {
            Authorize = (_, _, _) => throw (kind == typeof(FileNotFoundException) ? new FileNotFoundException("no token") : new UnauthorizedAccessException("no token")),
        };
        using StreamingClient client = new(endpoint);
        CredentialsException missing = await Assert.ThrowsAsync<CredentialsException>(() => client.ExecAsync(new("web-0"), ["ls"], cancellationToken: Ct));
        Assert.Equal("the credentials cannot be had: no token", missing.Message);
    }

    [Theory, Trait("Case", "14.2")]
    [InlineData("", "the proxy http://127.0.0.1:PORT (MY_PROXY) did not answer within 0.5 s")]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n", "the server cluster.example:6443 did not answer the TLS handshake through the proxy http://127.0.0.1:PORT (MY_PROXY) within 0.5 s")]
    public async Task A_proxy_that_does_not_answer_and_one_that_leads_to_silence(string answer, string expected)
    {
        await using CannedServer proxy = new(_ => answer);
        ServerUnreachableException late = await Assert.ThrowsAsync<ServerUnreachableException>(() => AskAsync(Elsewhere, Through(proxy.Url)));
        Assert.Equal(expected.Replace("PORT", $"{proxy.Url.Port}", StringComparison.Ordinal), late.Message);
    }

    [Theory, Trait("Case", "14.7")]
    [InlineData("407 Proxy Authentication Required", null, "did not lead to cluster.example:6443: it answered 407: it wants a user and a password, which its URL may hold")]
    [InlineData("407 Proxy Authentication Required", "me", "did not lead to cluster.example:6443: it answered 407: it does not take the user and the password of its URL")]
    [InlineData("502 Bad Gateway", null, "did not lead to cluster.example:6443: it answered 502")]
    public async Task A_proxy_that_refuses(string answer, string? user, string expected)
    {
        await using CannedServer proxy = new(_ => CannedServer.Answer(answer), close: true);
        SocketsHttpHandler handler = Through(proxy.Url);
        if (user is not null) handler.Proxy!.Credentials = new NetworkCredential(user, "secret");
        ServerUnreachableException failure = await Assert.ThrowsAsync<ServerUnreachableException>(() => AskAsync(Elsewhere, handler));
        Assert.Equal($"the proxy http://127.0.0.1:{proxy.Url.Port} (MY_PROXY) {expected}", failure.Message);
        Assert.Equal(HttpRequestError.ProxyTunnelError, Assert.IsType<HttpRequestException>(failure.InnerException).HttpRequestError);
    }

    [Theory, Trait("Case", "14.3")]
    [InlineData("http://127.0.0.1:1", "the proxy http://127.0.0.1:1 (MY_PROXY) cannot be reached: Connection refused")]
    [InlineData("socks5://127.0.0.1:1", "the proxy socks5://127.0.0.1:1 (MY_PROXY) cannot be reached: Connection refused")]
    [InlineData("http://nobody.invalid:8080", "the proxy http://nobody.invalid:8080 (MY_PROXY) cannot be reached: ")]
    public async Task A_proxy_that_is_not_there(string proxy, string expected)
    {
        ServerUnreachableException failure = await Assert.ThrowsAsync<ServerUnreachableException>(() => AskAsync(Elsewhere, Through(new Uri(proxy))));
        Assert.StartsWith(expected, failure.Message, StringComparison.Ordinal);
    }

    [Theory, Trait("Case", "14.7")]
    [InlineData("http://127.0.0.1:1", "the server cannot be reached: Connection refused (127.0.0.1:1)")]
    [InlineData("https://nobody.invalid", "the server cannot be reached: ")]
    public async Task A_server_that_is_not_there(string url, string expected)
    {
        ServerUnreachableException failure = await Assert.ThrowsAsync<ServerUnreachableException>(() => AskAsync(new Uri(url), new SocketsHttpHandler()));
        Assert.StartsWith(expected, failure.Message, StringComparison.Ordinal);
    }

    [Theory, Trait("Case", "14.7")]
    [InlineData("http", "", false, "the connection ended before the server's answer")]
    [InlineData("http", "", true, "the connection broke before the server's answer: Connection reset by peer")]
    [InlineData("http", "hello\r\n", false, "what answers at 127.0.0.1:PORT does not speak HTTP: ")]
    public async Task An_answer_that_is_none(string scheme, string answer, bool reset, string expected)
    {
        await using CannedServer server = new(_ => answer, close: true, reset);
        ServerUnreachableException failure = await Assert.ThrowsAsync<ServerUnreachableException>(() => AskAsync(new Uri($"{scheme}://127.0.0.1:{server.Url.Port}"), new SocketsHttpHandler()));
        Assert.StartsWith(expected.Replace("PORT", $"{server.Url.Port}", StringComparison.Ordinal), failure.Message, StringComparison.Ordinal);
    }

    [Theory, Trait("Case", "14.7")]
    [InlineData(-1, 1, "elsewhere.example", true, "the server's certificate is for elsewhere.example, 10.1.2.3, and not for localhost, the name that it was asked by")]
    [InlineData(-1, 1, "", true, "the server's certificate is for no name of a server, and not for localhost, the name that it was asked by")]
    [InlineData(-3, -2, "localhost", true, "the server's certificate expired on ")]
    [InlineData(2, 3, "localhost", true, "the server's certificate is not valid before ")]
    [InlineData(-1, 1, "localhost", false, "the server's certificate is signed by no authority that is trusted here: it is CN=test, issued by CN=test")]
    [InlineData(-3, -2, "elsewhere.example", true, "the name that it was asked by; it expired on ")]
    public async Task A_certificate_that_is_not_to_be_trusted(int fromDays, int toDays, string name, bool isTrusted, string expected)
    {
        using X509Certificate2 certificate = Certificate(DateTimeOffset.UtcNow.AddDays(fromDays), DateTimeOffset.UtcNow.AddDays(toDays), name);
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        Task serving = ShowAsync(listener, certificate);
        SocketsHttpHandler handler = new();
        handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        if (isTrusted) handler.SslOptions.CertificateChainPolicy.CustomTrustStore.Add(certificate);
        ServerUnreachableException failure = await Assert.ThrowsAsync<ServerUnreachableException>(
            () => AskAsync(new Uri($"https://localhost:{((IPEndPoint)listener.LocalEndpoint).Port}"), handler, TimeSpan.FromSeconds(30)));
        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
        Assert.StartsWith("the server's certificate ", failure.Message, StringComparison.Ordinal);
        await serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    static async Task ShowAsync(TcpListener listener, X509Certificate2 certificate)
    {
        using TcpClient client = await listener.AcceptTcpClientAsync(Ct);
        await using SslStream tls = new(client.GetStream());
        await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = certificate }, Ct);
        await tls.CopyToAsync(Stream.Null, Ct); // the client's verdict
    }

    static X509Certificate2 Certificate(DateTimeOffset from, DateTimeOffset to, string name)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=test", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        if (name.Length > 0) names.AddDnsName(name);
        if (name == "elsewhere.example") names.AddIpAddress(IPAddress.Parse("10.1.2.3"));
        if (name.Length > 0) request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 made = request.CreateSelfSigned(from, to);
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null);
    }

    static SocketsHttpHandler Through(Uri proxy) => new() { Proxy = new WebProxy(proxy), Properties = { [KubernetesEndpoint.ProxySource] = "MY_PROXY" } };

    static async Task AskAsync(Uri server, SocketsHttpHandler handler, TimeSpan? limit = null)
    {
        handler.ConnectTimeout = limit ?? TimeSpan.FromMilliseconds(500);
        handler.UseProxy = handler.Proxy is not null;
        using StreamingClient client = new(new KubernetesEndpoint(server, handler));
        await using RemoteProcess process = await client.ExecAsync(new("demo"), ["date"], cancellationToken: Ct);
    }
}
