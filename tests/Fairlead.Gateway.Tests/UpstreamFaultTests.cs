using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Fairlead.Testing;
using Microsoft.Extensions.Logging;

namespace Fairlead.Gateway.Tests;

/// <summary>Faults between the gateway and the server behind: the log and the caller's answer name the cause, on every way through the gateway.</summary>
[Trait("Case", "14.2")]
public sealed class UpstreamFaultTests : IDisposable
{
    readonly TestAuthority _authority = new(), _other = new();

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static TheoryData<string, string> Faults => new()
    {
        { "wrong authority", "no authority that is trusted here has signed the server's certificate" },
        { "another name", "the server's certificate is for another name than the one that it was asked by" },
        { "expired", "the server's certificate, or one that vouches for it, has expired or is not valid yet" },
        { "no TLS", "TLS did not come about" },
        { "nobody listens", "no connection came about: Connection refused" },
        { "proxy refuses", "the proxy on the way refused" },
        { "silent", "no connection came about in time" },
        { "drops", "the connection ended before the server's answer" },
    };

    [Theory, MemberData(nameof(Faults))]
    public async Task The_log_and_the_answer_name_the_cause(string fault, string words)
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        Task serving = fault == "nobody listens" ? Task.CompletedTask : ServeAsync(listener, fault);
        if (fault == "nobody listens") listener.Stop();
        foreach (bool checksCreate in (bool[])[false, true])
        {
            await using GatewayPair pair = await GatewayPair.StartAsync((options, _) => options with { Upstream = Endpoint(listener, fault), UpstreamChecksCreate = checksCreate });
            foreach (string target in (string[])["/api/v1/pods?secret=in-the-query", GatewayPair.Exec, "/api/v1/namespaces/ns/pods/p/portforward?ports=80"])
            {
                pair.Logged.Entries.Clear();
                using HttpResponseMessage answer = await pair.SendAsync(target, target.StartsWith("/api/v1/pods", StringComparison.Ordinal) ? ["Authorization: Bearer in-a-header"]
                    : ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol: v5.channel.k8s.io, SPDY/3.1+portforward.k8s.io"]);
                string said = await answer.Content.ReadAsStringAsync(Ct);
                Assert.InRange((int)answer.StatusCode, 502, 504);
                Assert.Contains(words, said.Replace("\\u0027", "'", StringComparison.Ordinal), StringComparison.Ordinal);
                string log = string.Join('\n', pair.Logged.Entries.Select(static entry => $"{entry.Level} {entry.Text} {entry.Failure}"));
                Assert.Contains(pair.Logged.Entries, entry => entry.Level >= LogLevel.Debug && entry.Failure is not null && entry.Text.Contains(words, StringComparison.Ordinal));
                Assert.DoesNotContain("in-the-query", log, StringComparison.Ordinal);
                Assert.DoesNotContain("in-a-header", log, StringComparison.Ordinal);
            }
        }

        listener.Stop();
        await serving;
    }

    KubernetesEndpoint Endpoint(TcpListener listener, string fault)
    {
        SocketsHttpHandler handler = new() { UseProxy = fault == "proxy refuses", UseCookies = false };
        if (fault == "silent") handler.ConnectTimeout = TimeSpan.FromMilliseconds(100);
        if (handler.UseProxy) handler.Proxy = new WebProxy($"http://{listener.LocalEndpoint}");
        handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        handler.SslOptions.CertificateChainPolicy.CustomTrustStore.ImportFromPem((fault == "wrong authority" ? _other : _authority).Pem);
        return new KubernetesEndpoint(new Uri($"https://{listener.LocalEndpoint}"), handler);
    }

    async Task ServeAsync(TcpListener listener, string fault)
    {
        using X509Certificate2 certificate = _authority.IssueServer(fault == "another name" ? "elsewhere.example" : "127.0.0.1", expired: fault == "expired");
        while (true)
        {
            try
            {
                using Socket socket = await listener.AcceptSocketAsync(Ct);
                await using NetworkStream stream = new(socket);
                if (fault is "no TLS" or "proxy refuses")
                {
                    _ = await stream.ReadAtLeastAsync(new byte[4096], 1, cancellationToken: Ct);
                    await stream.WriteAsync("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"u8.ToArray(), Ct);
                    socket.Shutdown(SocketShutdown.Send);
                    while (await stream.ReadAsync(new byte[4096], Ct) > 0) { }
                    continue;
                }

                if (fault == "silent")
                {
                    while (await stream.ReadAsync(new byte[4096], Ct) > 0) { }
                    continue;
                }

                await using SslStream tls = new(stream);
                await tls.AuthenticateAsServerAsync(certificate);
                _ = await tls.ReadAtLeastAsync(new byte[4096], 1, throwOnEndOfStream: false, Ct);
            }
            catch (Exception e) when (e is IOException or System.Security.Authentication.AuthenticationException || (e is SocketException && listener.Server.IsBound))
            {
                // the gateway did not like it
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
            {
                return;
            }
        }
    }

    public void Dispose()
    {
        _authority.Dispose();
        _other.Dispose();
    }
}
