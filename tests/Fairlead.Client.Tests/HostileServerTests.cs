using System.Net;
using System.Net.Sockets;
using Fairlead.Testing;

namespace Fairlead.Client.Tests;

/// <summary>
/// Whatever a server does, a caller of the library meets one kind of exception, <see cref="FairleadException"/>, beside .NET's own for
/// cancellation, wrong arguments and disposed objects.
/// </summary>
public sealed class HostileServerTests
{
    static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(300);

    static readonly PodReference s_pod = new("web-0", "default", "web");

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>What a program can call, up to the end of what it gives.</summary>
    static readonly Dictionary<string, Func<StreamingClient, Task>> s_calls = new()
    {
        ["RunAsync"] = static client => client.RunAsync(s_pod, ["true"], "input", cancellationToken: Bounded()),
        ["RunAsync with streams"] = static async client => await client.RunAsync(s_pod, ["true"], new MemoryStream(new byte[100_000]), new MemoryStream(), new MemoryStream(), Bounded()),
        ["ExecAsync"] = static async client => await UseAsync(await client.ExecAsync(s_pod, ["true"], Options() with { Stdin = true }, Bounded())),
        ["ExecAsync over SPDY"] = static async client => await UseAsync(await client.ExecAsync(s_pod, ["true"], Options() with { Stdin = true, Transport = Transport.Spdy }, Bounded())),
        ["AttachAsync"] = static async client => await UseAsync(await client.AttachAsync(s_pod, Options(), Bounded()), withInput: false),
        ["ConnectAsync"] = static async client => await UseAsync(await client.ConnectAsync(s_pod, 80, Forward(), Bounded())),
        ["ConnectAsync over SPDY"] = static async client => await UseAsync(await client.ConnectAsync(s_pod, 80, Forward() with { Transport = Transport.Spdy }, Bounded())),
        ["OpenForwardAsync"] = static async client =>
        {
            await using ForwardSession session = await client.OpenForwardAsync(s_pod, [80], Forward(), Bounded());
            await UseAsync(await session.ConnectAsync(80, Bounded()));
        },
        ["ForwardAsync"] = static async client =>
        {
            await using PortForward forward = await client.ForwardAsync(s_pod, [new(0, 80)], new() { Connection = Forward(), FailWhenLost = true }, Bounded());
            await forward.Completion.WaitAsync(Bounded());
        },
        ["ForwardAsync that dials again"] = static async client =>
        {
            await using PortForward forward = await client.ForwardAsync(s_pod, [new(0, 80)], new() { Connection = Forward(), RedialTimeout = s_patience }, Bounded());
            await forward.Completion.WaitAsync(Bounded());
        },
    };

    public static TheoryData<string> Calls => [.. s_calls.Keys];

    [Fact, Trait("Case", "D13")]
    public async Task A_connection_that_is_reset_as_soon_as_it_stands_is_a_server_that_cannot_be_reached()
    {
        using LoopbackListener listener = new();
        using SocketsHttpHandler handler = new() { UseProxy = false };
        handler.ConnectCallback = async (_, cancellationToken) =>
        {
            Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(new DnsEndPoint("localhost", listener.Port), cancellationToken); // its own address is then not kept
            using (Socket accepted = await listener.AcceptAsync(cancellationToken)) Reset(accepted);
            Assert.True(socket.Poll(TimeSpan.FromSeconds(30), SelectMode.SelectRead), "no reset came"); // seen by the kernel, and not by .NET
            return new NetworkStream(socket, ownsSocket: true);
        };
        using StreamingClient client = new(new KubernetesEndpoint(new Uri($"http://127.0.0.1:{listener.Port}"), handler));
        ServerUnreachableException unreachable =
            await Assert.ThrowsAsync<ServerUnreachableException>(() => client.RunAsync(s_pod, ["true"], "", cancellationToken: Ct));
        Assert.Contains("cannot be reached", unreachable.Message, StringComparison.Ordinal);

        static void Reset(Socket socket)
        {
            socket.LingerState = new LingerOption(true, 0);
            socket.Close();
        }
    }

    [Theory, Trait("Case", "D13"), MemberData(nameof(Calls))]
    public async Task Whatever_a_server_does_one_kind_of_exception_comes_out(string call)
    {
        foreach ((string name, Func<CannedServer> start) in HostileServers.All)
        {
            await using CannedServer server = start();
            using StreamingClient client = new(new KubernetesEndpoint(server.Url, new SocketsHttpHandler { UseProxy = false }) { RequestTimeout = s_patience });
            await ExpectAsync($"{call}, a server that {name}", () => s_calls[call](client));
        }
    }

    [Theory, Trait("Case", "D13"), MemberData(nameof(Calls))]
    public async Task A_server_that_is_not_there_or_speaks_no_TLS_is_told_in_the_same_way(string call)
    {
        using TcpListener plain = new(IPAddress.Loopback, 0);
        plain.Start();
        Task greeting = GreetAsync(plain);
        foreach (string url in (string[])["http://127.0.0.1:1", "https://127.0.0.1:1", $"https://{plain.LocalEndpoint}"])
        {
            using StreamingClient client = new(new KubernetesEndpoint(new Uri(url), new SocketsHttpHandler { UseProxy = false }));
            Exception thrown = await ExpectAsync($"{call}, {url}", () => s_calls[call](client));
            Assert.IsType<ServerUnreachableException>(thrown);
        }

        plain.Stop();
        await greeting;
    }

    /// <summary>Speaks first, and not TLS.</summary>
    static async Task GreetAsync(TcpListener listener)
    {
        try
        {
            while (true)
            {
                using TcpClient client = await listener.AcceptTcpClientAsync(Ct);
                await client.Client.SendAsync("SSH-2.0-hello\r\n"u8.ToArray(), Ct);
            }
        }
        catch (Exception e) when (e is SocketException or InvalidOperationException) // it was stopped while it waited, or before it began to
        {
            // the test is over
        }
    }

    static async Task<Exception> ExpectAsync(string what, Func<Task> call)
    {
        Exception? thrown = await Record.ExceptionAsync(call);
        Assert.True(thrown is FairleadException or OperationCanceledException, $"{what}: {thrown?.ToString() ?? "nothing was thrown"}");
        return thrown!;
    }

    static async Task UseAsync(RemoteProcess run, bool withInput = true)
    {
        await using (run)
        {
            Task<string> output = run.StandardOutput.ReadToEndAsync(cancellationToken: Bounded()), error = run.StandardError.ReadToEndAsync(cancellationToken: Bounded());
            if (withInput) await SendAsync(run);
            await run.WaitForExitAsync(Bounded());
            await output;
            await error;
        }
    }

    /// <summary>A session that is over takes no more, or drops it: how it ended is what counts.</summary>
    static async Task SendAsync(RemoteProcess run)
    {
        Exception? failure = await Record.ExceptionAsync(async () => await run.StandardInput.WriteAsync("abc"u8.ToArray(), Bounded()));
        if (failure is not null and not OperationCanceledException) Assert.IsAssignableFrom<FairleadException>(failure);
    }

    static async Task UseAsync(ForwardedStream connection)
    {
        await using (connection)
        {
            await connection.WriteAsync("abc"u8.ToArray(), Bounded());
            await connection.FlushAsync(Bounded());
            await connection.CompleteWritesAsync(Bounded());
            await connection.CopyToAsync(Stream.Null, Bounded());
        }
    }

    static ExecOptions Options() => new() { UpgradeTimeout = s_patience, PingInterval = s_patience / 3, PingTimeout = s_patience };

    static PortForwardOptions Forward() => new() { UpgradeTimeout = s_patience, PingInterval = s_patience / 3, PingTimeout = s_patience, DisposeTimeout = s_patience };

    /// <summary>A wait that a caller would not wait for ever either.</summary>
    static CancellationToken Bounded()
    {
        CancellationTokenSource source = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        source.CancelAfter(TimeSpan.FromSeconds(1));
        return source.Token;
    }
}
