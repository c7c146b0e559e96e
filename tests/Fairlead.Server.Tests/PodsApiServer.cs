using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Fairlead.Server.Access;
using Fairlead.Server.Operations;
using Fairlead.Streaming;
using Fairlead.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Fairlead.Server.Tests;

/// <summary>
/// The pods API on real Kestrel, plain and over TLS, over a fake runtime: pod <c>demo</c> with one container <c>shell</c>, pod
/// <c>pair</c> with containers <c>a</c> and <c>b</c>, and pod <c>away</c> in namespace <c>other</c>.
/// </summary>
sealed class PodsApiServer : IAsyncDisposable
{
    public const string AdminToken = "admin-secret-token";

    static readonly X509Certificate2 s_certificate = CreateCertificate();

    readonly WebApplication _app;
    readonly PrometheusText _counted;

    PodsApiServer(WebApplication app, PrometheusText counted)
    {
        (_app, _counted) = (app, counted);
        ICollection<string> addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        Plain = new Uri(addresses.Single(address => address.StartsWith("http:", StringComparison.Ordinal)));
        Secure = new Uri(addresses.Single(address => address.StartsWith("https:", StringComparison.Ordinal)));
        Client = ClientFor(AdminToken);
    }

    public Uri Plain { get; }
    public Uri Secure { get; }
    public HttpClient Client { get; }
    public required FakeCatalog Catalog { get; init; }
    public required FakeRuntime Runtime { get; init; }
    public required LogRecorder Logged { get; init; }
    public FakeContainer Demo => Runtime.Containers[new("default", "demo", "shell")];

    public static async Task<PodsApiServer> StartAsync(params ApiUser[] users)
    {
        FakeCatalog catalog = new();
        FakeRuntime runtime = new();
        LogRecorder logged = new();
        Add(catalog, runtime, "default", "demo", "shell");
        Add(catalog, runtime, "default", "pair", "a", "b");
        Add(catalog, runtime, "other", "away", "c");

        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Logging.SetMinimumLevel(LogLevel.Debug);
        builder.Logging.AddProvider(logged);
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            PodsApiKestrel.Configure(kestrel);
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.Listen(IPAddress.Loopback, 0, endpoint => endpoint.UseHttps(s_certificate));
        });
        WebApplication app = builder.Build();
        ApiUser admin = new() { Name = "admin", Token = AdminToken, Groups = ["masters"], Rules = [ApiRule.Everything] };
        SessionMetrics counts = new("Fairlead.Test", TimeProvider.System);
        PrometheusText counted = new(counts.Meter);
        // the tests' clients do not close: each session's end would wait for them
        CarrierLimits limits = CarrierLimits.Default with { Linger = TimeSpan.FromSeconds(1) };
        PodsApiOptions options = new() { Users = [admin, .. users], Counts = counts, Limits = limits };
        app.MapPodsApi(runtime, catalog, options);
        app.MapMetrics("/metrics", counted, options);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new PodsApiServer(app, counted) { Catalog = catalog, Runtime = runtime, Logged = logged };
    }

    /// <summary>What is counted of sessions now, a line each; without what every text has.</summary>
    public string[] Counted() => [.. _counted.Format().Split('\n').Where(static line => line.Length > 0 && line[0] != '#')];

    public HttpClient ClientFor(string? token)
    {
        HttpClient client = new() { BaseAddress = Plain };
        if (token is not null) client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client;
    }

    /// <summary>
    /// Asks for a WebSocket by HTTP/2, an extended CONNECT. The answer's content is what its stream carries.
    /// </summary>
    public async Task<HttpResponseMessage> ConnectAsync(
        string target, string? token = AdminToken, string? offered = "v5.channel.k8s.io", string? version = "13")
    {
        SocketsHttpHandler handler = new();
        handler.SslOptions.RemoteCertificateValidationCallback = static (_, certificate, _, _) => IsItsCertificate(certificate);
        HttpMessageInvoker invoker = new(handler);
        using HttpRequestMessage request = new(HttpMethod.Connect, new Uri(Secure, target)) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        request.Headers.Protocol = "websocket";
        if (token is not null) request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + token);
        if (offered is not null) request.Headers.TryAddWithoutValidation("Sec-WebSocket-Protocol", offered);
        if (version is not null) request.Headers.TryAddWithoutValidation("Sec-WebSocket-Version", version);
        return await invoker.SendAsync(request, TestContext.Current.CancellationToken);
    }

    public static bool IsItsCertificate(X509Certificate? certificate) => certificate?.GetCertHashString() == s_certificate.GetCertHashString();

    /// <summary>Begins to stop, and returns the end of it.</summary>
    public Task StopAsync() => _app.StopAsync(TestContext.Current.CancellationToken);

    public async Task<JsonObject> GetAsync(string path, string? accept = null)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, path);
        if (accept is not null) request.Headers.TryAddWithoutValidation("Accept", accept);
        using HttpResponseMessage response = await Client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await ReadAsync(response);
    }

    public static async Task<JsonObject> ReadAsync(HttpResponseMessage response) =>
        JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!.AsObject();

    /// <summary>Asserts that an answer is a Status of this code, reason and message, and returns it.</summary>
    public static async Task<JsonObject> AssertRefusedAsync(HttpResponseMessage response, int code, string reason, string message)
    {
        Assert.Equal(code, (int)response.StatusCode);
        Assert.Equal("application/json", response.Content.Headers.ContentType!.MediaType);
        JsonObject status = await ReadAsync(response);
        Assert.Equal("Status", (string?)status["kind"]);
        Assert.Equal("v1", (string?)status["apiVersion"]);
        Assert.Equal("Failure", (string?)status["status"]);
        Assert.Equal(message, (string?)status["message"]);
        Assert.Equal(reason, (string?)status["reason"]);
        Assert.Equal(code, (int?)status["code"]);
        return status;
    }

    public Task<JsonObject> AssertRefusedAsync(string path, int code, string reason, string message) => AssertRefusedAsync(Client, HttpMethod.Get, path, code, reason, message);

    public static async Task<JsonObject> AssertRefusedAsync(HttpClient client, HttpMethod method, string path, int code, string reason, string message)
    {
        using HttpRequestMessage request = new(method, path);
        using HttpResponseMessage response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        return await AssertRefusedAsync(response, code, reason, message);
    }

    public static JsonObject Pod(string @namespace, string name, params string[] containers) => new()
    {
        ["kind"] = "Pod",
        ["apiVersion"] = "v1",
        ["metadata"] = new JsonObject
        {
            ["name"] = name,
            ["namespace"] = @namespace,
            ["uid"] = Guid.NewGuid().ToString(),
            ["creationTimestamp"] = "2026-01-02T03:04:05Z",
            ["labels"] = new JsonObject { ["app"] = name },
        },
        ["spec"] = new JsonObject
        {
            ["nodeName"] = "node-1",
            ["containers"] = new JsonArray([.. containers.Select(container => new JsonObject { ["name"] = container, ["image"] = "none" })]),
        },
        ["status"] = new JsonObject
        {
            ["phase"] = "Running",
            ["podIP"] = "127.0.0.1",
            ["containerStatuses"] = new JsonArray([.. containers.Select(container => new JsonObject
            {
                ["name"] = container,
                ["ready"] = true,
                ["restartCount"] = 0,
                ["state"] = new JsonObject { ["running"] = new JsonObject { ["startedAt"] = "2026-01-02T03:04:05Z" } },
            })]),
        },
    };

    static void Add(FakeCatalog catalog, FakeRuntime runtime, string @namespace, string name, params string[] containers)
    {
        catalog.Put("pods", Pod(@namespace, name, containers));
        foreach (string container in containers) runtime.Containers[new(@namespace, name, container)] = new FakeContainer();
    }

    static X509Certificate2 CreateCertificate()
    {
        using RSA key = RSA.Create(2048);
        CertificateRequest request = new("CN=127.0.0.1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        SubjectAlternativeNameBuilder names = new();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 signed = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(signed.Export(X509ContentType.Pfx), null);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        _counted.Dispose();
        await _app.DisposeAsync();
    }
}
