using Fairlead.Testing;
using Fairlead.Wire;

namespace Fairlead.Streaming.Tests;

/// <summary>Fail as of this commit: the library answers a ping from inside a receive, and so waits behind a write that is blocked.</summary>
public sealed class PingBehindWriteTests
{
    const int Binary = 2, Ping = 9;

    [Fact]
    public async Task A_ping_behind_a_blocked_write_does_not_stop_the_output()
    {
        RawPeer peer = await RawPeer.ToClientAsync(limits: CarrierLimits.Default);
        await Standstill.FillAsync(peer.Client!.StandardInput, Ct);
        await peer.SendFrameAsync(Ping, [1]);
        await peer.SendFrameAsync(Binary, [1, .. "moving"u8]);
        Assert.Equal("moving", await peer.Client.StandardOutput.ReadTextAsync(6).WaitAsync(TimeSpan.FromSeconds(3), Ct));
        await peer.DisposeAsync();
    }

    [Fact]
    public async Task Pings_do_not_stop_an_echo_whose_reader_pauses()
    {
        const int size = 48 * 1024 * 1024;
        CarrierLimits limits = CarrierLimits.Default with { PingInterval = TimeSpan.FromMilliseconds(100) };
        SessionPair pair = await SessionPair.OpenAsync(clientLimits: limits, serverLimits: limits);
        Task echo = Task.Run(async () =>
        {
            await pair.Server.StandardInput.CopyToAsync(pair.Server.StandardOutput, Ct);
            await pair.EndAsync(Status.Success);
        }, Ct);
        Task write = Task.Run(async () =>
        {
            await pair.Client.StandardInput.WriteAsync(new byte[size], Ct);
            await pair.Client.StandardInput.CompleteAsync();
        }, Ct);
        Assert.True(await Standstill.IsReachedAsync(write, Ct)); // both ways are full, and pings are in between
        byte[] all = await pair.Client.StandardOutput.ReadAllAsync(Ct).WaitAsync(TimeSpan.FromSeconds(20), Ct);
        Assert.Equal(size, all.Length);
        await Task.WhenAll(echo, write);
        await pair.DisposeAsync();
    }

    static CancellationToken Ct => TestContext.Current.CancellationToken;
}
