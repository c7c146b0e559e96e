using Fairlead.Containerd;
using Fairlead.Containerd.Cri;
using Fairlead.Node.CriProxy;
using Fairlead.Testing.Containerd;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Fairlead.Node.Tests.CriProxy;

/// <summary>The proxy in front of a runtime that does what each test says.</summary>
public sealed class CriProxyTests : IAsyncLifetime
{
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fl-proxy-");
    ScriptedCri _cri = null!;
    CriProxyServer _proxy = null!;
    GrpcChannel _client = null!;

    static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    string Behind => Path.Combine(_folder.FullName, "cri.sock");

    string Front => Path.Combine(_folder.FullName, "proxy.sock");

    CriProxyOptions Options => new()
    {
        Cri = UnixSocketAddress.Parse(Behind),
        Listen = UnixSocketAddress.Parse(Front),
        Runtime = new CriRuntimeOptions { StreamThrough = StreamThrough.Cri },
    };

    public async ValueTask InitializeAsync()
    {
        _cri = await ScriptedCri.StartAsync(Behind, Cancelled);
        File.SetUnixFileMode(Behind, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite);
        _proxy = await CriProxyServer.StartAsync(Options, Cancelled);
        _client = RawCalls.Connect(Front);
    }

    [Theory(Timeout = 30_000), Trait("Case", "B6")]
    [InlineData(StreamThrough.Cri)]
    [InlineData(StreamThrough.Native)]
    public async Task A_runtimes_name_and_version_are_fit_to_show(StreamThrough through)
    {
        _cri.Calls["/runtime.v1.RuntimeService/Version"] = static context => ScriptedCri.AnswerAsync(
            context, new VersionResponse { Version = "0.1.0", RuntimeName = HostileText.All, RuntimeVersion = HostileText.All }.ToByteArray());
        CriProxyOptions options = Options with { Listen = UnixSocketAddress.Parse(Front + "2"), Runtime = new CriRuntimeOptions { StreamThrough = through } };
        if (through == StreamThrough.Native)
        {
            HostileText.RequireShown((await Assert.ThrowsAnyAsync<IOException>(() => CriProxyServer.StartAsync(options, Cancelled))).Message);
            return;
        }

        await using CriProxyServer proxy = await CriProxyServer.StartAsync(options, Cancelled);
        HostileText.RequireShown(proxy.Runtime.Description);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("localhost")]
    [InlineData("%2Frun%2Fcontainerd%2Fcontainerd.sock")]
    [InlineData("/run/containerd/containerd.sock")]
    [InlineData("run/containerd.sock:")]
    [InlineData(":10250")]
    [InlineData("run-x_y~z.example.com:65535")] // what passes as it is has to be taken
    [InlineData("[fd00::1]:10250")]
    [InlineData("[::]")]
    [InlineData("127.0.0.1")]
    [InlineData("host:")]
    [InlineData("[::1")]
    [InlineData("")]
    [InlineData(null)]
    public async Task Any_authority_is_served(string? authority) =>
        Assert.Equal(1, await RawHttp2.CallAsync(Front, "/runtime.v1.RuntimeService/Version", authority, first: 0, Cancelled));

    [Theory(Timeout = 30_000)]
    [InlineData(1)]
    [InlineData(20)] // in the name of the method
    [InlineData(39)] // before the length of the authority
    [InlineData(44)] // in the authority
    public async Task Headers_in_several_frames_are_served(int first) =>
        Assert.Equal(1, await RawHttp2.CallAsync(Front, "/runtime.v1.RuntimeService/Version", "/run/containerd.sock", first, Cancelled));

    [Fact(Timeout = 30_000)]
    public async Task A_status_passes_with_its_details()
    {
        _cri.Calls["/a.B/Details"] = async context =>
        {
            context.Response.ContentType = "application/grpc";
            await ScriptedCri.SendAsync(context, [1]);
            context.Response.AppendTrailer("grpc-status", "9");
            context.Response.AppendTrailer("grpc-message", "not %E2%82%AC now");
            context.Response.AppendTrailer("grpc-status-details-bin", "CAkSA25vdw");
            context.Response.AppendTrailer("other", "trailer");
        };
        RpcException failure = await Assert.ThrowsAsync<RpcException>(async () => await Unary("a.B", "Details", []));

        Assert.Equal((StatusCode.FailedPrecondition, "not € now"), (failure.StatusCode, failure.Status.Detail));
        Assert.Equal("CAkSA25vdw==", Convert.ToBase64String(failure.Trailers.GetValueBytes("grpc-status-details-bin")!));
        Assert.Equal("trailer", failure.Trailers.GetValue("other"));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_status_alone_ends_the_stream_in_its_headers()
    {
        RpcException failure = await Assert.ThrowsAsync<RpcException>(async () => await Unary("no.Such", "Call", []));
        Assert.Equal((StatusCode.Unimplemented, "unknown here"), (failure.StatusCode, failure.Status.Detail));
    }

    [Fact(Timeout = 60_000)]
    public async Task Large_messages_and_all_headers_pass_both_ways()
    {
        string? seen = null;
        _cri.Calls["/a.B/Echo"] = async context =>
        {
            seen = $"{context.Request.Headers["one"]} {context.Request.Headers["grpc-timeout"].Count} {context.Request.Headers["traceparent"].Count}";
            await ScriptedCri.AnswerAsync(context, (await ScriptedCri.ReceiveAsync(context))!);
        };
        byte[] message = new byte[10 << 20];
        new Random(5).NextBytes(message);

        byte[] echo = await Unary("a.B", "Echo", message, new Metadata { { "one", "two" } }, DateTime.UtcNow.AddMinutes(1));
        Assert.True(message.AsSpan().SequenceEqual(echo));
        Assert.Equal("two 1 0", seen);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_stream_goes_both_ways_message_by_message()
    {
        _cri.Calls["/a.B/Both"] = async context =>
        {
            context.Response.ContentType = "application/grpc";
            while (await ScriptedCri.ReceiveAsync(context) is { } message) await ScriptedCri.SendAsync(context, [.. message, 42]);
            context.Response.AppendTrailer("grpc-status", "0");
        };
        using AsyncDuplexStreamingCall<byte[], byte[]> call = _client.CreateCallInvoker().AsyncDuplexStreamingCall(RawCalls.Method(MethodType.DuplexStreaming, "a.B", "Both"), null, default);
        for (byte i = 0; i < 3; i++)
        {
            await call.RequestStream.WriteAsync([i], Cancelled);
            Assert.True(await call.ResponseStream.MoveNext(Cancelled));
            Assert.Equal([i, 42], call.ResponseStream.Current);
        }

        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext(Cancelled));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_client_that_cancels_is_seen_to_upstream()
    {
        TaskCompletionSource cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _cri.Calls["/a.B/Wait"] = async context =>
        {
            context.RequestAborted.Register(() => cancelled.TrySetResult());
            context.Response.ContentType = "application/grpc";
            await ScriptedCri.SendAsync(context, [1]);
            await cancelled.Task;
        };
        using CancellationTokenSource giveUp = new();
        using AsyncServerStreamingCall<byte[]> call = _client.CreateCallInvoker().AsyncServerStreamingCall(
            RawCalls.Method(MethodType.ServerStreaming, "a.B", "Wait"), null, new CallOptions(cancellationToken: giveUp.Token), []);
        Assert.True(await call.ResponseStream.MoveNext(Cancelled));
        await giveUp.CancelAsync();

        await cancelled.Task.WaitAsync(Cancelled);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_call_that_the_runtime_resets_is_reset()
    {
        const int Cancel = 8; // what a Go server sends at the end of a deadline
        _cri.Calls["/a.B/Late"] = context =>
        {
            context.Features.GetRequiredFeature<IHttpResetFeature>().Reset(Cancel);
            return Task.CompletedTask;
        };
        RpcException reset = await Assert.ThrowsAsync<RpcException>(async () => await Unary("a.B", "Late", []));
        Assert.Equal(StatusCode.Cancelled, reset.StatusCode);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_runtime_that_is_gone_is_unavailable_and_is_found_again()
    {
        await Unary("runtime.v1.RuntimeService", "Version", []);
        await _cri.DisposeAsync();
        RpcException gone = await Assert.ThrowsAsync<RpcException>(async () => await Unary("runtime.v1.RuntimeService", "Version", []));
        Assert.Equal(StatusCode.Unavailable, gone.StatusCode);
        Assert.Contains(Behind, gone.Status.Detail, StringComparison.Ordinal);
        File.Delete(Behind);
        _cri = await ScriptedCri.StartAsync(Behind, Cancelled);

        await Unary("runtime.v1.RuntimeService", "Version", []);
    }

    [Fact(Timeout = 60_000)]
    public async Task Hundreds_of_calls_on_one_connection_run_at_once()
    {
        const int Count = 300;
        int here = 0;
        TaskCompletionSource all = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _cri.Calls["/a.B/Meet"] = async context =>
        {
            if (Interlocked.Increment(ref here) == Count) all.SetResult();
            await all.Task.WaitAsync(context.RequestAborted);
            await ScriptedCri.AnswerAsync(context, [1]);
        };
        await Task.WhenAll(Enumerable.Range(0, Count).Select(_ => Unary("a.B", "Meet", [])));

        Assert.Equal(Count, here);
    }

    [Fact]
    public void The_socket_has_the_mode_of_the_one_behind() => Assert.Equal(File.GetUnixFileMode(Behind), File.GetUnixFileMode(Front));

    [Fact(Timeout = 30_000)]
    public async Task A_socket_that_is_served_is_left_alone()
    {
        IOException refused = await Assert.ThrowsAsync<IOException>(async () => await CriProxyServer.StartAsync(Options, Cancelled));
        Assert.Contains(Front, refused.Message, StringComparison.Ordinal);
        await Unary("runtime.v1.RuntimeService", "Version", []);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_file_that_is_no_socket_is_left_alone()
    {
        string file = Path.Combine(_folder.FullName, "precious");
        await File.WriteAllTextAsync(file, "text", Cancelled);
        await Assert.ThrowsAsync<IOException>(async () => await CriProxyServer.StartAsync(Options with { Listen = UnixSocketAddress.Parse(file) }, Cancelled));

        Assert.Equal("text", await File.ReadAllTextAsync(file, Cancelled));
    }

    [Theory(Timeout = 30_000)]
    [InlineData("/exec/unknown")]
    [InlineData("/runtime.v1.RuntimeService/Version")]
    public async Task The_streaming_server_answers_nothing_but_tickets(string path)
    {
        using HttpClient http = new();
        using HttpResponseMessage answer = await http.GetAsync(new Uri(_proxy.Streams, path), Cancelled);
        Assert.Equal(StatusCodes.Status404NotFound, (int)answer.StatusCode);
    }

    async Task<byte[]> Unary(string service, string name, byte[] message, Metadata? headers = null, DateTime? deadline = null) =>
        await _client.CreateCallInvoker().AsyncUnaryCall(RawCalls.Method(MethodType.Unary, service, name), null, new CallOptions(headers, deadline, Cancelled), message);

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _proxy.DisposeAsync();
        await _cri.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
