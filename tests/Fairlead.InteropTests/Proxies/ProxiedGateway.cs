using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace Fairlead.InteropTests.Proxies;

/// <summary>A gateway before a lab, a proxy before the gateway, and a kubeconfig that leads through both.</summary>
sealed partial class ProxiedGateway : IAsyncDisposable
{
    readonly TestAuthority _authority;
    readonly string _folder;
    readonly GatewayProcess _gateway;
    readonly ProxyServer _proxy;
    readonly string _token;

    ProxiedGateway(TestAuthority authority, string folder, GatewayProcess gateway, ProxyServer proxy, string token) =>
        (_authority, _folder, _gateway, _proxy, _token) = (authority, folder, gateway, proxy, token);

    public string Kubeconfig => Path.Combine(_folder, "kubeconfig");

    public string Log => $"{_proxy.Log}\n{_gateway.Log}";

    public static async Task<ProxiedGateway> StartAsync(string name, LabProcess lab, CancellationToken cancellationToken, Func<string, string>? change = null, params string[] options)
    {
        TestAuthority authority = new();
        string folder = Directory.CreateTempSubdirectory("fairlead-proxied-").FullName;
        string[] tls = WriteCertificate(authority, folder);
        GatewayProcess gateway = await GatewayProcess.StartAsync(lab.Kubeconfig, [.. tls, .. options], cancellationToken);
        try
        {
            ProxyServer proxy = await ProxyServer.StartAsync(name, authority, [gateway.Server.Port], change, cancellationToken);
            string token = TokenOf(lab);
            await File.WriteAllTextAsync(Path.Combine(folder, "kubeconfig"), KubeconfigFor(authority, proxy.Port, token), cancellationToken);
            return new ProxiedGateway(authority, folder, gateway, proxy, token);
        }
        catch
        {
            await gateway.DisposeAsync();
            Directory.Delete(folder, recursive: true);
            authority.Dispose();
            throw;
        }
    }

    /// <summary>Waits for lines of the gateway's audit that have a text: for one, unless it says how many.</summary>
    public Task AuditAsync(string part, CancellationToken cancellationToken, int count = 1) => _gateway.LinesAsync(part, count, cancellationToken);

    /// <summary>The gateway's options for a certificate of the authority's.</summary>
    public static string[] WriteCertificate(TestAuthority authority, string folder)
    {
        (string certificate, string key) = authority.IssueServerPem();
        File.WriteAllText(Path.Combine(folder, "tls.crt"), certificate);
        File.WriteAllText(Path.Combine(folder, "tls.key"), key);
        return ["--tls-cert", Path.Combine(folder, "tls.crt"), "--tls-key", Path.Combine(folder, "tls.key")];
    }

    public static string TokenOf(LabProcess lab) => Token().Match(File.ReadAllText(lab.Kubeconfig)).Groups[1].Value;

    public static string KubeconfigFor(TestAuthority authority, int port, string token) => $$"""
        apiVersion: v1
        kind: Config
        clusters: [{name: c, cluster: {server: "https://localhost:{{port}}", certificate-authority-data: {{authority.PemAsBase64}} } }]
        users: [{name: u, user: {token: "{{token}}"} }]
        contexts: [{name: x, context: {cluster: c, user: u} }]
        current-context: x
        """;

    /// <summary>A client for ordinary requests, which asks from an address of this machine.</summary>
    public HttpClient Client(IPAddress? from = null)
    {
        SocketsHttpHandler handler = new()
        {
            UseProxy = false,
            ConnectCallback = async (context, cancellationToken) =>
            {
                Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
                socket.Bind(new IPEndPoint(from ?? IPAddress.Loopback, 0));
                await socket.ConnectAsync(IPAddress.Loopback, context.DnsEndPoint.Port, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        handler.SslOptions.CertificateChainPolicy = new()
        {
            TrustMode = System.Security.Cryptography.X509Certificates.X509ChainTrustMode.CustomRootTrust,
            RevocationMode = System.Security.Cryptography.X509Certificates.X509RevocationMode.NoCheck,
        };
        handler.SslOptions.CertificateChainPolicy.CustomTrustStore.ImportFromPem(_authority.Pem);
        HttpClient client = new(handler) { BaseAddress = new Uri($"https://localhost:{_proxy.Port}"), Timeout = TimeSpan.FromMinutes(1) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", _token);
        return client;
    }

    [GeneratedRegex("token: [\"']?([^\"'} \n]+)")] private static partial Regex Token();

    public async ValueTask DisposeAsync()
    {
        await _proxy.DisposeAsync();
        await _gateway.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
        _authority.Dispose();
    }
}
