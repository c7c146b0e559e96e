using System.Net.Sockets;
using System.Security.Cryptography;
using System.Threading.Channels;
using Fairlead.Lab;
using Fairlead.Testing;
using Fairlead.Wire.PortForward;

namespace Fairlead.FunctionalTests;

/// <summary>
/// Disposing a forwarded connection, in every form: what was written arrives, whole, and its end behind it. Only what was cut or given up
/// is a reset.
/// </summary>
[Trait("Case", "D1")]
public sealed class DisposedConnectionTests : IAsyncLifetime
{
    static readonly PodReference s_pod = new("demo");

    readonly Channel<string> _heard = Channel.CreateUnbounded<string>();
    LabServer _lab = null!;
    StreamingClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        _lab = await LabServer.StartAsync(new LabOptions(), Ct);
        _client = LabClient.Create(_lab.Url, _lab);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _lab.DisposeAsync();
    }

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static TheoryData<string> Forms => [.. PortForwardProtocol.All.Select(static form => form.Description)];

    public static TheoryData<string> HalfClosingForms =>
        [.. PortForwardProtocol.All.Where(static form => !form.HasChannels).Select(static form => form.Description)];

    static PortForwardOptions Only(string description) =>
        new() { Protocols = [PortForwardProtocol.All.First(form => form.Description == description)] };

    /// <summary>Tells what a connection brought: its bytes' hash, or how it was cut.</summary>
    PodService Listener() => new(async socket =>
    {
        try
        {
            _heard.Writer.TryWrite(Convert.ToHexString(await SHA256.HashDataAsync(new NetworkStream(socket), Ct)));
        }
        catch (IOException e) when (e.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionReset })
        {
            _heard.Writer.TryWrite("reset");
        }
    });

    [Theory, MemberData(nameof(Forms))]
    public async Task Sixty_that_write_flush_and_are_disposed_all_arrive(string form)
    {
        await using PodService service = Listener();
        byte[] few = "all of it"u8.ToArray(), many = RandomNumberGenerator.GetBytes(200_000);
        for (int i = 0; i < 60; i++)
        {
            byte[] bytes = i % 3 == 0 ? many : few;
            await using (ForwardedStream connection = await _client.ConnectAsync(s_pod, service.Port, Only(form), Ct))
            {
                await connection.WriteAsync(bytes, Ct);
                await connection.FlushAsync(Ct);
            }

            Assert.Equal(Convert.ToHexString(SHA256.HashData(bytes)), await _heard.Reader.ReadAsync(Ct));
        }
    }

    [Theory, MemberData(nameof(Forms))]
    public async Task So_do_those_of_one_session_that_are_disposed_at_once(string form)
    {
        await using PodService service = Listener();
        byte[] bytes = RandomNumberGenerator.GetBytes(200_000);
        await using ForwardSession session = await _client.OpenForwardAsync(s_pod, [service.Port], Only(form), Ct);
        await Task.WhenAll(Enumerable.Range(0, 10).Select(async _ =>
        {
            await using ForwardedStream connection = await session.ConnectAsync(service.Port, Ct);
            await connection.WriteAsync(bytes, Ct);
        }));
        for (int i = 0; i < 10; i++) Assert.Equal(Convert.ToHexString(SHA256.HashData(bytes)), await _heard.Reader.ReadAsync(Ct));
    }

    /// <remarks>A form with channels has one end for both directions: what the pod says then meets a connection that has ended.</remarks>
    [Theory, MemberData(nameof(HalfClosingForms))]
    public async Task A_pod_that_talks_meanwhile_gets_all_of_it_too(string form)
    {
        await using PodService service = new(async socket =>
        {
            await using NetworkStream stream = new(socket);
            await stream.WriteAsync(new byte[100_000], Ct);
            _heard.Writer.TryWrite(Convert.ToHexString(await SHA256.HashDataAsync(stream, Ct)));
        });
        byte[] bytes = RandomNumberGenerator.GetBytes(100_000);
        await using (ForwardedStream connection = await _client.ConnectAsync(s_pod, service.Port, Only(form), Ct)) await connection.WriteAsync(bytes, Ct);
        Assert.Equal(Convert.ToHexString(SHA256.HashData(bytes)), await _heard.Reader.ReadAsync(Ct));
    }

    /// <remarks>A form with channels has no end for one direction: disposing says the end of both, and the pod has its time.</remarks>
    [Theory, MemberData(nameof(HalfClosingForms))]
    public async Task A_pod_that_never_ends_is_left_when_the_time_is_over(string form)
    {
        await using PodService service = new(async socket =>
        {
            await using NetworkStream stream = new(socket);
            byte[] byteOrEnd = new byte[1];
            while (await stream.ReadAsync(byteOrEnd, Ct) > 0) _heard.Writer.TryWrite("byte");
            _heard.Writer.TryWrite("end");
            await Eventually.HoldsAsync(() => socket.Poll(0, SelectMode.SelectError), "the silent pod's connection is cut", cancellationToken: Ct);
            _heard.Writer.TryWrite("cut");
        });
        PortForwardOptions options = Only(form) with { DisposeTimeout = TimeSpan.FromMilliseconds(200) };
        await using (ForwardedStream connection = await _client.ConnectAsync(s_pod, service.Port, options, Ct)) await connection.WriteAsync("x"u8.ToArray(), Ct);
        Assert.Equal("byte", await _heard.Reader.ReadAsync(Ct));
        Assert.Equal("end", await _heard.Reader.ReadAsync(Ct));
        Assert.Equal("cut", await _heard.Reader.ReadAsync(Ct));
    }

    [Theory, MemberData(nameof(Forms))]
    public async Task One_with_a_read_that_waits_ends_in_order_and_the_read_is_told(string form)
    {
        await using PodService service = Listener();
        ForwardedStream connection = await _client.ConnectAsync(s_pod, service.Port, Only(form), Ct);
        await connection.WriteAsync("all"u8.ToArray(), Ct);
        ValueTask<int> reading = connection.ReadAsync(new byte[1], Ct);
        await connection.DisposeAsync();
        await Assert.ThrowsAnyAsync<Exception>(async () => await reading);
        Assert.Equal(Convert.ToHexString(SHA256.HashData("all"u8)), await _heard.Reader.ReadAsync(Ct));
    }

    [Theory, MemberData(nameof(Forms))]
    public async Task One_whose_write_was_cancelled_is_a_reset(string form)
    {
        TaskCompletionSource go = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using SemaphoreSlim connected = new(0);
        await using PodService service = new(async socket =>
        {
            connected.Release();
            await go.Task.WaitAsync(Ct); // reads nothing before: the write gets stuck
            try
            {
                await new NetworkStream(socket).CopyToAsync(Stream.Null, Ct);
                _heard.Writer.TryWrite("end");
            }
            catch (IOException)
            {
                _heard.Writer.TryWrite("reset");
            }
        });
        ForwardedStream connection = await _client.ConnectAsync(s_pod, service.Port, Only(form), Ct);
        await connected.WaitAsync(Ct);
        using CancellationTokenSource giveUp = new();
        ValueTask writing = connection.WriteAsync(new byte[64 * 1024 * 1024], giveUp.Token);
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await writing);
        ValueTask disposing = connection.DisposeAsync();
        go.SetResult();
        await disposing;
        Assert.Equal("reset", await _heard.Reader.ReadAsync(Ct));
    }
}
