using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Fairlead.Node.Tests.Kubelet;

namespace Fairlead.InteropTests.Fronts;

/// <summary>What a front's process holds while many follow logs, and what it keeps of them.</summary>
public sealed class FrontMemoryTests
{
    const int Followers = 500, MostKibibytesEach = 512;

    static readonly byte[] s_line = Encoding.ASCII.GetBytes(new string('x', 1023) + "\n");

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>
    /// A heap breathes, by a fifth here: it is the many rounds that tell a leak. A buffer of 16 KiB that each follower left would be 8 MiB a round,
    /// and half of what the process holds after ten. HTTP/1.1 makes a connection for each, which takes that long only where all is tested.
    /// </summary>
    [Theory(Timeout = 600_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Five_hundred_followers_cost_a_bounded_amount_and_leave_nothing(bool isHttp2)
    {
        int rounds = Repository.IsFull ? 20 : isHttp2 ? 10 : 5;
        await using FrontRoom room = await FrontRoom.StartAsync();
        room.Cluster.Allows = static _ => true;
        room.Kubelet.Paths["containerLogs"] = async context =>
        {
            for (int i = 0; i < 32; i++) await context.Response.Body.WriteAsync(s_line, context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        };
        await using RunningProcess front = Start(room);
        Uri address = new((await front.Stdout!.LineAsync("ready ", Ct)).Split(' ')[1]);
        using X509Certificate2 apiServer = room.Callers.IssueClientSubject("CN=apiserver");
        List<long> after = [];
        long held = 0, before = Resident(front.Id);
        for (int round = 0; round < rounds; round++)
        {
            using (SocketsHttpHandler handler = Handler(apiServer))
            using (HttpClient client = new(handler))
            {
                HttpResponseMessage[] followers = await Task.WhenAll(Enumerable.Range(0, Followers).Select(i => FollowAsync(client, new Uri(address, $"/containerLogs/ns/p{i}/c?follow=true"), isHttp2)));
                held = Math.Max(held, Resident(front.Id));
                foreach (HttpResponseMessage follower in followers) follower.Dispose();
            }

            await QuietAsync(front.Id);
            after.Add(Resident(front.Id));
        }

        long each = (held - before) / Followers / 1024;
        Measurement.Tell(string.Create(CultureInfo.InvariantCulture,
            $"a front's process, 500 followers by HTTP/{(isHttp2 ? 2 : 1)}: {before >> 20} MiB before, {held >> 20} MiB while, {each} KiB each, {string.Join(", ", after.Select(static bytes => bytes >> 20))} MiB after each round"));
        Assert.InRange(each, 1, MostKibibytesEach);
        Assert.InRange(after[^1], 1, after[..4].Max() * 3 / 2);
    }

    static async Task<HttpResponseMessage> FollowAsync(HttpClient client, Uri uri, bool isHttp2)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, uri)
        {
            Version = isHttp2 ? HttpVersion.Version20 : HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        HttpResponseMessage response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Ct);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await (await response.Content.ReadAsStreamAsync(Ct)).ReadExactlyAsync(new byte[32 * s_line.Length], Ct);
        return response;
    }

    static SocketsHttpHandler Handler(X509Certificate2 certificate)
    {
        SocketsHttpHandler handler = new() { UseProxy = false };
#pragma warning disable CA5359 // the test's own node on loopback
        handler.SslOptions.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
        handler.SslOptions.ClientCertificates = [certificate];
        return handler;
    }

    /// <summary>The front itself, as an operator starts it.</summary>
    static RunningProcess Start(FrontRoom room)
    {
        string kubeconfig = room.File("reviews.kubeconfig");
        File.WriteAllText(kubeconfig, $$$"""
            apiVersion: v1
            kind: Config
            current-context: c
            clusters: [{name: c, cluster: {server: "{{{room.Cluster.Url}}}"}}]
            users: [{name: u, user: {}}]
            contexts: [{name: c, context: {cluster: c, user: u}}]

            """);
        return RunningProcess.Start(Repository.Command,
        [
            "node", "--cri", "unix://" + room.File("cri.sock"), "--listen", "127.0.0.1:0", "--kubelet", room.Kubelet.Url.GetLeftPart(UriPartial.Authority),
            "--kubelet-ca", room.File("kubelet.crt"), "--kubelet-client-cert", room.File("front.crt"), "--kubelet-client-key", room.File("front.crt"),
            "--client-ca", room.File("callers.crt"), "--authorization-kubeconfig", kubeconfig, "--node-name", FrontRoom.Node,
            "--state-dir", room.File("state"),
        ]);
    }

    /// <summary>Waits until the process's connections are gone.</summary>
    static Task QuietAsync(int process) => Eventually.HoldsAsync(
        () => ProcessFootprint.Of(process).Descriptors < Followers / 2, "the followers' connections are gone", cancellationToken: Ct);

    static long Resident(int process) => long.Parse(
        File.ReadLines($"/proc/{process}/status").First(static line => line.StartsWith("VmRSS:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture) * 1024;
}
