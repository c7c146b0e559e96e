using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Fairlead.Containerd;
using Fairlead.Containerd.Cri;
using Fairlead.Server.Access;
using Fairlead.Streaming.Tls;
using Fairlead.Testing.Containerd;
using Google.Protobuf;
using Microsoft.Extensions.Time.Testing;

namespace Fairlead.Node.Tests.Kubelet;

/// <summary>A node in front of a kubelet, with a runtime that has no pod and a cluster that judges: each of the kit's.</summary>
sealed class FrontRoom : IAsyncDisposable
{
    public const string Node = "node-1", Front = "front", Exec = "/exec/ns/p/c?command=id&output=1";

    readonly string _folder = Directory.CreateTempSubdirectory("fairlead-front-").FullName;
    readonly TestAuthority _servers = new();
    KubernetesEndpoint? _reviews;

    public TestAuthority Callers { get; } = new();

    public TestAuthority Fronts { get; } = new();

    public FakeTimeProvider Clock { get; } = new(DateTimeOffset.UtcNow);

    public LogRecorder Logged { get; } = new();

    public ReviewingCluster Cluster { get; private set; } = null!;

    public ScriptedKubelet Kubelet { get; private set; } = null!;

    public ScriptedCri Cri { get; private set; } = null!;

    public NodeServer Server { get; private set; } = null!;

    public IPEndPoint Address => new(IPAddress.Loopback, Server.Url.Port);

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static async Task<FrontRoom> StartAsync(Func<NodeOptions, NodeOptions>? configure = null)
    {
        FrontRoom room = new();
        try
        {
            await room.StartPartsAsync();
            NodeOptions options = room.Options();
            room.Server = await NodeServer.StartAsync(configure?.Invoke(options) ?? options, Ct);
            return room;
        }
        catch
        {
            await room.DisposeAsync();
            throw;
        }
    }

    async Task StartPartsAsync()
    {
        Cri = await ScriptedCri.StartAsync(File("cri.sock"), Ct);
        Cri.Calls["/runtime.v1.RuntimeService/ListPodSandbox"] = context => ScriptedCri.AnswerAsync(context, new ListPodSandboxResponse().ToByteArray());
        Cri.Calls["/runtime.v1.RuntimeService/ListContainers"] = context => ScriptedCri.AnswerAsync(context, new ListContainersResponse().ToByteArray());
        Cluster = await ReviewingCluster.StartAsync(Ct);
        X509Certificate2Collection authorities = [];
        authorities.ImportFromPem(Fronts.Pem);
        Kubelet = new ScriptedKubelet { Identity = WriteKubeletCertificate(), ClientAuthorities = authorities };
        await Kubelet.StartAsync(Ct);
        WriteFrontCertificate(Fronts);
        System.IO.File.WriteAllText(File("callers.crt"), Callers.Pem);
    }

    /// <summary>A path in the room's folder.</summary>
    public string File(string name) => Path.Combine(_folder, name);

    /// <summary>What a kubelet has that rotates its own: one file with certificate and key, which nobody vouches for here.</summary>
    public SslStreamCertificateContext WriteKubeletCertificate()
    {
        (string certificate, string key) = _servers.IssueServerPem(Node);
        Replace("kubelet.crt", certificate + "\n" + key);
        return PemCertificates.ReadIdentity(Encoding.UTF8.GetBytes(certificate), Encoding.UTF8.GetBytes(key), "kubelet");
    }

    public void WriteFrontCertificate(TestAuthority authority)
    {
        (string certificate, string key) = authority.IssueClient(Front);
        Replace("front.crt", certificate + "\n" + key);
    }

    /// <summary>At once, as a kubelet replaces its own.</summary>
    void Replace(string name, string text)
    {
        System.IO.File.WriteAllText(File(name + ".new"), text);
        System.IO.File.Move(File(name + ".new"), File(name), overwrite: true);
    }

    /// <summary>What the node is started with.</summary>
    public NodeOptions Options() => new()
    {
        Cri = UnixSocketAddress.Parse(File("cri.sock")),
        ClientAuthoritiesFile = File("callers.crt"),
        Allowed = new AllowList { Users = [] },
        Reviews = _reviews ??= new KubernetesEndpoint(Cluster.Url, new SocketsHttpHandler { UseProxy = false }),
        Runtime = new CriRuntimeOptions { StreamThrough = StreamThrough.Cri, Clock = Clock },
        Logging = Logged,
        Kubelet = new KubeletOptions
        {
            Address = Kubelet.Url,
            AuthoritiesFile = File("kubelet.crt"),
            CertificateFile = File("front.crt"),
            KeyFile = File("front.crt"),
            NodeName = Node,
        },
    };

    /// <summary>Lets the cluster say yes to one user's question, and no to every other.</summary>
    public void Allow(string user, string verb, string subresource) => Cluster.Allows = spec =>
        (string?)spec["user"] == user && spec["resourceAttributes"] is { } wanted && (string?)wanted["verb"] == verb
            && (string?)wanted["resource"] == "nodes" && (string?)wanted["subresource"] == subresource && (string?)wanted["name"] == Node;

    public void Know(string token, string user) => Cluster.Tokens[token] = new JsonObject { ["username"] = user, ["groups"] = new JsonArray(ApiUser.Authenticated) };

    public HttpClient Client(X509Certificate2? certificate = null, NodeServer? at = null)
    {
        at ??= Server;
        SocketsHttpHandler handler = new() { AllowAutoRedirect = false, UseCookies = false, UseProxy = false };
        handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        handler.SslOptions.CertificateChainPolicy.CustomTrustStore.ImportFromPem(at.AuthorityPem);
        if (certificate is not null) handler.SslOptions.ClientCertificateContext = SslStreamCertificateContext.Create(certificate, null, offline: true);
        return new HttpClient(handler) { BaseAddress = at.Url, Timeout = Eventually.Patience };
    }

    /// <summary>One request by a connection of its own. The method CONNECT asks for a WebSocket over HTTP/2.</summary>
    public async Task<(int Code, string Body)> AskAsync(
        string target, X509Certificate2? certificate = null, string? token = null, string method = "GET", Version? version = null, string[]? headers = null,
        NodeServer? at = null)
    {
        using HttpClient client = Client(certificate, at);
        using HttpRequestMessage request = new(new HttpMethod(method), target) { Version = version ?? HttpVersion.Version11, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        if (method == "CONNECT")
        {
            request.Version = HttpVersion.Version20; // an extended one, for a WebSocket
            request.Headers.Protocol = "websocket";
            request.Headers.TryAddWithoutValidation("Sec-WebSocket-Version", "13");
        }

        if (token is not null) request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + token);
        foreach (string header in headers ?? [])
        {
            int colon = header.IndexOf(':', StringComparison.Ordinal);
            Assert.True(request.Headers.TryAddWithoutValidation(header[..colon], header[(colon + 1)..].Trim()));
        }

        using HttpResponseMessage response = await client.SendAsync(request, Ct);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(Ct));
    }

    /// <summary>A connection over TLS, as an API server dials for an upgrade: for HTTP/1.1. The caller owns it.</summary>
    public async Task<SslStream> DialAsync(X509Certificate2? certificate = null)
    {
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(Address, Ct);
            SslStream tls = new(new NetworkStream(socket, ownsSocket: true), leaveInnerStreamOpen: false);
            SslClientAuthenticationOptions how = new() { TargetHost = "localhost", ApplicationProtocols = [SslApplicationProtocol.Http11] };
#pragma warning disable CA5359 // the test's own node on loopback
            how.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
            if (certificate is not null) how.ClientCertificateContext = SslStreamCertificateContext.Create(certificate, null, offline: true);
            await tls.AuthenticateAsClientAsync(how, Ct);
            return tls;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Sends bytes over TLS, and reads what comes until the connection ends or is quiet.</summary>
    public async Task<string> RawAsync(string request, X509Certificate2? certificate = null)
    {
        await using SslStream tls = await DialAsync(certificate);
        using CancellationTokenSource quiet = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        StringBuilder answer = new();
        byte[] buffer = new byte[16384];
        try
        {
            await tls.WriteAsync(Encoding.Latin1.GetBytes(request), quiet.Token);
            while (true)
            {
                quiet.CancelAfter(TimeSpan.FromSeconds(2));
                int length = await tls.ReadAsync(buffer, quiet.Token);
                if (length == 0) break;
                answer.Append(Encoding.Latin1.GetString(buffer, 0, length));
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException && !Ct.IsCancellationRequested)
        {
            // cut off, or nothing more comes
        }

        return answer.ToString();
    }

    public async ValueTask DisposeAsync()
    {
        if (Server is not null) await Server.DisposeAsync();
        if (Kubelet is not null) await Kubelet.DisposeAsync();
        if (Cluster is not null) await Cluster.DisposeAsync();
        if (Cri is not null) await Cri.DisposeAsync();
        _reviews?.Dispose();
        _servers.Dispose();
        Callers.Dispose();
        Fronts.Dispose();
        Logged.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
