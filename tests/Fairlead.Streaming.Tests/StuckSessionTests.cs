using Fairlead.Testing;
using Fairlead.Wire;

namespace Fairlead.Streaming.Tests;

/// <summary>Sessions in which one way, or both, is full when the end comes.</summary>
public sealed class StuckSessionTests
{
    const int Binary = 2, CloseFrame = 8, Ping = 9;

    static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);

    static readonly CarrierLimits Small = CarrierLimits.Default with
    {
        ChannelBytes = 16 * 1024,
        PingInterval = TimeSpan.FromMilliseconds(100),
        Linger = TimeSpan.FromMilliseconds(300),
    };

    [Fact]
    public async Task A_client_that_dies_behind_input_that_nobody_reads_is_lost()
    {
        await using RawPeer peer = await RawPeer.ToServerAsync(limits: Small);
        for (int i = 0; i < 8; i++) await peer.SendFrameAsync(Binary, new byte[16 * 1024]);
        await Task.Delay(300, Ct); // the read loop is to stand behind the input when the reset comes; before, it would be lost as well
        peer.Reset();
        TaskCompletionSource lost = new();
        using CancellationTokenRegistration registration = peer.Server!.Lost.Register(lost.SetResult);
        await lost.Task.WaitAsync(Patience, Ct);
    }

    [Fact]
    public async Task Disposing_a_client_that_is_full_both_ways_returns()
    {
        RawPeer peer = await RawPeer.ToClientAsync(limits: Small);
        for (int i = 0; i < 8; i++) await peer.SendFrameAsync(Binary, [1, .. new byte[16 * 1024]]);
        await Standstill.FillAsync(peer.Client!.StandardInput, Ct);
        await peer.Client.DisposeAsync().AsTask().WaitAsync(Patience, Ct);
        await peer.DisposeAsync();
    }

    [Fact]
    public async Task A_client_that_closes_and_reads_no_more_does_not_hold_up_the_end()
    {
        RawPeer peer = await RawPeer.ToServerAsync(limits: Small);
        await Standstill.FillAsync(peer.Server!.StandardOutput, Ct);
        await peer.SendFrameAsync(CloseFrame, [0x03, 0xe8]);
        await peer.Server.EndAsync(Status.Success).AsTask().WaitAsync(Patience, Ct);
        await peer.DisposeAsync();
    }

    [Fact]
    public async Task A_server_that_closes_and_reads_no_more_does_not_hold_up_the_end()
    {
        RawPeer peer = await RawPeer.ToClientAsync(limits: Small);
        await Standstill.FillAsync(peer.Client!.StandardInput, Ct);
        await peer.SendFrameAsync(Binary, [3, .. Status.Success.ToJson()]);
        await peer.SendFrameAsync(CloseFrame, [0x03, 0xe8]);
        await peer.Client.Status.WaitAsync(Patience, Ct);
        await peer.Client.DisposeAsync().AsTask().WaitAsync(Patience, Ct);
        await peer.DisposeAsync();
    }

    [Fact]
    public async Task A_server_that_pings_and_never_closes_does_not_hold_up_the_end()
    {
        RawPeer peer = await RawPeer.ToClientAsync(limits: Small);
        await peer.SendFrameAsync(Binary, [3, .. Status.Success.ToJson()]);
        using CancellationTokenSource over = new();
        Task pinging = Task.Run(async () =>
        {
            try
            {
                while (!over.IsCancellationRequested)
                {
                    await peer.SendFrameAsync(Ping, [1]);
                    await Task.Delay(50, Ct); // its pace
                }
            }
            catch (IOException)
            {
                // the client has gone
            }
        }, Ct);
        await peer.Client!.Status.WaitAsync(Patience, Ct);
        try
        {
            await peer.Client.DisposeAsync().AsTask().WaitAsync(Patience, Ct);
        }
        finally
        {
            await over.CancelAsync();
            await pinging;
        }

        await peer.DisposeAsync();
    }

    static CancellationToken Ct => TestContext.Current.CancellationToken;
}
