using System.Net.Sockets;
using Fairlead.Lab;
using Fairlead.Wire.PortForward;

namespace Fairlead.FunctionalTests;

/// <summary>The time limits of a forwarded connection's blocking members, which are those of a socket's stream.</summary>
public sealed class StreamTimeoutTests : IAsyncLifetime
{
    static readonly PodReference s_pod = new("demo");

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

    static PortForwardOptions Only(string description) =>
        new() { Protocols = [PortForwardProtocol.All.First(form => form.Description == description)] };

    [Theory, MemberData(nameof(Forms))]
    public async Task A_read_that_waits_too_long_says_so_and_what_comes_later_is_read_later(string form)
    {
        TaskCompletionSource answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using PodService service = new(async socket =>
        {
            await answer.Task;
            await socket.SendAsync("late"u8.ToArray(), Ct);
        });
        await using ForwardedStream connection = await _client.ConnectAsync(s_pod, service.Port, Only(form), Ct);
        Assert.True(connection.CanTimeout);
        connection.ReadTimeout = 50;
        byte[] four = new byte[4];
        ServerUnreachableException given = Assert.Throws<ServerUnreachableException>(() => connection.Read(four, 0, 4));
        Assert.True(given.IsTimeout);
        Assert.Contains("Nothing came within 0.05 s", given.Message, StringComparison.Ordinal);
        answer.SetResult();
        connection.ReadTimeout = Timeout.Infinite;
        Assert.Equal(4, connection.ReadAtLeast(four, 4));
        Assert.Equal("late"u8.ToArray(), four);
    }

    [Fact]
    public async Task A_write_that_nobody_takes_ends_and_leaves_a_connection_that_is_cut()
    {
        TaskCompletionSource<bool> seen = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource read = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using PodService service = new(async socket =>
        {
            await read.Task;
            try
            {
                while (await socket.ReceiveAsync(new byte[65536], Ct) > 0)
                {
                    // to its end
                }

                seen.TrySetResult(false);
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
            {
                seen.TrySetResult(true);
            }
        });
        await using (ForwardedStream connection = await _client.ConnectAsync(s_pod, service.Port, cancellationToken: Ct))
        {
            connection.WriteTimeout = 300;
            byte[] much = new byte[64 * 1024 * 1024]; // more than all the buffers on the way
            ServerUnreachableException given = Assert.Throws<ServerUnreachableException>(() => connection.Write(much, 0, much.Length));
            Assert.Contains("was not taken within 0.3 s", given.Message, StringComparison.Ordinal);
        }

        read.SetResult();
        Assert.True(await seen.Task.WaitAsync(Ct), "the pod took a cut connection for one that was finished");
        await using ForwardedStream other = await _client.ConnectAsync(s_pod, service.Port, cancellationToken: Ct);
        Assert.Throws<ArgumentOutOfRangeException>(() => other.ReadTimeout = 0);
    }
}
