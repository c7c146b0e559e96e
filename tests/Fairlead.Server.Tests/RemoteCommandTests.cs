using System.Net.WebSockets;
using System.Text;
using Fairlead.Wire;
using Microsoft.Extensions.Logging;

namespace Fairlead.Server.Tests;

public class RemoteCommandTests
{
    const string Pods = "/api/v1/namespaces/default/pods";
    const string Exec = Pods + "/demo/exec";
    const string Attach = Pods + "/demo/attach";

    static CancellationToken Stop => TestContext.Current.CancellationToken;

    static async Task<ClientWebSocket> ConnectAsync(PodsApiServer server, string path, params string[] protocols)
    {
        ClientWebSocket socket = new();
        socket.Options.SetRequestHeader("Authorization", "Bearer " + PodsApiServer.AdminToken);
        foreach (string protocol in protocols) socket.Options.AddSubProtocol(protocol);
        await socket.ConnectAsync(new Uri(new UriBuilder(server.Plain) { Scheme = "ws" }.Uri, path), Stop);
        return socket;
    }

    /// <summary>Everything that comes until the close, by channel; the socket is left closed by the server.</summary>
    static async Task<Dictionary<int, string>> ReadAllAsync(ClientWebSocket socket)
    {
        Dictionary<int, string> channels = [];
        byte[] buffer = new byte[256 * 1024];
        while (true)
        {
            int length = 0;
            ValueWebSocketReceiveResult part;
            do
            {
                part = await socket.ReceiveAsync(buffer.AsMemory(length), Stop);
                length += part.Count;
            }
            while (!part.EndOfMessage);

            if (part.MessageType == WebSocketMessageType.Close)
            {
                Assert.Equal(WebSocketCloseStatus.NormalClosure, socket.CloseStatus);
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, Stop);
                return channels;
            }

            channels[buffer[0]] = channels.GetValueOrDefault(buffer[0]) + Encoding.UTF8.GetString(buffer.AsSpan(1, length - 1));
        }
    }

    static void AssertNoErrors(PodsApiServer server) => Assert.DoesNotContain(server.Logged.Entries, entry => entry.Level >= LogLevel.Error);

    [Fact]
    public async Task RunsACommandWithEndOfInput()
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        using ClientWebSocket socket = await ConnectAsync(server, Exec + "?command=cat&command=-u&command=&stdin=1&stdout=1", "v5.channel.k8s.io");
        await socket.SendAsync("\0hello"u8.ToArray(), WebSocketMessageType.Binary, true, Stop);
        await socket.SendAsync(new byte[] { 255, 0 }, WebSocketMessageType.Binary, true, Stop);
        Dictionary<int, string> channels = await ReadAllAsync(socket);
        Assert.Equal("hello", channels[1]);
        Assert.True(Status.TryParse(Encoding.UTF8.GetBytes(channels[3]))!.IsSuccess);
        Assert.Equal(["cat", "-u", ""], server.Demo.Asked!.Command);
        Assert.False(server.Demo.Attached);
        AssertNoErrors(server);
    }

    [Fact]
    public async Task GivesTheExitCode()
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        server.Demo.Run = _ => Task.FromResult(Status.FromExitCode(7));
        using ClientWebSocket socket = await ConnectAsync(server, Exec + "?command=x&stderr=true", "v4.channel.k8s.io");
        Status status = Status.TryParse(Encoding.UTF8.GetBytes((await ReadAllAsync(socket))[3]))!;
        Assert.True(status.TryGetExitCode(out int code));
        Assert.Equal(7, code);
    }

    [Theory]
    [InlineData("stdin=false&stdout=FALSE&stderr=1&tty=0", false, false, true, false)]
    [InlineData("stdin=no&stdout=&stderr=False", true, true, false, false)]
    [InlineData("stdin=1&stdin=0&stdout=0&stdout=1", true, false, false, false)]
    [InlineData("stdout=True&stderr=True&tty=True", false, true, false, true)]
    public async Task ReadsBooleansAsTheApiServerDoes(string query, bool stdin, bool stdout, bool stderr, bool tty)
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        server.Demo.Run = _ => Task.FromResult(Status.Success);
        using ClientWebSocket socket = await ConnectAsync(server, $"{Exec}?command=x&container=shell&{query}", "v5.channel.k8s.io");
        await ReadAllAsync(socket);
        var asked = server.Demo.Asked!;
        Assert.Equal((stdin, stdout, stderr, tty), (asked.Stdin, asked.Stdout, asked.Stderr, asked.Tty));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AttachFollowsTheContainersTerminal(bool terminal)
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        server.Demo.HasTerminal = terminal;
        server.Demo.Run = _ => Task.FromResult(Status.Success);
        using ClientWebSocket socket = await ConnectAsync(server, $"{Attach}?stdout=1&stderr=1&tty={!terminal}", "v5.channel.k8s.io");
        await ReadAllAsync(socket);
        Assert.True(server.Demo.Attached);
        Assert.Empty(server.Demo.Asked!.Command);
        Assert.Equal((terminal, !terminal), (server.Demo.Asked.Tty, server.Demo.Asked.Stderr));
    }

    [Fact]
    public async Task CommandOf100KilobytesTravelsInTheUrl()
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        server.Demo.Run = _ => Task.FromResult(Status.Success);
        string argument = new('x', 100 * 1024);
        using ClientWebSocket socket = await ConnectAsync(server, $"{Exec}?command={argument}&stdout=1", "v5.channel.k8s.io");
        await ReadAllAsync(socket);
        Assert.Equal(argument, Assert.Single(server.Demo.Asked!.Command));
    }

    [Fact]
    public async Task CommandOf100KilobytesIsReadOverHttp2Too()
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        using SocketsHttpHandler handler = new();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, _) => PodsApiServer.IsItsCertificate(certificate);
        using HttpClient client = new(handler) { BaseAddress = server.Secure, DefaultRequestVersion = new Version(2, 0), DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        client.DefaultRequestHeaders.Authorization = new("Bearer", PodsApiServer.AdminToken);
        await PodsApiServer.AssertRefusedAsync(
            client, HttpMethod.Get, $"{Exec}?command={new string('x', 100 * 1024)}&stdout=1", 400, "BadRequest", "Upgrade request required");
    }

    [Theory]
    [InlineData(Pods + "/none/exec?command=x&stdout=1", 404, "NotFound", "pods \"none\" not found")]
    [InlineData(Pods + "/pair/exec?command=x&stdout=1", 400, "BadRequest", "a container name must be specified for pod pair, choose one of: [a b]")]
    [InlineData(Pods + "/pair/exec?command=x&stdout=1&container=", 400, "BadRequest", "a container name must be specified for pod pair, choose one of: [a b]")]
    [InlineData(Exec + "?command=x&stdout=1&container=c", 400, "BadRequest", "container c is not valid for pod demo")]
    [InlineData(Exec + "?command=x", 400, "BadRequest", "you must specify at least 1 of stdin, stdout, stderr")]
    [InlineData(Exec + "?command=x&stderr=1&tty=1", 400, "BadRequest", "you must specify at least 1 of stdin, stdout, stderr")]
    [InlineData(Attach, 400, "BadRequest", "you must specify at least 1 of stdin, stdout, stderr")]
    [InlineData(Exec + "?stdout=1", 400, "BadRequest", "you must specify a command to run")]
    [InlineData(Exec + "?command=x&stdout=1&dryRun=All", 400, "BadRequest", "dryRun is not supported")]
    [InlineData(Exec + "?command=x&stdout=1", 400, "BadRequest", "Upgrade request required")]
    [InlineData(Attach + "?stdout=1", 400, "BadRequest", "Upgrade request required")]
    public async Task RefusesBeforeTheUpgrade(string path, int code, string reason, string message)
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        await server.AssertRefusedAsync(path, code, reason, message);
        Assert.Null(server.Demo.Asked);
    }

    [Theory]
    [InlineData(Pods + "/none/exec?command=x&stdout=1", 404, "NotFound", "pods \"none\" not found")]
    [InlineData(Pods + "/pair/exec?command=x&stdout=1", 400, "BadRequest", "a container name must be specified for pod pair, choose one of: [a b]")]
    [InlineData(Exec + "?command=x&stdout=1&container=c", 400, "BadRequest", "container c is not valid for pod demo")]
    [InlineData(Exec + "?command=x", 400, "BadRequest", "you must specify at least 1 of stdin, stdout, stderr")]
    [InlineData(Attach, 400, "BadRequest", "you must specify at least 1 of stdin, stdout, stderr")]
    [InlineData(Exec + "?stdout=1", 400, "BadRequest", "you must specify a command to run")]
    [InlineData(Exec + "?command=x&stdout=1&dryRun=All", 400, "BadRequest", "dryRun is not supported")]
    [InlineData(Pods + "/demo/portforward?ports=x", 400, "BadRequest", null)]
    [Trait("Case", "C9")]
    public async Task RefusesAnExtendedConnectInTheSameWords(string path, int code, string reason, string? message)
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        using HttpResponseMessage answer = await server.ConnectAsync(path);
        if (message is not null) await PodsApiServer.AssertRefusedAsync(answer, code, reason, message);
        else Assert.Equal(code, (int)answer.StatusCode);
        Assert.Null(server.Demo.Asked);
    }

    [Theory]
    [InlineData("v5.channel.k8s.io", "8", 400)]
    [InlineData("v5.channel.k8s.io", null, 400)]
    [InlineData("v9.channel.k8s.io", "13", 403)]
    [Trait("Case", "C9")]
    public async Task RefusesABadHandshakeOverHttp2AndKeepsTheConnection(string offered, string? version, int code)
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        using HttpResponseMessage answer = await server.ConnectAsync(Exec + "?command=x&stdout=1", offered: offered, version: version);
        Assert.Equal(code, (int)answer.StatusCode);
        Assert.Empty(answer.Headers.Connection);
        Assert.Null(server.Demo.Asked);
    }

    [Theory]
    [InlineData("v5.channel.k8s.io")]
    [InlineData("v4.channel.k8s.io")]
    [InlineData("v4.base64.channel.k8s.io")]
    [Trait("Case", "C9")]
    public async Task RunsACommandOverHttp2(string protocol)
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        server.Demo.Run = static _ => Task.FromResult(Status.FromExitCode(7));
        using SocketsHttpHandler handler = new();
        handler.SslOptions.RemoteCertificateValidationCallback = static (_, certificate, _, _) => PodsApiServer.IsItsCertificate(certificate);
        using HttpMessageInvoker invoker = new(handler);
        using ClientWebSocket socket = new();
        socket.Options.HttpVersion = new Version(2, 0);
        socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        socket.Options.CollectHttpResponseDetails = true;
        socket.Options.SetRequestHeader("Authorization", "Bearer " + PodsApiServer.AdminToken);
        socket.Options.AddSubProtocol(protocol);
        await socket.ConnectAsync(new Uri(new UriBuilder(server.Secure) { Scheme = "wss" }.Uri, Exec + "?command=x&stderr=true"), invoker, Stop);
        Assert.Equal((System.Net.HttpStatusCode.OK, protocol), (socket.HttpStatusCode, socket.SubProtocol));
        string status = (await ReadAllAsync(socket)).Single(static channel => channel.Key is 3 or '3').Value;
        byte[] json = protocol.Contains("base64", StringComparison.Ordinal) ? Convert.FromBase64String(status) : Encoding.UTF8.GetBytes(status);
        Assert.True(Status.TryParse(json)!.TryGetExitCode(out int code));
        Assert.Equal(7, code);
        AssertNoErrors(server);
    }

    [Fact]
    public async Task ContainerMustBeThereAndRun()
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        server.Demo.IsRunning = false;
        await server.AssertRefusedAsync(Exec + "?command=x&stdout=1", 400, "BadRequest", "container \"shell\" in pod \"demo\" is not running");
        server.Runtime.Containers.Clear();
        await server.AssertRefusedAsync(Exec + "?command=x&stdout=1", 500, "InternalError", "Internal error occurred: container not found (\"shell\")");
    }

    [Theory]
    [InlineData("GET", "SPDY/2", 400, "BadRequest", "Upgrade request required")]
    [InlineData("GET", "h2c", 400, "BadRequest", "Upgrade request required")]
    [InlineData("POST", "websocket", 405, "MethodNotAllowed", "the server does not allow this method on the requested resource")]
    public async Task RefusesOtherUpgrades(string method, string upgrade, int code, string reason, string message)
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        using HttpRequestMessage request = new(new HttpMethod(method), Exec + "?command=x&stdout=1");
        request.Headers.Connection.Add("Upgrade");
        request.Headers.Upgrade.ParseAdd(upgrade);
        using HttpResponseMessage response = await server.Client.SendAsync(request, Stop);
        await PodsApiServer.AssertRefusedAsync(response, code, reason, message);
    }

    [Theory]
    [InlineData("GET", null, 400, "X-Stream-Protocol-Version does not exist", null)]
    [InlineData("POST", null, 400, "X-Stream-Protocol-Version does not exist", null)]
    [InlineData("POST", "v9.channel.k8s.io", 403, "server accepts [v4.channel.k8s.io v3.channel.k8s.io v2.channel.k8s.io channel.k8s.io]", "v4.channel.k8s.io")]
    public async Task SpdyWithoutACommonVersionIsRefusedWithWhatThereIs(string method, string? version, int code, string text, string? accepted)
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        using HttpRequestMessage request = new(new HttpMethod(method), Exec + "?command=x&stdout=1");
        request.Headers.Connection.Add("Upgrade");
        request.Headers.Upgrade.ParseAdd("SPDY/3.1");
        if (version is not null) request.Headers.Add("X-Stream-Protocol-Version", version);
        using HttpResponseMessage response = await server.Client.SendAsync(request, Stop);
        Assert.Equal(code, (int)response.StatusCode);
        Assert.Contains(text, await response.Content.ReadAsStringAsync(Stop));
        Assert.Equal(accepted, response.Headers.TryGetValues("X-Accepted-Stream-Protocol-Versions", out IEnumerable<string>? values) ? values.First() : null);
    }

    [Fact]
    public async Task NoCommonSubprotocolIsForbidden()
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        await Assert.ThrowsAsync<WebSocketException>(() => ConnectAsync(server, Exec + "?command=x&stdout=1", "v9.channel.k8s.io"));
        Assert.Null(server.Demo.Asked);
    }

    [Fact]
    public async Task FailureOfTheRuntimeIsAStatusAndAnErrorInTheLog()
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        server.Demo.Run = async session =>
        {
            await session.StandardOutput.WriteAsync("before"u8.ToArray());
            throw new IOException("runtime gone");
        };
        using ClientWebSocket socket = await ConnectAsync(server, Exec + "?command=x&stdout=1", "v5.channel.k8s.io");
        Dictionary<int, string> channels = await ReadAllAsync(socket);
        Assert.Equal("before", channels[1]);
        Status status = Status.TryParse(Encoding.UTF8.GetBytes(channels[3]))!;
        Assert.Equal(("InternalError", "Internal error occurred: runtime gone"), (status.Reason, status.Message));
        Assert.Contains(server.Logged.Entries, entry => entry is { Level: LogLevel.Error, Failure: WithheldException { Kind: nameof(IOException) } });
    }

    [Fact]
    public async Task RuntimeLearnsThatTheClientLeft()
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        TaskCompletionSource<bool> lost = new();
        server.Demo.Run = async session =>
        {
            using CancellationTokenRegistration registration = session.Lost.Register(() => lost.TrySetResult(true));
            await lost.Task;
            return Status.InternalError("killed");
        };
        using (ClientWebSocket socket = await ConnectAsync(server, Exec + "?command=x&stdout=1", "v5.channel.k8s.io")) socket.Abort();
        Assert.True(await lost.Task.WaitAsync(Stop));
    }

    [Fact]
    public async Task StoppingServerEndsItsSessionsWithoutAStatus()
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        TaskCompletionSource begun = new();
        server.Demo.Run = async session =>
        {
            begun.SetResult();
            TaskCompletionSource lost = new();
            using CancellationTokenRegistration registration = session.Lost.Register(lost.SetResult);
            await lost.Task;
            return Status.Success;
        };
        using ClientWebSocket socket = await ConnectAsync(server, Exec + "?command=x&stdout=1", "v5.channel.k8s.io");
        await begun.Task.WaitAsync(Stop);
        Task stopped = server.StopAsync();
        List<byte> channels = [];
        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            while (true)
            {
                byte[] buffer = new byte[4096];
                ValueWebSocketReceiveResult result = await socket.ReceiveAsync(buffer.AsMemory(), Stop);
                if (result.MessageType == WebSocketMessageType.Close) throw new WebSocketException("closed");
                channels.Add(buffer[0]);
            }
        });
        Assert.DoesNotContain((byte)3, channels);
        await stopped;
        AssertNoErrors(server);
    }
}
