using System.Net;
using System.Net.Sockets;

namespace Fairlead.InteropTests.Proxies;

/// <summary>A real web server from Debian that runs by a file of <c>deploy/proxies</c>, with addresses and files as they are here.</summary>
sealed class ProxyServer : IAsyncDisposable
{
    readonly RunningProcess _process;
    readonly string _folder;

    ProxyServer(RunningProcess process, string folder, int port) => (_process, _folder, Port) = (process, folder, port);

    public static TheoryData<string> Names { get; } = ["nginx", "haproxy", "apache2"];

    public int Port { get; }

    public string Log => _process.Stderr.Text + _process.Stdout!.Text;

    /// <summary>The file of deploy/proxies, by the server's name.</summary>
    public static string FileOf(string name) => Path.Combine(Repository.Root, "deploy/proxies", name == "haproxy" ? "haproxy.cfg" : name + ".conf");

    /// <summary>Starts it before gateways of this machine; skips the test where there is none.</summary>
    /// <param name="name">The server.</param>
    /// <param name="authority">Who has issued the gateways' certificate, for localhost, and issues the server's own.</param>
    /// <param name="gateways">The gateways' ports.</param>
    /// <param name="change">What this test wants to be otherwise in the file; null for nothing.</param>
    /// <param name="cancellationToken">Ends the wait and the process.</param>
    public static async Task<ProxyServer> StartAsync(
        string name, TestAuthority authority, IReadOnlyList<int> gateways, Func<string, string>? change = null, CancellationToken cancellationToken = default)
    {
        Peer peer = Peer.Find(name);
        Assert.SkipWhen(peer.MissingBecause is not null, peer.MissingBecause ?? "");
        string folder = Directory.CreateTempSubdirectory("fairlead-proxy-").FullName;
        int port = FreePort();
        (string certificate, string key) = authority.IssueServerPem();
        await File.WriteAllTextAsync(Path.Combine(folder, "gateway.crt"), certificate, cancellationToken);
        await File.WriteAllTextAsync(Path.Combine(folder, "gateway.key"), key, cancellationToken);
        await File.WriteAllTextAsync(Path.Combine(folder, "fairlead-ca.crt"), authority.Pem, cancellationToken);
        string written = await File.ReadAllTextAsync(FileOf(name), cancellationToken);
        string here = (change?.Invoke(written) ?? written)
            .Replace("/etc/" + name, folder, StringComparison.Ordinal)
            .Replace("listen 443", $"listen 127.0.0.1:{port}", StringComparison.Ordinal)
            .Replace("bind :443", $"bind 127.0.0.1:{port}", StringComparison.Ordinal)
            .Replace("*:443", $"127.0.0.1:{port}", StringComparison.Ordinal)
            .Replace("https://fairlead-gateway.fairlead.svc:8443", $"https://localhost:{gateways[0]}", StringComparison.Ordinal)
            .Replace("fairlead-gateway.fairlead.svc", "localhost", StringComparison.Ordinal);
        for (int i = 0; i < 3; i++) here = here.Replace($"192.0.2.1{i + 1}:8443", $"127.0.0.1:{gateways[Math.Min(i, gateways.Count - 1)]}", StringComparison.Ordinal);
        string file = Path.Combine(folder, Path.GetFileName(FileOf(name)));
        await File.WriteAllTextAsync(file, Around(name, here, folder, port), cancellationToken);
        RunningProcess process = RunningProcess.Start(Path.Combine(peer.Folder, name), name switch
        {
            "nginx" => ["-p", folder, "-e", "stderr", "-c", file],
            "haproxy" => ["-db", "-f", file],
            _ => ["-DFOREGROUND", "-f", file],
        });
        ProxyServer server = new(process, folder, port);
        try
        {
            await Eventually.HoldsAsync(() => process.HasExited || Listens(port), name + " listens", cancellationToken: cancellationToken);
            Assert.False(process.HasExited, server.Log);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>What a machine's own configuration has around such a file.</summary>
    static string Around(string name, string stanza, string folder, int port) => name switch
    {
        "nginx" => $$"""
            daemon off;
            pid {{folder}}/pid;
            {{(Environment.IsPrivilegedProcess ? "user root;" : "")}}
            events { }
            http {
                access_log off;
                client_body_temp_path {{folder}}/body;
                proxy_temp_path {{folder}}/proxy;
                fastcgi_temp_path {{folder}}/fastcgi;
                uwsgi_temp_path {{folder}}/uwsgi;
                scgi_temp_path {{folder}}/scgi;
            {{stanza}}
            }
            """,
        "apache2" => $$"""
            ServerRoot {{folder}}
            PidFile {{folder}}/pid
            DefaultRuntimeDir {{folder}}
            Mutex file:{{folder}}
            ErrorLog /dev/stderr
            Listen 127.0.0.1:{{port}}
            {{string.Join('\n', new[] { "mpm_event", "authz_core", "reqtimeout", "ssl", "proxy", "proxy_http" }
                .Select(module => $"LoadModule {module}_module {Path.Combine(Peer.Find(name).Folder, "files/usr/lib/apache2/modules", $"mod_{module}.so")}"))}}
            {{(Environment.IsPrivilegedProcess ? "User nobody\nGroup nogroup" : "")}}
            {{stanza}}
            """,
        _ => stanza,
    };

    public static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    static bool Listens(int port)
    {
        using TcpClient client = new();
        try
        {
            client.Connect(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _process.TerminateAsync();
        await _process.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
