using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Fairlead.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Fairlead.Gateway.Tests;

/// <summary>Everything that is no session passes as it is.</summary>
public sealed class ForwardingTests
{
    [Fact]
    public async Task A_body_of_100_MB_passes()
    {
        await using GatewayPair pair = await GatewayPair.StartAsync();
        byte[] body = RandomNumberGenerator.GetBytes(100_000_000);
        string? received = null;
        pair.Upstream.BeforeBody = async context =>
        {
            context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = null;
            received = Convert.ToHexString(await SHA256.HashDataAsync(context.Request.Body));
        };
        using HttpClient client = pair.Client();
        using ByteArrayContent content = new(body);
        (await client.PutAsync("/api/v1/namespaces/ns/configmaps/large", content, Ct)).EnsureSuccessStatusCode();
        Assert.Equal(Convert.ToHexString(SHA256.HashData(body)), received);
    }

    [Fact]
    public async Task A_watch_arrives_event_by_event()
    {
        await using GatewayPair pair = await GatewayPair.StartAsync();
        TaskCompletionSource seen = new(TaskCreationOptions.RunContinuationsAsynchronously);
        pair.Upstream.Other = async context =>
        {
            await context.Response.WriteAsync("first\n");
            await context.Response.Body.FlushAsync();
            await seen.Task; // the second is not written before the first has arrived
            await context.Response.WriteAsync("second\n");
        };
        using HttpClient client = pair.Client();
        using HttpResponseMessage response = await client.GetAsync("/api/v1/pods?watch=1", HttpCompletionOption.ResponseHeadersRead, Ct);
        using StreamReader lines = new(await response.Content.ReadAsStreamAsync(Ct));
        Assert.Equal("first", await lines.ReadLineAsync(Ct));
        seen.SetResult();
        Assert.Equal("second", await lines.ReadLineAsync(Ct));
    }

    [Fact]
    public async Task The_head_of_a_silent_watch_does_not_wait_for_its_first_event()
    {
        await using GatewayPair pair = await GatewayPair.StartAsync();
        TaskCompletionSource seen = new(TaskCreationOptions.RunContinuationsAsynchronously);
        pair.Upstream.Other = async context =>
        {
            await context.Response.Body.FlushAsync();
            await seen.Task;
            await context.Response.WriteAsync("event\n");
        };
        using HttpClient client = pair.Client();
        using HttpResponseMessage response = await client.GetAsync("/api/v1/pods?watch=1", HttpCompletionOption.ResponseHeadersRead, Ct).WaitAsync(Eventually.Patience, Ct);
        seen.SetResult();
        Assert.Equal("event\n", await response.Content.ReadAsStringAsync(Ct));
    }

    [Fact]
    public async Task A_client_that_leaves_a_watch_ends_it_behind()
    {
        await using GatewayPair pair = await GatewayPair.StartAsync();
        TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        pair.Upstream.Other = async context =>
        {
            context.RequestAborted.Register(ended.SetResult);
            await context.Response.WriteAsync("first\n");
            await context.Response.Body.FlushAsync();
            await ended.Task;
        };
        using (HttpClient client = pair.Client())
        using (HttpResponseMessage response = await client.GetAsync("/api/v1/pods?watch=1", HttpCompletionOption.ResponseHeadersRead, Ct)) Assert.True(response.IsSuccessStatusCode);
        await ended.Task.WaitAsync(Ct);
    }

    [Fact]
    public async Task Three_hundred_requests_at_once_pass_on_one_HTTP2_connection()
    {
        await using GatewayPair pair = await GatewayPair.StartAsync();
        TaskCompletionSource all = new(TaskCreationOptions.RunContinuationsAsynchronously);
        int waiting = 0;
        pair.Upstream.Other = async context =>
        {
            if (Interlocked.Increment(ref waiting) == 300) all.SetResult();
            await all.Task; // nobody is answered before everybody has asked
            await context.Response.WriteAsync(context.Request.QueryString.Value!);
        };
        using HttpClient client = pair.Client();
        client.DefaultRequestVersion = HttpVersion.Version20;
        client.DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        string[] answers = await Task.WhenAll(Enumerable.Range(0, 300).Select(i => client.GetStringAsync($"/version?i={i}", Ct)));
        Assert.Equal(Enumerable.Range(0, 300).Select(i => $"?i={i}"), answers);
    }

    [Fact]
    public async Task Trailers_pass()
    {
        using TcpListener upstream = new(IPAddress.Loopback, 0); // a web server sends none over plain HTTP/1.1
        upstream.Start();
        await using GatewayPair pair = await GatewayPair.StartAsync((options, _) => options with
        {
            Upstream = new KubernetesEndpoint(new Uri($"http://{upstream.LocalEndpoint}"), new SocketsHttpHandler { UseProxy = false }),
        });
        Task serving = Task.Run(async () =>
        {
            using Socket socket = await upstream.AcceptSocketAsync(Ct);
            await socket.ReceiveAsync(new byte[4096], Ct);
            await socket.SendAsync("HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 42\r\n\r\n"u8.ToArray(), Ct);
        }, Ct);
        using HttpClient client = pair.Client();
        client.DefaultRequestVersion = HttpVersion.Version20;
        using HttpResponseMessage response = await client.GetAsync("/version", Ct);
        await response.Content.ReadAsStringAsync(Ct);
        Assert.Equal("42", Assert.Single(response.TrailingHeaders.GetValues("X-Sum")));
        await serving;
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_a_Status()
    {
        await using GatewayPair pair = await GatewayPair.StartAsync();
        await pair.Upstream.DisposeAsync();
        using HttpResponseMessage response = await pair.SendAsync("/version");
        Assert.Equal((HttpStatusCode.BadGateway, "BadGateway"), (response.StatusCode, await GatewayPair.ReasonAsync(response)));
    }

    static CancellationToken Ct => TestContext.Current.CancellationToken;
}
