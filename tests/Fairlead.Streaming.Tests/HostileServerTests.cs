using System.Text;
using Fairlead.Wire;

namespace Fairlead.Streaming.Tests;

public sealed class HostileServerTests
{
    const int Text = 1, Binary = 2, CloseFrame = 8;

    const string Success = """{"metadata":{},"status":"Success"}""";

    [Fact]
    public async Task An_orderly_close_without_a_status_is_lost_and_never_success()
    {
        await using RawPeer peer = await RawPeer.ToClientAsync();
        await peer.SendFrameAsync(Binary, [1, .. "part"u8]);
        await peer.SendFrameAsync(CloseFrame, [0x03, 0xe8]);
        SessionLostException lost = await Assert.ThrowsAsync<SessionLostException>(() => peer.Client!.Status);
        Assert.Equal(SessionLoss.PeerClosed, lost.Kind);
        Assert.Equal("part", Encoding.UTF8.GetString(await peer.Client!.StandardOutput.ReadAllAsync(Ct)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_cut_connection_delivers_what_came_and_then_is_lost(bool reset)
    {
        await using RawPeer peer = await RawPeer.ToClientAsync();
        await peer.SendFrameAsync(Binary, [1, .. "part"u8]);
        Assert.Equal("part", await peer.Client!.StandardOutput.ReadTextAsync(4));
        if (reset) peer.Reset();
        else peer.HalfClose();
        SessionLostException lost = await Assert.ThrowsAsync<SessionLostException>(() => peer.Client.Status);
        Assert.Equal(SessionLoss.ConnectionBroken, lost.Kind);
        await Assert.ThrowsAsync<SessionLostException>(() => peer.Client.StandardOutput.ReadAllAsync(Ct));
        await Assert.ThrowsAsync<SessionLostException>(async () => await peer.Client.StandardInput.WriteAsync(new byte[10], Ct));
    }

    [Fact]
    public async Task Unread_output_is_still_delivered_after_the_loss()
    {
        await using RawPeer peer = await RawPeer.ToClientAsync();
        await peer.SendFrameAsync(Binary, [1, .. "before the cut"u8]);
        peer.HalfClose();
        await Assert.ThrowsAsync<SessionLostException>(() => peer.Client!.Status);
        Assert.Equal("before the cut", await peer.Client!.StandardOutput.ReadTextAsync(14));
        await Assert.ThrowsAsync<SessionLostException>(async () => await peer.Client.StandardOutput.ReadAsync(Ct));
    }

    [Fact]
    public async Task A_status_in_pieces_is_put_together_and_output_after_it_still_arrives()
    {
        await using RawPeer peer = await RawPeer.ToClientAsync();
        await peer.SendFrameAsync(Binary, [1]);
        await peer.SendFrameAsync(Binary, [3, .. Encoding.UTF8.GetBytes(Success[..10])]);
        await peer.SendFrameAsync(Text, [3, .. Encoding.UTF8.GetBytes(Success[10..])]);
        await peer.SendFrameAsync(Binary, [1, .. "late"u8]);
        await peer.SendFrameAsync(CloseFrame, [0x03, 0xe8]);
        Assert.True((await peer.Client!.Status).IsSuccess);
        Assert.Equal("late", Encoding.UTF8.GetString(await peer.Client.StandardOutput.ReadAllAsync(Ct)));
    }

    [Fact]
    public async Task A_close_signal_for_an_output_ends_that_output_only()
    {
        await using RawPeer peer = await RawPeer.ToClientAsync();
        await peer.SendFrameAsync(Binary, [2, .. "e"u8]);
        await peer.SendFrameAsync(Binary, [0xff, 2]);
        await peer.SendFrameAsync(Binary, [1, .. "o"u8]);
        Assert.Equal("e", Encoding.UTF8.GetString(await peer.Client!.StandardError.ReadAllAsync(Ct)));
        Assert.Equal("o", await peer.Client.StandardOutput.ReadTextAsync(1));
    }

    [Fact]
    public async Task Rubbish_on_the_error_channel_is_no_success()
    {
        await using RawPeer peer = await RawPeer.ToClientAsync();
        await peer.SendFrameAsync(Binary, [3, .. "{\"status\":\"Perhaps\"}"u8]);
        await peer.SendFrameAsync(CloseFrame, [0x03, 0xe8]);
        SessionLostException lost = await Assert.ThrowsAsync<SessionLostException>(() => peer.Client!.Status);
        Assert.Equal(SessionLoss.ProtocolError, lost.Kind);
    }

    [Fact]
    public async Task An_endless_status_is_cut_at_its_limit()
    {
        await using RawPeer peer = await RawPeer.ToClientAsync();
        Task flood = Task.Run(async () =>
        {
            for (int i = 0; i < 40; i++) await peer.SendFrameAsync(Binary, [3, .. new byte[32 * 1024]]);
        }, Ct);
        SessionLostException lost = await Assert.ThrowsAsync<SessionLostException>(() => peer.Client!.Status);
        Assert.Equal(SessionLoss.ProtocolError, lost.Kind);
        await flood;
    }

    [Fact]
    public async Task The_client_sends_what_the_vectors_say()
    {
        await using RawPeer peer = await RawPeer.ToClientAsync();
        await peer.Client!.StandardInput.WriteAsync("hello\n"u8.ToArray(), Ct);
        await peer.Client.StandardInput.CompleteAsync();
        Assert.Equal("820068656c6c6f0a", await NextAsync(peer));
        Assert.Equal("82ff00", await NextAsync(peer));

        await using RawPeer terminal = await RawPeer.ToClientAsync(request: SessionPair.Terminal);
        await terminal.Client!.ResizeAsync(new TerminalSize(80, 24), Ct);
        Assert.Equal("82047b225769647468223a38302c22486569676874223a32347d0a", await NextAsync(terminal));

        await using RawPeer base64 = await RawPeer.ToClientAsync(RemoteCommandProtocol.Base64V4);
        await base64.Client!.StandardInput.WriteAsync("foo\n"u8.ToArray(), Ct);
        Assert.Equal("81305a6d397643673d3d", await NextAsync(base64));
    }

    [Fact]
    public async Task A_client_whose_output_nobody_reads_still_shows_that_it_lives()
    {
        await using RawPeer peer = await RawPeer.ToClientAsync(limits: CarrierLimits.Default with { PingInterval = TimeSpan.FromMilliseconds(100), PingTimeout = TimeSpan.FromMilliseconds(500), ChannelBytes = 16 * 1024 });
        Task flood = Task.Run(async () =>
        {
            for (int i = 0; i < 8; i++) await peer.SendFrameAsync(Binary, [1, .. new byte[16 * 1024]]);
        }, Ct);
        for (int pongs = 0; pongs < 10;)
        {
            if (await NextAsync(peer) == "8a") pongs++;
        }

        await flood;
    }

    [Fact]
    public async Task A_black_hole_is_lost_within_the_deadline()
    {
        await using RawPeer peer = await RawPeer.ToClientAsync(limits: CarrierLimits.Default with { PingInterval = TimeSpan.FromMilliseconds(100), PingTimeout = TimeSpan.FromSeconds(1) });
        SessionLostException lost = await Assert.ThrowsAsync<SessionLostException>(() => peer.Client!.Status);
        Assert.Equal(SessionLoss.KeepAliveTimeout, lost.Kind);
    }

    [Fact]
    public async Task Before_v4_an_orderly_end_without_text_is_success_and_a_cut_is_not()
    {
        await using RawPeer peer = await RawPeer.ToClientAsync(RemoteCommandProtocol.V1);
        await peer.SendFrameAsync(CloseFrame, [0x03, 0xe8]);
        Assert.True((await peer.Client!.Status).IsSuccess);

        await using RawPeer cut = await RawPeer.ToClientAsync(RemoteCommandProtocol.V1);
        cut.HalfClose();
        await Assert.ThrowsAsync<SessionLostException>(() => cut.Client!.Status);
    }

    static async Task<string> NextAsync(RawPeer peer)
    {
        (byte first, byte[] payload) = (await peer.ReadFrameAsync(Ct))!.Value;
        return Convert.ToHexStringLower([first, .. payload]);
    }

    static CancellationToken Ct => TestContext.Current.CancellationToken;
}
