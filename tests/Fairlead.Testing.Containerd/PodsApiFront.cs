using System.Net;
using System.Net.Sockets;
using System.Text;
using Fairlead.Containerd.Cri;

namespace Fairlead.Testing.Containerd;

/// <summary>
/// What a client needs of an API server and a kubelet to reach a containerd: it tells of one pod, turns exec, attach and portforward
/// requests into calls of the CRI, and hands the connection over to containerd's own streaming server, byte by byte. Loopback, no TLS, no users.
/// </summary>
public sealed class PodsApiFront : IAsyncDisposable
{
    readonly LoopbackListener _listener = new();
    readonly CancellationTokenSource _stop = new();
    readonly Lock _lock = new();
    readonly List<Task> _connections = [];
    readonly ContainerdProcess _containerd;
    readonly ContainerdPod _pod;
    readonly Task _accepting;

    /// <summary>Serves from now on.</summary>
    public PodsApiFront(ContainerdProcess containerd, ContainerdPod pod)
    {
        (_containerd, _pod) = (containerd, pod);
        _accepting = AcceptAsync();
    }

    /// <summary>Its address.</summary>
    public Uri Server => new($"http://127.0.0.1:{_listener.Port}");

    /// <summary>Who is asked for the streams; containerd itself for null.</summary>
    public RuntimeService.RuntimeServiceClient? Runtime { get; init; }

    /// <summary>The node that is asked for the streams; null where this stands for the kubelet too.</summary>
    public NodeDoor? Node { get; init; }

    /// <summary>Sees what either side sends on a handed-over connection, for a capture; true for what the client sent.</summary>
    public Action<bool, ReadOnlyMemory<byte>>? Observe { get; init; }

    /// <summary>Writes a kubeconfig that names it.</summary>
    /// <returns>Its path, in the folder of the containerd.</returns>
    public string WriteKubeconfig()
    {
        string folder = Directory.CreateDirectory(Path.Combine(_containerd.Folder.Root, $"front-{_listener.Port}")).FullName;
        string path = Path.Combine(folder, "kubeconfig");
        File.WriteAllText(path, $$$"""
            apiVersion: v1
            kind: Config
            current-context: front
            clusters: [{name: front, cluster: {server: "{{{Server}}}"}}]
            users: [{name: nobody, user: {}}]
            contexts: [{name: front, context: {cluster: front, user: nobody, namespace: {{{_pod.Namespace}}}}}]

            """);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return path;
    }

    async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket socket = await _listener.AcceptAsync(_stop.Token);
                lock (_lock) _connections.Add(ServeAsync(socket));
            }
        }
        catch (OperationCanceledException)
        {
            // disposed
        }
    }

    async Task ServeAsync(Socket socket)
    {
        await using NetworkStream client = new(socket, ownsSocket: true);
        try
        {
            while (await HttpHead.ReadAsync(client, _stop.Token) is { } request)
            {
                if (await LocateAsync(request) is { } target)
                {
                    await HandOverAsync(client, request, target);
                    return;
                }

                string? document = DocumentAt(request.Path);
                await AnswerAsync(client, document is null ? "404 Not Found" : "200 OK", document ?? "{}");
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // one of the two went, or the front stops
        }
        catch (Grpc.Core.RpcException e)
        {
            await AnswerAsync(client, "500 Internal Server Error", e.Status.Detail);
        }
    }

    RuntimeService.RuntimeServiceClient Asked => Runtime ?? _containerd.Runtime;

    string PodPath => $"/api/v1/namespaces/{_pod.Namespace}/pods/{_pod.Name}";

    /// <summary>The pod, and what kubectl asks an API server for before it looks at one.</summary>
    string? DocumentAt(string path) => path switch
    {
        "/api" => """{"kind":"APIVersions","versions":["v1"]}""",
        "/apis" => """{"kind":"APIGroupList","apiVersion":"v1","groups":[]}""",
        "/api/v1" => """
            {"kind":"APIResourceList","groupVersion":"v1","resources":[
              {"name":"pods","singularName":"pod","namespaced":true,"kind":"Pod","verbs":["get"],"shortNames":["po"]}]}
            """,
        _ => path == PodPath ? PodJson() : null,
    };

    string PodJson() => $$$"""
        {"kind":"Pod","apiVersion":"v1","metadata":{"name":"{{{_pod.Name}}}","namespace":"{{{_pod.Namespace}}}"},
         "spec":{"containers":[{"name":"{{{_pod.Container}}}","image":"{{{ContainerdFolder.Image}}}"}]},"status":{"phase":"Running"}}
        """;

    async Task<Uri?> LocateAsync(HttpHead request)
    {
        if (Node is not null) return Node.Find(request, _pod, PodPath);
        if (request.Path == $"{PodPath}/exec")
        {
            return new((await Asked.ExecAsync(new()
            {
                ContainerId = _pod.ContainerId,
                Cmd = { request.Values("command") },
                Stdin = request.IsSet("stdin"),
                Stdout = request.IsSet("stdout"),
                Stderr = request.IsSet("stderr"),
                Tty = request.IsSet("tty"),
            }, cancellationToken: _stop.Token)).Url);
        }

        if (request.Path == $"{PodPath}/portforward")
            return new((await Asked.PortForwardAsync(new() { PodSandboxId = _pod.SandboxId }, cancellationToken: _stop.Token)).Url);

        if (request.Path != $"{PodPath}/attach") return null;
        return new((await Asked.AttachAsync(new()
        {
            ContainerId = _pod.ContainerId,
            Stdin = request.IsSet("stdin"),
            Stdout = request.IsSet("stdout"),
            Stderr = request.IsSet("stderr"),
            Tty = request.IsSet("tty"),
        }, cancellationToken: _stop.Token)).Url);
    }

    async Task<Stream> ConnectAsync(Uri target)
    {
        if (Node is not null) return await Node.DialAsync(_stop.Token);
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(IPAddress.Parse(target.Host), target.Port, _stop.Token);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    async Task HandOverAsync(NetworkStream client, HttpHead request, Uri target)
    {
        await using Stream server = await ConnectAsync(target);
        await server.WriteAsync(request.Redirected(target).Bytes, _stop.Token);
        if (await HttpHead.ReadAsync(server, _stop.Token) is not { } answer) return;

        // after a refusal the client must not ask containerd's server, which knows no other path than the one of its URL
        await client.WriteAsync((answer.IsUpgraded ? answer : answer.Closing()).Bytes, _stop.Token);
        if (answer.IsUpgraded)
        {
            Task up = PumpAsync(client, server, fromClient: true), down = PumpAsync(server, client, fromClient: false);
            if (Node is not null)
            {
                await Task.WhenAny(up, down);
                client.Close(); // as an API server does with both connections when one of them has ended
                server.Close();
            }

            await Task.WhenAll(up, down);
        }
        else
            await client.WriteAsync(await answer.ReadBodyAsync(server, _stop.Token), _stop.Token);
    }

    async Task PumpAsync(Stream from, Stream to, bool fromClient)
    {
        byte[] buffer = new byte[64 * 1024];
        int read;
        while ((read = await from.ReadAsync(buffer, _stop.Token)) > 0)
        {
            Observe?.Invoke(fromClient, buffer.AsMemory(0, read));
            await to.WriteAsync(buffer.AsMemory(0, read), _stop.Token);
        }

        if (to is NetworkStream network) network.Socket.Shutdown(SocketShutdown.Send);
    }

    async Task AnswerAsync(NetworkStream client, string status, string body)
    {
        byte[] content = Encoding.UTF8.GetBytes(body);
        string head = $"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {content.Length}\r\n\r\n";
        await client.WriteAsync((byte[])[.. Encoding.ASCII.GetBytes(head), .. content], _stop.Token);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _accepting;
        await Task.WhenAll(_connections);
        _listener.Dispose();
        _stop.Dispose();
    }
}
