using System.Net;
using System.Net.Http.Headers;
using Fairlead.Lab;
using Fairlead.Lab.Manifests;
using Fairlead.Server;
using Fairlead.Server.Access;
using Fairlead.Server.Hosting;
using Fairlead.Testing;
using Microsoft.AspNetCore.Builder;

namespace Fairlead.FunctionalTests;

/// <summary>Several pods APIs in one application, each below a path of its own.</summary>
[Trait("Case", "D10")]
public sealed class MappedGroupTests : IAsyncLifetime
{
    static readonly ApiUser s_user = new() { Name = "group", Token = "group-token", Rules = [ApiRule.Everything] };

    readonly ProcessRuntime _a = ProcessRuntime.Start(PodManifests.Read(new StringReader(Manifest("a"))));
    readonly ProcessRuntime _b = ProcessRuntime.Start(PodManifests.Read(new StringReader(Manifest("b"))));
    readonly WebApplication _server = StreamingHost.Build(null, static kestrel =>
    {
        PodsApiKestrel.Configure(kestrel);
        kestrel.Listen(IPAddress.Loopback, 0);
    });

    readonly HttpClient _http = new();

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        PodsApiOptions options = new() { Users = [s_user] };
        _server.MapGroup("/clusters/a").MapPodsApi(_a, _a, options);
        _server.MapGroup("/clusters/b").MapPodsApi(_b, _b, options);
        _server.MapGroup("/tenants/{tenant}/k8s").MapPodsApi(_b, _b, options);
        _server.MapGroup("/nodes/a").MapKubeletStreaming(_a, _a, options);
        await _server.StartAsync(Ct);
        _http.BaseAddress = StreamingHost.AddressesOf(_server)[0];
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", s_user.Token);
    }

    [Theory]
    [InlineData("/clusters/a", "a")]
    [InlineData("/clusters/a/", "a")]
    [InlineData("/clusters/b", "b")]
    [InlineData("/tenants/t1/k8s", "b")]
    public async Task A_client_reaches_each_by_its_path(string path, string pod)
    {
        using KubernetesEndpoint endpoint = new(new Uri(_http.BaseAddress!, path), new SocketsHttpHandler())
        {
            Authorize = (request, _, _) =>
            {
                request.Headers.Authorization = _http.DefaultRequestHeaders.Authorization;
                return ValueTask.CompletedTask;
            },
        };
        using StreamingClient client = new(endpoint);
        foreach (Transport transport in (Transport[])[Transport.WebSocket, Transport.Spdy])
        {
            await using RemoteProcess run = await client.ExecAsync(new(pod, "default"), ["echo", pod], new() { Transport = transport }, Ct);
            Assert.Equal(pod + "\n", await run.StandardOutput.ReadToEndAsync(cancellationToken: Ct));
        }

        using LoopbackListener listener = new();
        await using ForwardedStream connection = await client.ConnectAsync(new(pod, "default"), listener.Port, cancellationToken: Ct);
        (await listener.AcceptAsync(Ct)).Dispose();
    }

    [Theory]
    [InlineData("/clusters/a/api/v1/namespaces/default/pods", 200, "\"name\":\"a\"")]
    [InlineData("/clusters/b/api/v1/namespaces/default/pods/b", 200, "\"name\":\"b\"")]
    [InlineData("/clusters/a/api/v1/namespaces/default/pods/b", 404, "pods \\\"b\\\" not found")]
    [InlineData("/clusters/a/api", 200, "APIVersions")]
    [InlineData("/clusters/a/apis/", 200, "APIGroupList")]
    [InlineData("/clusters/b/api/v1", 200, "APIResourceList")]
    [InlineData("/clusters/a/version", 200, "gitVersion")]
    [InlineData("/clusters/a/readyz", 200, "ok")]
    [InlineData("/clusters/a/api/v1/namespaces/default/pods/a/log", 200, "")]
    [InlineData("/clusters/a/api/v1//namespaces/default/pods", 404, "could not find the requested resource")]
    [InlineData("/clusters/a", 404, "could not find the requested resource")]
    [InlineData("/nodes/a/exec/default/none/c?command=x&output=1", 404, "pod does not exist")]
    [InlineData("/nodes/a/EXEC/default/a/c?command=x&output=1", 404, "")]
    [InlineData("/clusters/c/api/v1/namespaces/default/pods", 404, "")]
    [InlineData("/api/v1/namespaces/default/pods", 404, "")]
    public async Task Requests_are_answered_by_their_path_below_the_group(string path, int code, string text)
    {
        using HttpResponseMessage response = await _http.GetAsync(new Uri(path, UriKind.Relative), Ct);
        Assert.Equal(code, (int)response.StatusCode);
        Assert.Contains(text, await response.Content.ReadAsStringAsync(Ct), StringComparison.Ordinal);
    }

    static string Manifest(string name) => $$$"""
        {"kind": "Pod", "metadata": {"name": "{{{name}}}"}, "spec": {"containers": [{"name": "c", "command": ["sleep", "1000"]}]}}
        """;

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _server.DisposeAsync();
        await _a.DisposeAsync();
        await _b.DisposeAsync();
    }
}
