using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Http;

namespace Fairlead.Node.Tests.Kubelet;

/// <summary>Large answers, and many of them at a time.</summary>
public sealed class ManyStreamsTests
{
    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Twenty_megabytes_of_metrics_arrive_as_they_are(bool isHttp2)
    {
        const int Size = 20_000_000, AtOnce = 4;
        await using FrontRoom room = await FrontRoom.StartAsync();
        room.Cluster.Allows = static _ => true;
        byte[] metrics = new byte[Size];
        new Random(2).NextBytes(metrics);
        room.Kubelet.Paths["metrics"] = async context =>
        {
            context.Response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
            for (int i = 0; i < Size; i += 4000) await context.Response.Body.WriteAsync(metrics.AsMemory(i, Math.Min(4000, Size - i)), context.RequestAborted);
        };
        using X509Certificate2 prometheus = room.Callers.IssueClientSubject("CN=prometheus");
        using HttpClient client = room.Client(prometheus);
        byte[][] answers = await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => AskAsync()));
        Assert.All(answers, sum => Assert.Equal(SHA256.HashData(metrics), sum));

        async Task<byte[]> AskAsync()
        {
            using HttpRequestMessage request = Request("/metrics/cadvisor", isHttp2);
            using HttpResponseMessage response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Ct);
            Assert.Equal((HttpStatusCode.OK, isHttp2 ? 2 : 1), (response.StatusCode, response.Version.Major));
            Assert.Equal("text/plain; version=0.0.4; charset=utf-8", response.Content.Headers.ContentType!.ToString());
            return await SHA256.HashDataAsync(await response.Content.ReadAsStreamAsync(Ct), Ct);
        }
    }

    /// <summary>As an API server has them: all of its followers share a connection. None waits for another, and one that leaves takes nobody along.</summary>
    [Fact]
    public async Task A_hundred_streams_share_one_connection()
    {
        const int Streams = 100;
        await using FrontRoom room = await FrontRoom.StartAsync();
        room.Cluster.Allows = static _ => true;
        int followed = 0;
        SemaphoreSlim[] turns = [.. Enumerable.Range(0, Streams).Select(static _ => new SemaphoreSlim(0))];
        room.Kubelet.Paths["containerLogs"] = async context =>
        {
            int number = int.Parse(context.Request.Path.Value!.Split('/')[3][1..]);
            Interlocked.Increment(ref followed);
            try
            {
                await context.Response.Body.FlushAsync(context.RequestAborted);
                for (int line = 0; ; line++)
                {
                    await turns[number].WaitAsync(context.RequestAborted);
                    await context.Response.WriteAsync($"pod {number} line {line}\n", context.RequestAborted);
                }
            }
            finally
            {
                Interlocked.Decrement(ref followed);
            }
        };
        byte[] metrics = new byte[5_000_000];
        room.Kubelet.Paths["metrics"] = context => context.Response.Body.WriteAsync(metrics, context.RequestAborted).AsTask();
        using X509Certificate2 apiServer = room.Callers.IssueClientSubject("CN=apiserver");
        int dialled = 0;
        using HttpClient client = Counting(room, apiServer, () => dialled++);
        List<(HttpResponseMessage Response, StreamReader Lines)> followers = [];
        try
        {
            for (int i = 0; i < Streams; i++)
            {
                using HttpRequestMessage request = Request($"/containerLogs/ns/p{i}/c?follow=true", isHttp2: true);
                HttpResponseMessage response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Ct);
                followers.Add((response, new StreamReader(await response.Content.ReadAsStreamAsync(Ct))));
            }

            for (int line = 0; line < 3; line++)
            {
                for (int i = Streams - 1; i >= 0; i--) turns[i].Release(); // in another order than they came
                for (int i = line; i < Streams; i++) Assert.Equal($"pod {i} line {line}", await followers[i].Lines.ReadLineAsync(Ct));
                followers[line].Response.Dispose(); // one leaves
                await Eventually.HoldsAsync(() => Volatile.Read(ref followed) == Streams - line - 1, "the kubelet hears of it", cancellationToken: Ct);
                Assert.Equal(metrics.Length, (await client.GetByteArrayAsync(new Uri("/metrics", UriKind.Relative), Ct)).Length);
            }

            Assert.Equal(1, dialled);
        }
        finally
        {
            followers.ForEach(static follower => follower.Response.Dispose());
        }

        await Eventually.HoldsAsync(() => Volatile.Read(ref followed) == 0, "nobody is followed any more", cancellationToken: Ct);
    }

    static HttpClient Counting(FrontRoom room, X509Certificate2 certificate, Action dialling)
    {
        SocketsHttpHandler handler = new() { UseProxy = false };
        handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        handler.SslOptions.CertificateChainPolicy.CustomTrustStore.ImportFromPem(room.Server.AuthorityPem);
        handler.SslOptions.ClientCertificates = [certificate];
        handler.ConnectCallback = async (_, cancellationToken) =>
        {
            dialling();
            Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(room.Address, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        };
        return new HttpClient(handler) { BaseAddress = room.Server.Url, DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
    }

    static HttpRequestMessage Request(string target, bool isHttp2) => new(HttpMethod.Get, target)
    {
        Version = isHttp2 ? HttpVersion.Version20 : HttpVersion.Version11,
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };
}
