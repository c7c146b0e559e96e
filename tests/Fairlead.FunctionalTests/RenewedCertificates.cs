using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Fairlead.Gateway;
using Fairlead.Lab;
using Fairlead.Server;
using Fairlead.Server.Access;
using Fairlead.Server.Hosting;
using Fairlead.Streaming.Tls;
using Fairlead.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Fairlead.FunctionalTests;

/// <summary>An API server that knows its clients by certificate, and a gateway in front of it; every certificate of both is out of a file.</summary>
sealed class RenewedCertificates : IAsyncDisposable
{
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fairlead-renewed-");
    readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);
    readonly ConcurrentQueue<string?> _callers = new();
    ProcessRuntime _runtime = null!;
    ServerTls _tls = null!;
    WebApplication _upstream = null!;

    internal GatewayServer Gateway { get; private set; } = null!;

    internal LogRecorder Log { get; } = new();

    /// <summary>As whom the gateway came to the server behind, by certificate.</summary>
    internal string? LastCaller => _callers.LastOrDefault();

    internal static async Task<RenewedCertificates> StartAsync(TestAuthority server, TestAuthority clients)
    {
        RenewedCertificates room = new();
        room.Write(server, clients, "first");
        room._runtime = ProcessRuntime.Start(DemoPods.Create());
        room._tls = new ServerTls(
            new ServerTlsOptions { CertificateFile = room.Path("upstream.crt"), KeyFile = room.Path("upstream.key"), ClientAuthoritiesFile = room.Path("clients.crt") },
            IPAddress.Loopback, "", room._time, NullLogger.Instance);
        room._upstream = await room.ServeAsync();
        string kubeconfig = $$$"""
            current-context: c
            contexts: [{name: c, context: {cluster: c, user: c}}]
            clusters: [{name: c, cluster: {server: "{{{StreamingHost.AddressesOf(room._upstream)[0]}}}", certificate-authority: servers.crt}}]
            users: [{name: c, user: {client-certificate: own.crt, client-key: own.key}}]
            """;
        await File.WriteAllTextAsync(room.Path("kubeconfig"), kubeconfig, Ct);
        KubeConfigOptions upstream = new() { Path = room.Path("kubeconfig"), Time = room._time, Logging = room.Log, Anonymous = true, Environment = static _ => null };
        room.Gateway = await GatewayServer.StartAsync(new GatewayOptions
        {
            Upstream = KubeConfigEndpoint.Load(upstream),
            Own = KubeConfigEndpoint.Load(upstream with { Anonymous = false }),
            CertificateFile = room.Path("gateway.crt"),
            KeyFile = room.Path("gateway.key"),
            ClientAuthoritiesFile = room.Path("clients.crt"),
            Clock = room._time,
            Logging = room.Log,
        }, Ct);
        return room;
    }

    /// <summary>Replaces everything, and lets it be seen.</summary>
    internal void Renew(TestAuthority server, TestAuthority clients, string name)
    {
        Write(server, clients, name);
        for (int i = 0; i < 2; i++) _time.Advance(FileReads.Interval);
    }

    internal KubernetesEndpoint Endpoint(TestAuthority server, X509Certificate2 caller) => GatewayRoom.EndpointOf(Gateway.Url, server.Pem, null, caller);

    void Write(TestAuthority server, TestAuthority clients, string name)
    {
        Pair("gateway", server.IssueServerPem("127.0.0.1"));
        Pair("upstream", server.IssueServerPem("127.0.0.1"));
        Pair("own", clients.IssueClient(name));
        File.WriteAllText(Path("servers.crt"), server.Pem);
        File.WriteAllText(Path("clients.crt"), clients.Pem);

        void Pair(string file, (string Certificate, string Key) pair)
        {
            File.WriteAllText(Path(file + ".crt"), pair.Certificate);
            File.WriteAllText(Path(file + ".key"), pair.Key);
        }
    }

    async Task<WebApplication> ServeAsync()
    {
        WebApplication server = StreamingHost.Build(null, kestrel =>
        {
            PodsApiKestrel.Configure(kestrel);
            kestrel.Listen(new IPEndPoint(IPAddress.Loopback, 0), listen => listen.UseHttps(_tls.Configure));
        });
        server.Use((context, next) =>
        {
            foreach (string header in context.Request.Headers.Keys.Where(static name => name.StartsWith("Impersonate-", StringComparison.OrdinalIgnoreCase)).ToArray())
                context.Request.Headers.Remove(header); // the gateway may speak for anybody
            return next(context);
        });
        server.MapPodsApi(_runtime, _runtime, new PodsApiOptions { Users = [], Authenticate = Authenticate });
        await server.StartAsync(Ct);
        return server;
    }

    ApiUser? Authenticate(HttpContext context)
    {
        if (_tls.CertificateOf(context.Connection, out bool believed) is not { } certificate || !believed) return null;
        string name = certificate.GetNameInfo(X509NameType.SimpleName, false);
        _callers.Enqueue(name);
        return new ApiUser { Name = name, Token = "", Rules = [ApiRule.Everything] };
    }

    string Path(string file) => System.IO.Path.Combine(_folder.FullName, file);

    public async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        await _upstream.DisposeAsync();
        await _runtime.DisposeAsync();
        _tls.Dispose();
        _folder.Delete(recursive: true);
    }

    static CancellationToken Ct => TestContext.Current.CancellationToken;
}
