using System.Net;
using System.Security.Cryptography.X509Certificates;
using Fairlead.Testing.Containerd;
using Microsoft.AspNetCore.Http;

namespace Fairlead.Node.Tests.Kubelet;

/// <summary>What is no stream goes on to the kubelet and comes back as it is, by either version of HTTP.</summary>
public sealed class PassedRequestTests
{
    static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static TheoryData<string, string, bool> Paths
    {
        get
        {
            TheoryData<string, string, bool> data = [];
            foreach (bool isHttp2 in (bool[])[false, true])
            {
                foreach ((string method, string path) in ((string, string)[])[
                    ("GET", "/containerLogs/ns/p/c?follow=true&tailLines=10"), ("GET", "/logs/"), ("GET", "/logs/pods/a%20b.log"), ("GET", "/metrics"),
                    ("GET", "/metrics/cadvisor"), ("GET", "/metrics/resource"), ("GET", "/metrics/probes"), ("GET", "/stats/summary"), ("GET", "/pods"),
                    ("GET", "/runningpods/"), ("GET", "/configz"), ("GET", "/healthz"), ("GET", "/healthz/log"), ("POST", "/checkpoint/ns/p/c"),
                    ("GET", "/debug/pprof/heap?debug=1"), ("PUT", "/debug/flags/v"), ("GET", "/statusz"), ("GET", "/flagz"), ("GET", "/"),
                    ("PATCH", "/whatever/a/later?kubelet=adds"), ("DELETE", "/whatever"), ("HEAD", "/metrics"), ("OPTIONS", "/pods")])
                    data.Add(method, path, isHttp2);
            }

            return data;
        }
    }

    [Theory, MemberData(nameof(Paths))]
    public async Task Every_path_goes_on(string method, string path, bool isHttp2)
    {
        await using FrontRoom room = await FrontRoom.StartAsync();
        room.Cluster.Allows = static _ => true;
        string first = path.Split('/', '?')[1];
        room.Kubelet.Paths[first] = context => context.Response.WriteAsync("answer");
        using X509Certificate2 caller = room.Callers.IssueClientSubject("CN=apiserver");
        (int code, string body) = await room.AskAsync(path, caller, method: method, version: isHttp2 ? HttpVersion.Version20 : HttpVersion.Version11);
        Assert.Equal((200, method == "HEAD" ? "" : "answer"), (code, body));
        SeenRequest seen = Assert.Single(room.Kubelet.Requests);
        Assert.Equal((method, path, FrontRoom.Front, "HTTP/2"), (seen.Method, seen.Target, seen.User, seen.Protocol));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_log_that_is_silent_shows_its_head_at_once_and_each_line_when_it_comes(bool isHttp2)
    {
        await using FrontRoom room = await FrontRoom.StartAsync();
        room.Cluster.Allows = static _ => true;
        using SemaphoreSlim next = new(0);
        room.Kubelet.Paths["containerLogs"] = async context =>
        {
            await context.Response.Body.FlushAsync(context.RequestAborted);
            for (int line = 1; line <= 3; line++)
            {
                await next.WaitAsync(context.RequestAborted);
                await context.Response.WriteAsync($"line {line}\n", context.RequestAborted);
            }
        };
        using X509Certificate2 caller = room.Callers.IssueClientSubject("CN=apiserver");
        using HttpClient client = room.Client(caller);
        using HttpRequestMessage request = new(HttpMethod.Get, "/containerLogs/ns/p/c?follow=true")
        {
            Version = isHttp2 ? HttpVersion.Version20 : HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        using HttpResponseMessage response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Ct);
        using StreamReader lines = new(await response.Content.ReadAsStreamAsync(Ct));
        for (int line = 1; line <= 3; line++)
        {
            next.Release();
            Assert.Equal($"line {line}", await lines.ReadLineAsync(Ct));
        }

        Assert.Null(await lines.ReadLineAsync(Ct));
    }

    /// <summary>Nothing on the way gives up what says nothing: longer than the web server's own limits where all is tested.</summary>
    [Theory(Timeout = 200_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_log_may_be_silent_for_minutes(bool isHttp2)
    {
        TimeSpan silence = TimeSpan.FromSeconds(Repository.IsFull ? 150 : 6);
        await using FrontRoom room = await FrontRoom.StartAsync();
        room.Cluster.Allows = static _ => true;
        room.Kubelet.Paths["containerLogs"] = async context =>
        {
            await context.Response.WriteAsync("before\n", context.RequestAborted);
            await Task.Delay(silence, context.RequestAborted); // silence is what is tested
            await context.Response.WriteAsync("after\n", context.RequestAborted);
        };
        using X509Certificate2 caller = room.Callers.IssueClientSubject("CN=apiserver");
        using HttpClient client = room.Client(caller);
        using HttpRequestMessage request = new(HttpMethod.Get, "/containerLogs/ns/p/c?follow=true")
        {
            Version = isHttp2 ? HttpVersion.Version20 : HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        using HttpResponseMessage response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Ct);
        using StreamReader lines = new(await response.Content.ReadAsStreamAsync(Ct));
        Assert.Equal("before\nafter\n", await lines.ReadToEndAsync(Ct));
    }

    [Fact]
    public async Task A_reader_that_leaves_is_told_to_the_kubelet()
    {
        await using FrontRoom room = await FrontRoom.StartAsync();
        room.Cluster.Allows = static _ => true;
        TaskCompletionSource left = new(TaskCreationOptions.RunContinuationsAsynchronously);
        room.Kubelet.Paths["containerLogs"] = async context =>
        {
            await using CancellationTokenRegistration gone = context.RequestAborted.Register(() => left.TrySetResult());
            await context.Response.WriteAsync("a line\n", Ct);
            await left.Task;
        };
        using X509Certificate2 caller = room.Callers.IssueClientSubject("CN=apiserver");
        using (HttpClient client = room.Client(caller))
        using (HttpResponseMessage response = await client.GetAsync(new Uri("/containerLogs/ns/p/c?follow=true", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, Ct))
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await left.Task.WaitAsync(Eventually.Patience, Ct);
    }

    [Fact]
    public async Task An_answer_that_breaks_off_is_not_taken_for_a_whole_one()
    {
        await using FrontRoom room = await FrontRoom.StartAsync();
        room.Cluster.Allows = static _ => true;
        room.Kubelet.Paths["metrics"] = async context =>
        {
            await context.Response.WriteAsync("half", Ct);
            await context.Response.Body.FlushAsync(Ct);
            context.Abort();
        };
        using X509Certificate2 caller = room.Callers.IssueClientSubject("CN=prometheus");
        await Assert.ThrowsAsync<HttpRequestException>(() => room.AskAsync("/metrics", caller));
    }

    [Fact]
    public async Task Large_bodies_go_both_ways()
    {
        await using FrontRoom room = await FrontRoom.StartAsync();
        room.Cluster.Allows = static _ => true;
        room.Kubelet.Paths["echo"] = static async context =>
        {
            using MemoryStream whole = new();
            await context.Request.Body.CopyToAsync(whole, context.RequestAborted);
            await context.Response.Body.WriteAsync(whole.ToArray(), context.RequestAborted);
        };
        using X509Certificate2 caller = room.Callers.IssueClientSubject("CN=apiserver");
        using HttpClient client = room.Client(caller);
        byte[] sent = new byte[40 << 20];
        new Random(1).NextBytes(sent);
        using ByteArrayContent content = new(sent);
        using HttpResponseMessage response = await client.PostAsync(new Uri("/echo", UriKind.Relative), content, Ct);
        Assert.Equal(sent, await response.Content.ReadAsByteArrayAsync(Ct));
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    public async Task A_kubelet_that_is_away_is_502_with_a_reason_and_then_there_again(string method)
    {
        await using FrontRoom room = await FrontRoom.StartAsync();
        room.Cluster.Allows = static _ => true;
        using X509Certificate2 caller = room.Callers.IssueClientSubject("CN=apiserver");
        Assert.Equal(200, (await room.AskAsync("/pods", caller, method: method)).Code);
        await room.Kubelet.StopAsync();
        foreach (X509Certificate2? who in (X509Certificate2?[])[caller, null])
        {
            (int code, string body) = await room.AskAsync("/pods", who, method: method);
            Assert.Equal((502, "the kubelet could not be asked: no connection came about: Connection refused\n"), (code, body));
        }

        Assert.Equal(404, (await room.AskAsync(FrontRoom.Exec, caller, method: "POST")).Code); // streams go on: there is no such pod
        await room.Kubelet.StartAsync(Ct);
        Assert.Equal(200, (await room.AskAsync("/pods", caller, method: method)).Code);
    }
}
