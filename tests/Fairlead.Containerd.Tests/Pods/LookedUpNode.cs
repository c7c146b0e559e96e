using System.Net.Http.Headers;
using System.Net.WebSockets;
using System.Security.Cryptography.X509Certificates;
using Fairlead.Containerd.Tasks;
using Fairlead.Node;
using Fairlead.Server.Access;
using Fairlead.Testing;
using Fairlead.Testing.Containerd;
using Microsoft.AspNetCore.Http;

namespace Fairlead.Containerd.Tests.Pods;

/// <summary>A node over a scripted runtime with many pods. Notes which container each command was for, and what was asked before.</summary>
sealed class LookedUpNode : IAsyncDisposable
{
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fl-look-");
    readonly ApiUser _user = NodeServer.CreateAdministrator();
    ScriptedCri _cri = null!;
    NodeServer _node = null!;

    public ScriptedPods Pods { get; } = new();

    public ScriptedCri Cri => _cri;

    public CriRuntime Runtime => _node.Runtime;

    public StreamingClient Client { get; private set; } = null!;

    public HttpClient Http { get; private set; } = null!;

    public string Folder => _folder.FullName;

    /// <summary>The containers that commands were started in.</summary>
    public List<string> Started { get; } = [];

    /// <summary>What the CRI was asked before the first command, or attach, reached the runtime.</summary>
    public string[]? AskedBefore { get; private set; }

    public static async Task<LookedUpNode> StartAsync(CancellationToken cancellationToken, TimeSpan? callTimeout = null)
    {
        LookedUpNode node = new();
        string socket = Path.Combine(node.Folder, "cri.sock"), kubeconfig = Path.Combine(node.Folder, "kubeconfig");
        ScriptedCri cri = node._cri = await ScriptedCri.StartAsync(socket, cancellationToken);
        ScriptedPod.Teach(cri);
        node.Pods.Teach(cri);
        for (int i = 0; i < 20; i++) node.Pods.Add(node.Pods.Add($"other-{i}", $"o{i}", $"other-{i}"), "main", $"other-{i}-c");
        cri.Calls[ScriptedPod.Tasks + "Exec"] = async context =>
        {
            ExecProcessRequest asked = ExecProcessRequest.Parser.ParseFrom((await ScriptedCri.ReceiveAsync(context))!);
            node.Note(asked.ContainerId);
            Refuse(context, "no room");
        };
        cri.Calls[ScriptedPod.Cri + "Attach"] = context =>
        {
            node.Note("attach");
            Refuse(context, "no room");
            return Task.CompletedTask;
        };
        node._node = await NodeServer.StartAsync(new NodeOptions
        {
            Cri = UnixSocketAddress.Parse(socket),
            Users = [node._user],
            Runtime = new CriRuntimeOptions
            {
                StreamThrough = StreamThrough.Auto,
                StateFolder = Path.Combine(node.Folder, "state"),
                CallTimeout = callTimeout ?? Eventually.Patience * 2,
            },
        }, cancellationToken);
        await node._node.WriteKubeconfigAsync(kubeconfig, cancellationToken);
        node.Client = StreamingClient.FromKubeconfig(kubeconfig);
        X509ChainPolicy trust = new() { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        trust.CustomTrustStore.ImportFromPem(node._node.AuthorityPem);
        SocketsHttpHandler handler = new() { SslOptions = { CertificateChainPolicy = trust } };
        node.Http = new HttpClient(handler) { BaseAddress = node._node.Url };
        node.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", node._user.Token);
        return node;
    }

    /// <summary>Runs a command that the runtime refuses at the last moment.</summary>
    public async Task ExecAsync(PodReference pod, CancellationToken cancellationToken)
    {
        await using RemoteProcess run = await Client.ExecAsync(pod, ["true"], new(), cancellationToken);
        Exception refused = await Assert.ThrowsAsync<RemoteCommandException>(async () => await run.WaitForExitAsync(cancellationToken));
        Assert.Contains("no room", refused.Message, StringComparison.Ordinal);
    }

    /// <summary>The same at a kubelet's path.</summary>
    public async Task StreamAsync(string path, CancellationToken cancellationToken)
    {
        using ClientWebSocket socket = new();
        socket.Options.AddSubProtocol("v5.channel.k8s.io");
        socket.Options.SetRequestHeader("Authorization", "Bearer " + _user.Token);
        string server = _node.Url.GetLeftPart(UriPartial.Authority).Replace("https:", "wss:", StringComparison.Ordinal);
        await socket.ConnectAsync(new Uri(server + path), Http, cancellationToken);
        byte[] buffer = new byte[4096];
        while ((await socket.ReceiveAsync(buffer, cancellationToken)).MessageType != WebSocketMessageType.Close)
        {
        }
    }

    /// <summary>What is answered to a request that is no upgrade, and so is refused at the latest for that.</summary>
    public async Task<(int Code, string Text)> GetAsync(string path, CancellationToken cancellationToken)
    {
        using HttpResponseMessage response = await Http.GetAsync(new Uri(path, UriKind.Relative), cancellationToken);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(cancellationToken));
    }

    void Note(string container)
    {
        lock (Started)
        {
            Started.Add(container);
            AskedBefore ??= [.. Pods.Asked];
        }
    }

    static void Refuse(HttpContext context, string text)
    {
        context.Response.ContentType = "application/grpc";
        (context.Response.Headers["grpc-status"], context.Response.Headers["grpc-message"]) = ("9", text);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        Http.Dispose();
        await _node.DisposeAsync();
        await _cri.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
