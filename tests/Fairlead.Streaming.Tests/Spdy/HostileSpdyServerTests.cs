using System.IO.Pipelines;
using System.Text;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Wire;
using Fairlead.Wire.Spdy;

namespace Fairlead.Streaming.Tests.Spdy;

public sealed class HostileSpdyServerTests
{
    const string Success = """{"metadata":{},"status":"Success"}""";

    static readonly CarrierLimits Quick = CarrierLimits.Default with
    {
        PingInterval = TimeSpan.FromMilliseconds(100),
        PingTimeout = TimeSpan.FromSeconds(1),
        StreamTimeout = TimeSpan.FromMilliseconds(300),
    };

    [Fact]
    public async Task Streams_are_opened_in_order_each_after_the_reply_of_the_one_before()
    {
        RemoteCommandRequest terminal = new() { Command = ["x"], Stdin = true, Stdout = true, Stderr = true, Tty = true };
        await using RawSpdyPeer peer = await RawSpdyPeer.ToClientAsync(request: terminal);
        uint id = 1;
        foreach (string type in new[] { "error", "stdin", "stdout", "resize" })
        {
            SpdyFrame syn = (await peer.ReadAsync())!.Value;
            Assert.Equal((SpdyFrameType.SynStream, id, SpdyFlags.None, 0u), (syn.Type, syn.Id, syn.Flags, syn.Value));
            Assert.Equal([new SpdyHeader("streamtype", type)], peer.Inflate(syn));
            Assert.False(peer.Stream.DataAvailable);
            await peer.ReplyAsync(id);
            id += 2;
        }

        AskingSession client = await peer.Client!;
        await client.ResizeAsync(new TerminalSize(80, 24), Ct);
        Assert.Equal("{\"Width\":80,\"Height\":24}\n", Encoding.UTF8.GetString((await peer.ReadAsync())!.Value.Payload.FirstSpan));
    }

    [Fact]
    public async Task The_end_that_a_go_server_sends_is_an_end_byte_by_byte()
    {
        (RawSpdyPeer peer, AskingSession client) = await RawSpdyPeer.ToReadyClientAsync();
        await using RawSpdyPeer owned = peer;
        await client.StandardInput.WriteAsync("hi\n"u8.ToArray(), Ct);
        await client.StandardInput.CompleteAsync();
        Assert.Equal("000000030000000368690a", await peer.ReadHexAsync());
        Assert.Equal("0000000301000000", await peer.ReadHexAsync());
        await peer.SendAsync(
            "0000000500000005 68656c6c6f 0000000501000000 0000000701000000 0000000100000014 7b22737461747573223a2253756363657373227d" +
            "8003000300000008 00000003 00000005 8003000300000008 00000001 00000005 8003000700000008 00000007 00000000");
        peer.HalfClose();
        Assert.Equal("hello", Encoding.UTF8.GetString(await client.StandardOutput.ReadAllAsync(Ct)));
        Assert.Empty(await client.StandardError.ReadAllAsync(Ct));
        Assert.True((await client.Status).IsSuccess);
    }

    [Fact]
    public async Task A_client_that_has_its_status_resets_what_is_open_and_says_goaway()
    {
        (RawSpdyPeer peer, AskingSession client) = await RawSpdyPeer.ToReadyClientAsync();
        await using RawSpdyPeer owned = peer;
        await peer.DataAsync(1, Encoding.UTF8.GetBytes(Success), fin: true);
        await peer.DataAsync(5, "late"u8.ToArray(), fin: true);
        await peer.DataAsync(7, [], fin: true);
        Assert.True((await client.Status).IsSuccess);
        Assert.Equal("late", Encoding.UTF8.GetString(await client.StandardOutput.ReadAllAsync(Ct)));
        HashSet<uint> reset = [];
        SpdyFrame frame;
        while ((frame = (await peer.ReadAsync())!.Value).Type is SpdyFrameType.ResetStream) reset.Add(frame.Id);
        Assert.Equal([1u, 3u, 5u, 7u], reset.Order());
        Assert.Equal((SpdyFrameType.GoAway, 0u, 0u), (frame.Type, frame.Id, frame.Value));
        await peer.SendAsync(SpdyFrame.GoAway(7, SpdyGoAwayStatus.Ok));
        await client.DisposeAsync(); // both have said it: nobody waits for the other's close
        Assert.Null(await peer.ReadAsync());
    }

    [Theory]
    [InlineData("v4.channel.k8s.io", false)]
    [InlineData("v3.channel.k8s.io", true)]
    [InlineData("v2.channel.k8s.io", true)]
    [InlineData("channel.k8s.io", true)]
    public async Task An_orderly_end_without_a_word_is_success_only_before_v4(string name, bool isSuccess)
    {
        (RawSpdyPeer peer, AskingSession client) = await RawSpdyPeer.ToReadyClientAsync(RemoteCommandProtocol.FindOverSpdy(name));
        await using RawSpdyPeer owned = peer;
        await peer.DataAsync(5, "part"u8.ToArray(), fin: true);
        await peer.SendAsync(SpdyFrame.Reset(7, SpdyResetStatus.Cancel));
        await peer.SendAsync(SpdyFrame.Reset(1, SpdyResetStatus.Cancel));
        await peer.SendAsync(SpdyFrame.GoAway(7, SpdyGoAwayStatus.Ok));
        peer.HalfClose();
        Assert.Equal("part", Encoding.UTF8.GetString(await client.StandardOutput.ReadAllAsync(Ct)));
        if (isSuccess) Assert.True((await client.Status).IsSuccess);
        else Assert.Equal(SessionLoss.PeerClosed, (await Assert.ThrowsAsync<SessionLostException>(() => client.Status)).Kind);
    }

    [Theory]
    [InlineData("v4.channel.k8s.io")]
    [InlineData("v3.channel.k8s.io")]
    [InlineData("v2.channel.k8s.io")]
    [InlineData("channel.k8s.io")]
    public async Task A_cut_is_never_success(string name)
    {
        (RawSpdyPeer peer, AskingSession client) = await RawSpdyPeer.ToReadyClientAsync(RemoteCommandProtocol.FindOverSpdy(name));
        await using RawSpdyPeer owned = peer;
        await peer.DataAsync(5, "part"u8.ToArray());
        peer.HalfClose();
        SessionLostException lost = await Assert.ThrowsAsync<SessionLostException>(() => client.Status);
        Assert.Equal(SessionLoss.ConnectionBroken, lost.Kind);
        Assert.Equal("part", await client.StandardOutput.ReadTextAsync(4));
        await Assert.ThrowsAsync<SessionLostException>(() => client.StandardOutput.ReadAllAsync(Ct));
        await Assert.ThrowsAsync<SessionLostException>(async () => await client.StandardInput.WriteAsync(new byte[10], Ct));
    }

    [Theory]
    [InlineData("v4.channel.k8s.io")]
    [InlineData("v2.channel.k8s.io")]
    public async Task A_reset_for_another_reason_is_a_loss(string name)
    {
        (RawSpdyPeer peer, AskingSession client) = await RawSpdyPeer.ToReadyClientAsync(RemoteCommandProtocol.FindOverSpdy(name));
        await using RawSpdyPeer owned = peer;
        await peer.SendAsync(SpdyFrame.Reset(1, SpdyResetStatus.InternalError));
        SessionLostException lost = await Assert.ThrowsAsync<SessionLostException>(() => client.Status);
        Assert.Contains("InternalError", lost.Message);
    }

    [Fact]
    public async Task A_v1_server_that_resets_the_error_stream_first_and_writes_to_it_later_is_heard()
    {
        (RawSpdyPeer peer, AskingSession client) = await RawSpdyPeer.ToReadyClientAsync(RemoteCommandProtocol.SpdyV1);
        await using RawSpdyPeer owned = peer;
        await peer.SendAsync(SpdyFrame.Reset(1, SpdyResetStatus.Cancel));
        await peer.DataAsync(3, [], fin: true); // its end of the input means nothing there
        await peer.DataAsync(5, "out"u8.ToArray(), fin: true);
        Assert.Equal("out", Encoding.UTF8.GetString(await client.StandardOutput.ReadAllAsync(Ct)));
        Assert.False(client.Status.IsCompleted);
        Assert.False((await client.StandardInput.WriteAsync("still taken"u8.ToArray(), Ct)).IsCompleted);
        await peer.DataAsync(1, "it failed"u8.ToArray());
        await peer.SendAsync(SpdyFrame.GoAway(7, SpdyGoAwayStatus.Ok));
        peer.HalfClose();
        Assert.Equal("it failed", (await client.Status).Message);
    }

    [Fact]
    public async Task A_server_that_ends_its_half_of_the_input_takes_no_more()
    {
        (RawSpdyPeer peer, AskingSession client) = await RawSpdyPeer.ToReadyClientAsync();
        await using RawSpdyPeer owned = peer;
        await peer.DataAsync(3, [], fin: true);
        FlushResult result;
        do result = await client.StandardInput.WriteAsync("x"u8.ToArray(), Ct);
        while (!result.IsCompleted);
        await client.StandardInput.CompleteAsync();
        SpdyFrame frame;
        do frame = (await peer.ReadAsync())!.Value;
        while (!frame.IsFin);
        Assert.Equal(3u, frame.Id);
    }

    [Fact]
    public async Task Data_before_the_reply_is_refused_and_not_lost_in_silence()
    {
        await using RawSpdyPeer peer = await RawSpdyPeer.ToClientAsync();
        await peer.ReadAsync();
        await peer.DataAsync(1, "too early"u8.ToArray());
        SessionLostException lost = await Assert.ThrowsAsync<SessionLostException>(() => peer.Client!);
        Assert.Contains("before it accepted it", lost.Message);
    }

    [Fact]
    public async Task A_stream_that_is_refused_or_not_answered_is_no_session()
    {
        await using RawSpdyPeer refusing = await RawSpdyPeer.ToClientAsync();
        await refusing.ReadAsync();
        await refusing.SendAsync(SpdyFrame.Reset(1, SpdyResetStatus.RefusedStream));
        Assert.Contains("RefusedStream", (await Assert.ThrowsAsync<SessionLostException>(() => refusing.Client!)).Message);

        await using RawSpdyPeer canceling = await RawSpdyPeer.ToClientAsync(RemoteCommandProtocol.SpdyV1);
        await canceling.ReadAsync();
        await canceling.SendAsync(SpdyFrame.Reset(1, SpdyResetStatus.Cancel));
        await Assert.ThrowsAsync<SessionLostException>(() => canceling.Client!);

        await using RawSpdyPeer silent = await RawSpdyPeer.ToClientAsync(limits: Quick);
        Assert.Contains("did not answer the opening", (await Assert.ThrowsAsync<SessionLostException>(() => silent.Client!)).Message);

        await using RawSpdyPeer gone = await RawSpdyPeer.ToClientAsync();
        await gone.ReadAsync();
        gone.HalfClose();
        Assert.Equal(SessionLoss.ConnectionBroken, (await Assert.ThrowsAsync<SessionLostException>(() => gone.Client!)).Kind);

        await using RawSpdyPeer leaving = await RawSpdyPeer.ToClientAsync();
        await leaving.ReplyAsync(1);
        await leaving.SendAsync(SpdyFrame.GoAway(1, SpdyGoAwayStatus.Ok));
        leaving.HalfClose();
        Assert.Equal(SessionLoss.PeerClosed, (await Assert.ThrowsAsync<SessionLostException>(() => leaving.Client!)).Kind);
    }

    [Fact]
    public async Task The_opening_can_be_cancelled()
    {
        using CancellationTokenSource cancel = new();
        await using RawSpdyPeer peer = await RawSpdyPeer.ToClientAsync(cancel: cancel);
        await peer.ReadAsync();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => peer.Client!);
        Assert.Null(await peer.ReadUntilAsync(SpdyFrameType.GoAway)); // cut
    }

    [Fact]
    public async Task A_stream_of_the_servers_is_refused()
    {
        (RawSpdyPeer peer, AskingSession client) = await RawSpdyPeer.ToReadyClientAsync();
        await using RawSpdyPeer owned = peer;
        await peer.SynAsync(2, "stdin");
        SpdyFrame reset = (await peer.ReadAsync())!.Value;
        Assert.Equal((SpdyFrameType.ResetStream, 2u, (uint)SpdyResetStatus.RefusedStream), (reset.Type, reset.Id, reset.Value));
        await peer.DataAsync(5, "on"u8.ToArray());
        Assert.Equal("on", await client.StandardOutput.ReadTextAsync(2));
    }

    [Fact]
    public async Task Headers_and_repeated_replies_keep_the_compression_in_step()
    {
        (RawSpdyPeer peer, AskingSession client) = await RawSpdyPeer.ToReadyClientAsync();
        await using RawSpdyPeer owned = peer;
        await peer.ReplyAsync(1);
        await peer.ReplyAsync(99);
        await peer.SendAsync(new SpdyFrame(SpdyFrameType.Headers, 0, 1, Payload: new(peer.Compress([new("a", "b")]))));
        await peer.SendAsync(new SpdyFrame(SpdyFrameType.Headers, SpdyFlags.Fin, 5, Payload: new(peer.Compress([]))));
        Assert.Empty(await client.StandardOutput.ReadAllAsync(Ct));
        Assert.False(client.Status.IsCompleted);
    }

    [Fact]
    public async Task Rubbish_and_an_endless_text_on_the_error_stream_are_no_success()
    {
        (RawSpdyPeer peer, AskingSession client) = await RawSpdyPeer.ToReadyClientAsync();
        await using RawSpdyPeer owned = peer;
        await peer.DataAsync(1, "{\"status\":\"Perhaps\"}"u8.ToArray(), fin: true);
        Assert.Equal(SessionLoss.ProtocolError, (await Assert.ThrowsAsync<SessionLostException>(() => client.Status)).Kind);

        (RawSpdyPeer endless, AskingSession other) = await RawSpdyPeer.ToReadyClientAsync();
        await using RawSpdyPeer ownedToo = endless;
        Task flood = Task.Run(async () =>
        {
            for (int i = 0; i < 40; i++) await endless.DataAsync(1, new byte[32 * 1024]);
        }, Ct);
        Assert.Equal(SessionLoss.ProtocolError, (await Assert.ThrowsAsync<SessionLostException>(() => other.Status)).Kind);
        await flood;
    }

    [Fact]
    public async Task A_frame_of_16_MiB_is_passed_on_as_it_comes()
    {
        const int Length = (1 << 24) - 1;
        (RawSpdyPeer peer, AskingSession client) = await RawSpdyPeer.ToReadyClientAsync();
        await using RawSpdyPeer owned = peer;
        Task sending = peer.DataAsync(5, new byte[Length], fin: true);
        long total = 0;
        while (true)
        {
            ReadResult result = await client.StandardOutput.ReadAsync(Ct);
            Assert.InRange(result.Buffer.Length, 0, 1024 * 1024);
            total += result.Buffer.Length;
            client.StandardOutput.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted) break;
        }

        Assert.Equal(Length, total);
        await sending;
    }

    [Fact]
    public async Task A_server_that_pings_on_after_the_end_is_left_after_the_linger_time()
    {
        (RawSpdyPeer peer, AskingSession client) = await RawSpdyPeer.ToReadyClientAsync(limits: Quick with { Linger = TimeSpan.FromMilliseconds(300) });
        await using RawSpdyPeer owned = peer;
        await peer.DataAsync(5, [], fin: true);
        await peer.DataAsync(7, [], fin: true);
        await peer.DataAsync(1, Encoding.UTF8.GetBytes(Success), fin: true);
        Assert.True((await client.Status).IsSuccess);
        Task leaving = client.DisposeAsync().AsTask();
        for (uint id = 2; !leaving.IsCompleted; id += 2)
        {
            await Task.WhenAny(leaving, Task.Delay(50, Ct)); // its pace
            try
            {
                await peer.SendAsync(SpdyFrame.Ping(id));
            }
            catch (IOException)
            {
                break; // it has gone
            }
        }

        await leaving;
    }

    [Fact]
    public async Task A_breach_is_told_and_named()
    {
        (RawSpdyPeer peer, AskingSession client) = await RawSpdyPeer.ToReadyClientAsync();
        await using RawSpdyPeer owned = peer;
        await peer.SendAsync("HTTP/1.1 502 Bad Gateway\r\n\r\n"u8.ToArray());
        Assert.Equal((uint)SpdyGoAwayStatus.ProtocolError, (await peer.ReadUntilAsync(SpdyFrameType.GoAway))!.Value.Value);
        peer.HalfClose();
        Assert.Equal(SessionLoss.ProtocolError, (await Assert.ThrowsAsync<SessionLostException>(() => client.Status)).Kind);
    }

    [Fact]
    public async Task A_silent_server_is_pinged_with_odd_ids_and_lost_within_the_deadline()
    {
        (RawSpdyPeer peer, AskingSession client) = await RawSpdyPeer.ToReadyClientAsync(limits: Quick with { StreamTimeout = TimeSpan.FromSeconds(30) });
        await using RawSpdyPeer owned = peer;
        SpdyFrame ping = (await peer.ReadAsync())!.Value;
        Assert.Equal((SpdyFrameType.Ping, 1u), (ping.Type, ping.Id % 2));
        Assert.Equal(SessionLoss.KeepAliveTimeout, (await Assert.ThrowsAsync<SessionLostException>(() => client.Status)).Kind);
    }

    static CancellationToken Ct => TestContext.Current.CancellationToken;
}
