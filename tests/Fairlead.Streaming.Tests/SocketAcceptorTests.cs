using System.Net;
using System.Net.Sockets;
using Fairlead.Streaming.Sockets;
using Fairlead.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Fairlead.Streaming.Tests;

/// <summary>A listening socket that fails for a while is told of, and looked at again without a tight loop.</summary>
[Trait("Case", "C16")]
public sealed class SocketAcceptorTests
{
    [Fact]
    public async Task Trouble_is_told_at_once_and_then_once_a_minute()
    {
        using Socket listening = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listening.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listening.Listen();
        listening.Shutdown(SocketShutdown.Both); // from here on every accept fails
        FakeTimeProvider time = new();
        List<(DateTimeOffset At, int Count)> told = [];
        SocketAcceptor acceptor = new(listening, (_, count) =>
        {
            lock (told) told.Add((time.GetUtcNow(), count));
        }, time);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        Task<Socket> accepting = acceptor.AcceptAsync(stop.Token).AsTask();
        await Eventually.HoldsAsync(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(5));
                lock (told) return told.Count >= 2;
            },
            "it is told a second time", cancellationToken: stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => accepting);
        Assert.Equal(1, told[0].Count);
        Assert.True(told[1].At - told[0].At >= TimeSpan.FromMinutes(1));
        Assert.InRange(told[1].Count, 1, 100);
    }

    [Fact]
    public async Task A_socket_that_is_disposed_ends_the_wait()
    {
        Socket listening = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listening.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listening.Listen();
        SocketAcceptor acceptor = new(listening, static (failure, _) => Assert.Fail(failure.Message), TimeProvider.System);
        Task<Socket> accepting = acceptor.AcceptAsync(TestContext.Current.CancellationToken).AsTask();
        listening.Dispose();
        Exception ended = await Assert.ThrowsAnyAsync<Exception>(() => accepting.WaitAsync(Eventually.Patience, TestContext.Current.CancellationToken));
        Assert.True(ended is ObjectDisposedException or SocketException { SocketErrorCode: SocketError.OperationAborted }, ended.ToString());
    }
}
