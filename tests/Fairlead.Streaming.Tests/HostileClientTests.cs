using System.Text;
using Fairlead.Wire;

namespace Fairlead.Streaming.Tests;

public sealed class HostileClientTests
{
    const int Text = 1, Binary = 2, Continuation = 0, CloseFrame = 8, Ping = 9, Pong = 10;

    static readonly CarrierLimits Small = CarrierLimits.Default with { MessageBytes = 1000, Base64MessageBytes = 1000 };

    [Fact]
    public async Task The_first_message_says_connected_on_the_lowest_output()
    {
        await using RawPeer peer = await RawPeer.ToServerAsync();
        Assert.Equal("8201", await NextAsync(peer));
        await using RawPeer quiet = await RawPeer.ToServerAsync(request: new() { Command = ["x"], Stdin = true });
        Assert.Equal("8203", await NextAsync(quiet));
        await using RawPeer base64 = await RawPeer.ToServerAsync(RemoteCommandProtocol.Base64V4);
        Assert.Equal("8131", await NextAsync(base64));
    }

    [Theory]
    [InlineData("ff09")]
    [InlineData("ff0001")]
    [InlineData("ff")]
    public async Task A_malformed_close_signal_ends_the_session_by_name(string message)
    {
        await using RawPeer peer = await ConnectedAsync();
        await peer.SendFrameAsync(Binary, Convert.FromHexString(message));
        await AssertClosedAsync(peer, 1002, "close signal");
        Assert.Equal(SessionLoss.ProtocolError, (await LossAsync(peer)).Kind);
    }

    [Theory]
    [InlineData("v5.channel.k8s.io")]
    [InlineData("base64.channel.k8s.io")]
    public async Task A_message_over_the_limit_is_refused_as_too_big(string name)
    {
        await using RawPeer peer = await ConnectedAsync(name, Small);
        await peer.SendFrameAsync(Binary, [(byte)(name[0] == 'b' ? '0' : 0), .. new byte[2000]]);
        await AssertClosedAsync(peer, 1009, "longer than 1000 bytes");
    }

    [Fact]
    public async Task What_means_nothing_is_ignored_and_the_session_goes_on()
    {
        await using RawPeer peer = await ConnectedAsync();
        await peer.SendFrameAsync(Binary, []);
        await peer.SendFrameAsync(Binary, [0]);
        await peer.SendFrameAsync(Binary, [9, 1, 2, 3]);
        await peer.SendFrameAsync(Binary, [1, 1, 2, 3]); // a client may not write to standard output
        await peer.SendFrameAsync(Binary, [3, 1, 2, 3]);
        await peer.SendFrameAsync(Binary, [4, .. "{}"u8]); // no terminal was asked for
        await peer.SendFrameAsync(Binary, [0xff, 1]); // an output channel cannot be ended from here
        await peer.SendFrameAsync(Text, [0, .. "text"u8]);
        await peer.SendFrameAsync(Binary, [0, .. "|fra"u8], fin: false);
        await peer.SendFrameAsync(Continuation, [], fin: false);
        await peer.SendFrameAsync(Ping, [1, 2, 3]);
        await peer.SendFrameAsync(Continuation, [0, .. "gment"u8], fin: false);
        await peer.SendFrameAsync(Continuation, [], fin: true);
        await peer.SendFrameAsync(Binary, [0xff, 0]);
        await peer.SendFrameAsync(Binary, [0, .. "after the end"u8]);
        await peer.SendFrameAsync(Binary, [0xff, 0]);

        Assert.Equal("text|fra\0gment", Encoding.UTF8.GetString(await peer.Server!.StandardInput.ReadAllAsync(Ct)));
        Assert.Equal("8a010203", await NextAsync(peer));
        Assert.False(peer.Server.Lost.IsCancellationRequested);
    }

    [Fact]
    public async Task Bad_base64_is_ignored_and_good_base64_is_not()
    {
        await using RawPeer peer = await ConnectedAsync("v4.base64.channel.k8s.io");
        await peer.SendFrameAsync(Text, "0!!!!"u8.ToArray());
        await peer.SendFrameAsync(Text, "/Zm9v"u8.ToArray());
        await peer.SendFrameAsync(Text, "0Zm9vCg=="u8.ToArray());
        Assert.Equal("foo\n", await peer.Server!.StandardInput.ReadTextAsync(4));
    }

    [Fact]
    public async Task Under_v4_a_close_signal_is_an_unknown_channel()
    {
        await using RawPeer peer = await ConnectedAsync("v4.channel.k8s.io");
        await peer.SendFrameAsync(Binary, [0xff, 0]);
        await peer.SendFrameAsync(Binary, [0, (byte)'x']);
        Assert.Equal("x", await peer.Server!.StandardInput.ReadTextAsync(1));
    }

    [Fact]
    public async Task An_unmasked_frame_is_a_protocol_error()
    {
        await using RawPeer peer = await ConnectedAsync();
        await peer.SendAsync("82 06 00 61 62 63 64 65 66 67");
        await AssertClosedAsync(peer, 1002, "");
        Assert.Equal(SessionLoss.ProtocolError, (await LossAsync(peer)).Kind);
    }

    [Fact]
    public async Task Text_that_is_not_utf8_is_refused_as_such()
    {
        await using RawPeer peer = await ConnectedAsync();
        await peer.SendFrameAsync(Text, [0, 0xff, 0xfe, 0xfd]);
        await AssertClosedAsync(peer, 1007, "");
    }

    [Fact]
    public async Task A_client_that_closes_is_gone_and_its_close_is_answered()
    {
        await using RawPeer peer = await ConnectedAsync();
        await peer.SendFrameAsync(CloseFrame, [0x03, 0xe8]);
        Assert.Equal("8803e8", await NextAsync(peer));
        Assert.Equal(SessionLoss.PeerClosed, (await LossAsync(peer)).Kind);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_client_that_vanishes_is_lost_after_what_it_sent_was_delivered(bool reset)
    {
        await using RawPeer peer = await ConnectedAsync();
        await peer.SendFrameAsync(Binary, [0, .. "last words"u8]);
        Assert.Equal("last words", await peer.Server!.StandardInput.ReadTextAsync(10));
        if (reset) peer.Reset();
        else peer.HalfClose();
        Assert.Equal(SessionLoss.ConnectionBroken, (await LossAsync(peer)).Kind);
        await Assert.ThrowsAsync<SessionLostException>(() => peer.Server.StandardInput.ReadAllAsync(Ct));
    }

    [Fact]
    public async Task A_silent_client_is_pinged_and_lost_within_the_deadline()
    {
        await using RawPeer peer = await ConnectedAsync(limits: CarrierLimits.Default with { PingInterval = TimeSpan.FromMilliseconds(100), PingTimeout = TimeSpan.FromSeconds(1) });
        Assert.StartsWith("89", await NextAsync(peer), StringComparison.Ordinal);
        Assert.Equal(SessionLoss.KeepAliveTimeout, (await LossAsync(peer)).Kind);
    }

    [Fact]
    public async Task A_client_that_answers_pings_stays()
    {
        await using RawPeer peer = await ConnectedAsync(limits: CarrierLimits.Default with { PingInterval = TimeSpan.FromMilliseconds(100), PingTimeout = TimeSpan.FromSeconds(1) });
        long end = Environment.TickCount64 + 2500;
        while (Environment.TickCount64 < end)
        {
            (byte first, byte[] payload) = (await peer.ReadFrameAsync(Ct))!.Value;
            if (first == 0x89) await peer.SendFrameAsync(Pong, payload);
        }

        Assert.False(peer.Server!.Lost.IsCancellationRequested);
    }

    [Fact]
    public async Task A_server_whose_command_reads_no_input_still_shows_that_it_lives()
    {
        await using RawPeer peer = await ConnectedAsync(limits: CarrierLimits.Default with { PingInterval = TimeSpan.FromMilliseconds(100), PingTimeout = TimeSpan.FromMilliseconds(500), ChannelBytes = 16 * 1024 });
        Task flood = Task.Run(async () =>
        {
            for (int i = 0; i < 8; i++) await peer.SendFrameAsync(Binary, new byte[16 * 1024]);
            await peer.SendFrameAsync(Ping, [7]);
        }, Ct);

        // The ping stands behind input that nobody reads: only an unasked Pong can tell the client not to give up.
        for (int pongs = 0; pongs < 10;)
        {
            (byte first, byte[] payload) = (await peer.ReadFrameAsync(Ct))!.Value;
            if (first == 0x8a && payload.Length == 0) pongs++;
        }

        await flood;
        Assert.False(peer.Server!.Lost.IsCancellationRequested);
        await peer.Server.StandardInput.CompleteAsync(); // the command has closed its input: what waits is dropped
        while (await NextAsync(peer) != "8a07")
        {
            // beats that were on their way
        }
    }

    [Fact]
    public async Task The_ending_is_output_then_status_then_close_byte_by_byte()
    {
        await using RawPeer peer = await ConnectedAsync();
        await peer.Server!.StandardOutput.WriteAsync("hello\n"u8.ToArray(), Ct);
        Task ending = peer.Server.EndAsync(Status.Success).AsTask();
        Assert.Equal("820168656c6c6f0a", await NextAsync(peer));
        Assert.Equal("82037b226d65746164617461223a7b7d2c22737461747573223a2253756363657373227d", await NextAsync(peer));
        Assert.Equal("8803e8", await NextAsync(peer));
        Assert.False(ending.IsCompleted); // it waits for the client's Close, so that no reset overtakes the status
        await peer.SendFrameAsync(Binary, [0, 1, 2, 3]);
        await peer.SendFrameAsync(CloseFrame, [0x03, 0xe8]);
        await ending;
    }

    [Fact]
    public async Task A_client_that_never_answers_the_close_is_left_after_the_linger_time()
    {
        await using RawPeer peer = await ConnectedAsync(limits: CarrierLimits.Default with { Linger = TimeSpan.FromMilliseconds(300), PingInterval = TimeSpan.FromMilliseconds(200) });
        await peer.Server!.EndAsync(Status.Success);
    }

    static async Task<RawPeer> ConnectedAsync(string name = "v5.channel.k8s.io", CarrierLimits? limits = null)
    {
        RawPeer peer = await RawPeer.ToServerAsync(RemoteCommandProtocol.Find(name), limits);
        await NextAsync(peer);
        return peer;
    }

    static async Task<string> NextAsync(RawPeer peer)
    {
        (byte first, byte[] payload) = (await peer.ReadFrameAsync(Ct))!.Value;
        return Convert.ToHexStringLower([first, .. payload]);
    }

    static async Task AssertClosedAsync(RawPeer peer, int code, string reason)
    {
        (byte first, byte[] payload) = (await peer.ReadFrameAsync(Ct))!.Value;
        Assert.Equal(0x88, first);
        Assert.Equal(code, (payload[0] << 8) | payload[1]);
        Assert.Contains(reason, Encoding.UTF8.GetString(payload.AsSpan(2)));
    }

    static async Task<SessionLostException> LossAsync(RawPeer peer)
    {
        TaskCompletionSource lost = new();
        using CancellationTokenRegistration registration = peer.Server!.Lost.Register(lost.SetResult);
        await lost.Task.WaitAsync(Ct);
        return peer.Server.LossReason!;
    }

    static CancellationToken Ct => TestContext.Current.CancellationToken;
}
