using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace Fairlead.Node.Tests.Kubelet;

/// <summary>Many who follow logs, and answers that are large, slow or endless: nobody holds up anybody else.</summary>
public sealed class FollowersTests
{
    const int Followers = 500;

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Five_hundred_who_do_not_read_an_endless_log_cost_a_bounded_amount_and_hold_nobody_up()
    {
        await using FrontRoom room = await FrontRoom.StartAsync();
        room.Cluster.Allows = static _ => true;
        long written = 0;
        byte[] block = new byte[16 * 1024];
        room.Kubelet.Paths["containerLogs"] = async context =>
        {
            while (true)
            {
                await context.Response.Body.WriteAsync(block, context.RequestAborted);
                Interlocked.Add(ref written, block.Length);
            }
        };
        byte[] metrics = new byte[20 << 20];
        new Random(1).NextBytes(metrics);
        room.Kubelet.Paths["metrics"] = context => context.Response.Body.WriteAsync(metrics, context.RequestAborted).AsTask();
        using X509Certificate2 jane = room.Callers.IssueClientSubject("CN=jane");
        using SocketsHttpHandler handler = Handler(room, jane);
        using HttpMessageInvoker client = new(handler);
        List<HttpResponseMessage> followed = [];
        try
        {
            for (int i = 0; i < Followers; i++)
            {
                HttpResponseMessage response = await client.SendAsync(Request(room, $"/containerLogs/ns/p{i}/c?follow=true"), Ct);
                Assert.Equal(HttpStatusCode.OK, response.StatusCode);
                followed.Add(response);
            }

            long each = await Standstill.OfAsync(
                () => Interlocked.Read(ref written), "the kubelet waits for those who do not read", Ct) / Followers;
            TestContext.Current.SendDiagnosticMessage($"{each / 1024} KiB on the way for each follower");
            Assert.InRange(each, 1, 1024 * 1024);
            for (int i = 0; i < 3; i++)
            {
                using HttpClient other = room.Client(jane);
                Assert.Equal(metrics, await other.GetByteArrayAsync(new Uri("/metrics", UriKind.Relative), Ct));
                using HttpResponseMessage beside = await client.SendAsync(Request(room, "/metrics"), Ct); // over a connection that others fill
                Assert.Equal(metrics, await beside.Content.ReadAsByteArrayAsync(Ct));
            }
        }
        finally
        {
            followed.ForEach(static response => response.Dispose());
        }
    }

    static SocketsHttpHandler Handler(FrontRoom room, X509Certificate2 certificate)
    {
        SocketsHttpHandler handler = new() { UseProxy = false, EnableMultipleHttp2Connections = true, InitialHttp2StreamWindowSize = 65535 };
        handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        handler.SslOptions.CertificateChainPolicy.CustomTrustStore.ImportFromPem(room.Server.AuthorityPem);
        handler.SslOptions.ClientCertificates = [certificate];
        return handler;
    }

    static HttpRequestMessage Request(FrontRoom room, string target) => new(HttpMethod.Get, new Uri(room.Server.Url, target))
    {
        Version = HttpVersion.Version20,
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };
}
