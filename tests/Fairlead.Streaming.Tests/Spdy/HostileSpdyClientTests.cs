using System.Buffers.Binary;
using System.Diagnostics;
using System.Text;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Wire;
using Fairlead.Wire.Spdy;

namespace Fairlead.Streaming.Tests.Spdy;

public sealed class HostileSpdyClientTests
{
    internal static readonly CarrierLimits Quick = CarrierLimits.Default with { PingInterval = TimeSpan.FromMilliseconds(100), PingTimeout = TimeSpan.FromSeconds(1) };

    static readonly CarrierLimits Few = CarrierLimits.Default with { Spdy = SpdyLimits.Default with { IdleFrames = 100, Streams = 10, WaitingReplies = 50 } };

    [Fact]
    public async Task Every_stream_is_answered_at_once_in_any_order()
    {
        await using RawSpdyPeer peer = await RawSpdyPeer.ToServerAsync();
        foreach ((uint id, string type) in new[] { (1u, "STDOUT"), (7u, "stdin"), (9u, "no such type"), (11u, "error") })
        {
            await peer.SynAsync(id, type);
            SpdyFrame reply = (await peer.ReadAsync())!.Value;
            Assert.Equal((SpdyFrameType.SynReply, id), (reply.Type, reply.Id));
            Assert.Empty(peer.Inflate(reply));
        }

        await peer.DataAsync(9, new byte[100_000], fin: true); // accepted and ignored, like all that Go servers do not know
        await peer.DataAsync(7, "early"u8.ToArray(), fin: true);
        Assert.False(peer.Server!.IsCompleted);
        await peer.SynAsync(13, "stderr");
        AnsweringSession server = await peer.Server;
        Assert.Equal("early", Encoding.UTF8.GetString(await server.StandardInput.ReadAllAsync(Ct)));
    }

    [Fact]
    public async Task The_streams_of_a_go_client_are_understood()
    {
        RemoteCommandRequest terminal = new() { Command = ["x"], Stdin = true, Stdout = true, Stderr = true, Tty = true };
        await using RawSpdyPeer peer = await RawSpdyPeer.ToServerAsync(request: terminal);
        await peer.SendAsync(
            "80030001000000290000000100000000000078f9e3c6a7c26260606004a7b392a2d4c45c6851c29a0a0a6800000000ffff" +
            "800300010000001700000003000000000000c22e555c92929907000000ffff800300010000001900000005000000000000c22ac5565c92925f5a02000000ffff" +
            "800300010000001500000007000000000000c229975a5404000000ffff800300010000001800000009000000000000c22e57945a9c59950a000000ffff");
        await peer.Server!;
        for (uint id = 1; id <= 9; id += 2) Assert.Equal((SpdyFrameType.SynReply, id), await NextAsync(peer));
    }

    [Fact]
    public async Task The_ending_is_outputs_then_status_then_goaway_byte_by_byte()
    {
        (RawSpdyPeer peer, AnsweringSession server) = await RawSpdyPeer.ToReadyServerAsync();
        await using RawSpdyPeer owned = peer;
        await server.StandardOutput.WriteAsync("hello"u8.ToArray(), Ct);
        Task ending = server.EndAsync(Status.Success).AsTask();
        Assert.Equal("000000050000000568656c6c6f", await peer.ReadHexAsync());
        Assert.Equal("0000000501000000", await peer.ReadHexAsync());
        Assert.Equal("0000000701000000", await peer.ReadHexAsync());
        Assert.Equal("00000001000000227b226d65746164617461223a7b7d2c22737461747573223a2253756363657373227d", await peer.ReadHexAsync());
        Assert.Equal("0000000101000000", await peer.ReadHexAsync());
        Assert.Equal("80030007000000080000000700000000", await peer.ReadHexAsync());
        await peer.DataAsync(3, new byte[1000]);
        await peer.SendAsync(SpdyFrame.Ping(5)); // nothing stands behind the GOAWAY, no echo either
        Assert.False(ending.IsCompleted); // it waits for the client's close, so that no reset overtakes the status
        await peer.SendAsync(SpdyFrame.GoAway(0, SpdyGoAwayStatus.Ok));
        await ending;
        await server.DisposeAsync();
        Assert.Null(await peer.ReadAsync());
    }

    [Fact]
    public async Task A_v1_client_gets_its_error_text_before_the_ends_that_make_it_leave()
    {
        (RawSpdyPeer peer, AnsweringSession server) = await RawSpdyPeer.ToReadyServerAsync(RemoteCommandProtocol.SpdyV1);
        await using RawSpdyPeer owned = peer;
        Task ending = server.EndAsync(new Status { Result = Status.FailureResult, Message = "no" }).AsTask();
        Assert.Equal("00000001000000026e6f", await peer.ReadHexAsync());
        Assert.Equal("0000000101000000", await peer.ReadHexAsync());
        Assert.Equal("0000000501000000", await peer.ReadHexAsync());
        Assert.Equal("0000000701000000", await peer.ReadHexAsync());
        Assert.Equal("80030007000000080000000700000000", await peer.ReadHexAsync());
        peer.HalfClose();
        await ending;
    }

    [Fact]
    public async Task Pings_are_echoed_also_to_a_client_that_opens_no_stream()
    {
        await using RawSpdyPeer peer = await RawSpdyPeer.ToServerAsync();
        await peer.SendAsync(SpdyFrame.Ping(1));
        Assert.Equal("800300060000000400000001", await peer.ReadHexAsync());
        await peer.SendAsync(SpdyFrame.Ping(2)); // no question of this side's: not echoed
        await peer.SendAsync(SpdyFrame.Ping(3));
        Assert.Equal("800300060000000400000003", await peer.ReadHexAsync());
    }

    [Fact]
    public async Task A_client_that_does_not_open_its_streams_is_told_to_go()
    {
        await using RawSpdyPeer peer = await RawSpdyPeer.ToServerAsync(limits: CarrierLimits.Default with { StreamTimeout = TimeSpan.FromMilliseconds(300) });
        await peer.SynAsync(1, "error");
        await peer.SynAsync(3, "stdout");
        Assert.Equal((SpdyFrameType.SynReply, 1u), await NextAsync(peer));
        Assert.Equal((SpdyFrameType.SynReply, 3u), await NextAsync(peer));
        Assert.Equal("80030007000000080000000300000000", await peer.ReadHexAsync());
        await peer.SendAsync(SpdyFrame.GoAway(0, SpdyGoAwayStatus.Ok));
        SessionLostException lost = await Assert.ThrowsAsync<SessionLostException>(() => peer.Server!);
        Assert.Contains("2 of 4", lost.Message);
        Assert.Null(await peer.ReadAsync());
    }

    [Theory]
    [InlineData("stdout", 3)] // a second one
    [InlineData("stdin", 1)] // an id that was used
    [InlineData("stdin", 8)] // a server's id
    [InlineData("stdin", 0x80000005)] // an id of 32 bits
    public async Task A_stream_that_may_not_be_is_reset_and_the_rest_goes_on(string type, uint id)
    {
        await using RawSpdyPeer peer = await RawSpdyPeer.ToServerAsync();
        await peer.SynAsync(1, "stdout");
        await peer.ReadAsync();
        await peer.SynAsync(id, type);
        SpdyFrame reset = (await peer.ReadUntilAsync(SpdyFrameType.ResetStream))!.Value;
        Assert.Equal((id, (uint)SpdyResetStatus.ProtocolError), (reset.Id, reset.Value));
        foreach ((uint next, string name) in new[] { (11u, "stdin"), (13u, "stderr"), (15u, "error") }) await peer.SynAsync(next, name);
        await peer.Server!; // the shared compression is still in step
    }

    [Fact]
    public async Task One_stream_too_many_is_refused_and_a_flood_of_them_ends_the_connection()
    {
        await using RawSpdyPeer peer = await RawSpdyPeer.ToServerAsync(limits: Few);
        uint id = 1;
        for (int i = 0; i < 10; i++, id += 2)
        {
            await peer.SynAsync(id, "x");
            Assert.Equal(SpdyFrameType.SynReply, (await peer.ReadAsync())!.Value.Type);
        }

        await peer.SynAsync(id, "x");
        SpdyFrame refused = (await peer.ReadAsync())!.Value;
        Assert.Equal((SpdyFrameType.ResetStream, id, (uint)SpdyResetStatus.RefusedStream), (refused.Type, refused.Id, refused.Value));
        await AssertEndedAsync(peer, async () => await peer.SynAsync(id += 2, "x"));
    }

    [Fact]
    public async Task Streams_that_are_opened_only_to_be_reset_end_the_connection()
    {
        await using RawSpdyPeer peer = await RawSpdyPeer.ToServerAsync(limits: Few);
        uint id = 1;
        await AssertEndedAsync(peer, async () =>
        {
            await peer.SynAsync(id, "x");
            await peer.SendAsync(SpdyFrame.Reset(id, SpdyResetStatus.Cancel));
            id += 2;
        });
    }

    [Theory]
    [InlineData("80030004 0000000c 00000001 00000007 00010000")] // SETTINGS
    [InlineData("80030009 00000008 00000001 00010000")] // WINDOW_UPDATE
    [InlineData("80030006 00000004 00000001")] // PING
    [InlineData("00000003 00000000")] // empty DATA
    [InlineData("00000063 00000001 00")] // DATA for a stream that never was
    [InlineData("80030003 00000008 00000063 00000005")] // RST_STREAM for one
    [InlineData("80030007 00000008 00000000 00000000")] // GOAWAY
    public async Task Endless_frames_that_move_nothing_end_the_connection(string hex)
    {
        (RawSpdyPeer peer, AnsweringSession server) = await RawSpdyPeer.ToReadyServerAsync(limits: Few);
        await using RawSpdyPeer owned = peer;
        await AssertEndedAsync(peer, () => peer.SendAsync(hex));
        Assert.Equal(SessionLoss.ProtocolError, (await LossAsync(server)).Kind);
    }

    [Fact]
    public async Task Answers_that_nobody_reads_are_not_piled_up()
    {
        (RawSpdyPeer peer, AnsweringSession server) = await RawSpdyPeer.ToReadyServerAsync(
            limits: CarrierLimits.Default with { Linger = TimeSpan.FromMilliseconds(500), Spdy = SpdyLimits.Default with { IdleFrames = int.MaxValue, WaitingReplies = 100 } });
        await using RawSpdyPeer owned = peer;
        byte[] pings = new byte[12 * 5000];
        for (int i = 0; i < 5000; i++) Convert.FromHexString("800300060000000400000001").CopyTo(pings, 12 * i);
        try
        {
            while (!server.Lost.IsCancellationRequested) await peer.SendAsync(pings).WaitAsync(TimeSpan.FromSeconds(20), Ct);
        }
        catch (IOException)
        {
            // cut while it was sending, which is one way to be told
        }

        Assert.Equal(SessionLoss.ProtocolError, (await LossAsync(server)).Kind);
    }

    [Fact]
    public async Task A_bomb_ends_the_connection_and_allocates_no_more_than_its_limit()
    {
        byte[] bomb = RawSpdyPeer.Bomb(60_000_000);
        await using RawSpdyPeer peer = await RawSpdyPeer.ToServerAsync();
        long before = GC.GetTotalAllocatedBytes(precise: true);
        await peer.SendAsync(new SpdyFrame(SpdyFrameType.SynStream, 0, 1, Payload: new(bomb)));
        Assert.Equal((uint)SpdyGoAwayStatus.ProtocolError, (await peer.ReadUntilAsync(SpdyFrameType.GoAway))!.Value.Value);
        peer.HalfClose();
        SessionLostException lost = await Assert.ThrowsAsync<SessionLostException>(() => peer.Server!);
        Assert.Contains("inflates to more than 65536", lost.Message);
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, 20_000_000); // other tests run beside this one
    }

    public static TheoryData<string, string> Breaches => new()
    {
        { Syn(Count(65)), "count of 65" },
        { Syn([0, 0, 0, 1, 0, 0, 0x20, 1, .. new byte[9000]]), "length of 8193" },
        { Syn([0, 0, 0, 1, 0, 0, 0, 1, (byte)'a', 0x7f, 0xff, 0xff, 0xff]), "length of 2147483647" },
        { Syn([0, 0, 0, 1, 0, 0, 0, 1, (byte)'A', 0, 0, 0, 0]), "upper-case" },
        { "80030001 0010000a", "SynStream" },
        { "80030004 00ffffff", "Settings" },
        { "80030004 0000000c ffffffff 00000007 00010000", "4294967295 entries" },
        { "80030005 00000000", "unknown type 5" },
        { "80020006 00000004 00000001", "version 2" },
        { "80030001 00000010 00000001 00000000 0000 78bb00000000", "another dictionary" },
        { "80030001 00000010 00000001 00000000 0000 ffffffffffff", "zlib" },
        { "474554202f2048545450", "flags 2f" },
    };

    [Theory, MemberData(nameof(Breaches))]
    public async Task A_breach_is_named_and_answered_with_a_goaway(string hex, string reason)
    {
        await using RawSpdyPeer peer = await RawSpdyPeer.ToServerAsync();
        await peer.SendAsync(hex);
        Assert.Equal("80030007000000080000000000000001", await peer.ReadHexAsync());
        peer.HalfClose();
        SessionLostException lost = await Assert.ThrowsAsync<SessionLostException>(() => peer.Server!);
        Assert.Equal(SessionLoss.ProtocolError, lost.Kind);
        Assert.Contains(reason, lost.Message);
    }

    [Fact]
    public async Task A_client_that_ignores_its_goaway_is_left_after_the_linger_time()
    {
        CarrierLimits limits = Quick with { Linger = TimeSpan.FromMilliseconds(300) };
        await using RawSpdyPeer peer = await RawSpdyPeer.ToServerAsync(limits: limits);
        await peer.SendAsync("80030005 00000000");
        await Assert.ThrowsAsync<SessionLostException>(() => peer.Server!);
    }

    [Fact]
    public async Task Frames_behind_an_end_are_dropped_and_the_end_stays()
    {
        (RawSpdyPeer peer, AnsweringSession server) = await RawSpdyPeer.ToReadyServerAsync();
        await using RawSpdyPeer owned = peer;
        await peer.DataAsync(3, "all"u8.ToArray(), fin: true);
        await peer.DataAsync(3, "more"u8.ToArray(), fin: true);
        await peer.DataAsync(5, "a client writes no output"u8.ToArray());
        await peer.SendAsync(SpdyFrame.Ping(1));
        Assert.Equal((SpdyFrameType.Ping, 1u), await NextAsync(peer));
        Assert.Equal("all", Encoding.UTF8.GetString(await server.StandardInput.ReadAllAsync(Ct)));
        Assert.False(server.Lost.IsCancellationRequested);
    }

    [Fact]
    public async Task A_reset_of_the_input_is_no_end_of_it_and_a_reset_output_takes_no_more()
    {
        (RawSpdyPeer peer, AnsweringSession server) = await RawSpdyPeer.ToReadyServerAsync();
        await using RawSpdyPeer owned = peer;
        await peer.DataAsync(3, "half"u8.ToArray());
        await peer.SendAsync(SpdyFrame.Reset(3, SpdyResetStatus.Cancel));
        await peer.SendAsync(SpdyFrame.Reset(5, SpdyResetStatus.Cancel));
        Assert.Equal("half", await server.StandardInput.ReadTextAsync(4));
        await Assert.ThrowsAsync<SessionLostException>(() => server.StandardInput.ReadAllAsync(Ct));
        while (!(await server.StandardOutput.WriteAsync(new byte[100], Ct)).IsCompleted)
        {
            // what was written before the reset was seen
        }

        Assert.False(server.Lost.IsCancellationRequested);
    }

    [Fact]
    public async Task A_goaway_without_an_end_of_input_leaves_the_input_cut()
    {
        (RawSpdyPeer peer, AnsweringSession server) = await RawSpdyPeer.ToReadyServerAsync();
        await using RawSpdyPeer owned = peer;
        await peer.DataAsync(3, "half"u8.ToArray());
        await peer.SendAsync(SpdyFrame.GoAway(0, SpdyGoAwayStatus.Ok));
        peer.HalfClose();
        Assert.Equal(SessionLoss.PeerClosed, (await LossAsync(server)).Kind);
        await Assert.ThrowsAsync<SessionLostException>(() => server.StandardInput.ReadAllAsync(Ct));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_client_that_vanishes_in_the_middle_of_a_frame_is_lost_after_what_it_sent_was_delivered(bool reset)
    {
        (RawSpdyPeer peer, AnsweringSession server) = await RawSpdyPeer.ToReadyServerAsync();
        await using RawSpdyPeer owned = peer;
        await peer.SendAsync("00000003 01000020" + Convert.ToHexString("last words"u8));
        Assert.Equal("last words", await server.StandardInput.ReadTextAsync(10));
        if (reset) peer.Reset();
        else peer.HalfClose();
        Assert.Equal(SessionLoss.ConnectionBroken, (await LossAsync(server)).Kind);
        await Assert.ThrowsAsync<SessionLostException>(() => server.StandardInput.ReadAllAsync(Ct));
    }

    [Fact]
    public async Task A_silent_client_is_pinged_and_lost_within_the_deadline()
    {
        (RawSpdyPeer peer, AnsweringSession server) = await RawSpdyPeer.ToReadyServerAsync(limits: Quick);
        await using RawSpdyPeer owned = peer;
        SpdyFrame ping = (await peer.ReadAsync())!.Value;
        Assert.Equal((SpdyFrameType.Ping, 0u), (ping.Type, ping.Id % 2));
        Assert.Equal(SessionLoss.KeepAliveTimeout, (await LossAsync(server)).Kind);
    }

    [Fact]
    public async Task A_client_that_answers_pings_stays()
    {
        (RawSpdyPeer peer, AnsweringSession server) = await RawSpdyPeer.ToReadyServerAsync(limits: Quick);
        await using RawSpdyPeer owned = peer;
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(2.5)) await peer.SendAsync((await peer.ReadAsync())!.Value);
        Assert.False(server.Lost.IsCancellationRequested);
    }

    [Fact]
    public async Task A_client_whose_queues_are_full_may_be_silent_for_longer()
    {
        (RawSpdyPeer peer, AnsweringSession server) = await RawSpdyPeer.ToReadyServerAsync(limits: Quick);
        await using RawSpdyPeer owned = peer;
        for (int i = 0; i < 60; i++) await server.StandardOutput.WriteAsync(new byte[10], Ct);
        for (int data = 0; data < 60;) if ((await peer.ReadAsync())!.Value.Type is SpdyFrameType.Data) data++;

        // A Go client that does not read its output answers no ping either: twice the deadline passes, and it is not lost.
        await Task.Delay(2 * Quick.PingTimeout, Ct);
        Assert.False(server.Lost.IsCancellationRequested);
        for (int i = 0; i < 30; i++) await peer.SendAsync((await peer.ReadUntilAsync(SpdyFrameType.Ping))!.Value);

        // It has read everything, as its answers show: from here on its silence counts again.
        Assert.Equal(SessionLoss.KeepAliveTimeout, (await LossAsync(server)).Kind);
    }

    [Fact]
    public async Task A_server_whose_command_reads_no_input_still_shows_that_it_lives()
    {
        (RawSpdyPeer peer, AnsweringSession server) = await RawSpdyPeer.ToReadyServerAsync(limits: Quick with { PingTimeout = TimeSpan.FromMilliseconds(500), ChannelBytes = 16 * 1024 });
        await using RawSpdyPeer owned = peer;
        Task flood = Task.Run(async () =>
        {
            for (int i = 0; i < 8; i++) await peer.DataAsync(3, new byte[16 * 1024]);
            await peer.SendAsync(SpdyFrame.Ping(7));
        }, Ct);

        for (int beats = 0; beats < 10; beats++) Assert.Equal(0u, (await NextAsync(peer)).Id % 2);
        await flood;
        Assert.False(server.Lost.IsCancellationRequested);
        await server.StandardInput.CompleteAsync(); // the command has closed its input: what waits is dropped
        while (await NextAsync(peer) != (SpdyFrameType.Ping, 7u))
        {
            // beats that were on their way
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_client_that_goes_while_its_input_waits_to_be_read_is_lost(bool webServerKnows)
    {
        using CancellationTokenSource gone = new();
        CarrierLimits limits = Quick with { ChannelBytes = 16 * 1024, Linger = TimeSpan.FromMilliseconds(300) };
        (RawSpdyPeer peer, AnsweringSession server) = await RawSpdyPeer.ToReadyServerAsync(limits: limits, gone: gone);
        await using RawSpdyPeer owned = peer;
        for (int i = 0; i < 4; i++) await peer.DataAsync(3, new byte[16 * 1024]);
        if (webServerKnows) await gone.CancelAsync();
        else peer.Reset();
        Assert.Equal(SessionLoss.ConnectionBroken, (await LossAsync(server)).Kind);
    }

    [Fact]
    public async Task A_client_that_never_answers_the_goaway_is_left_after_the_linger_time()
    {
        (RawSpdyPeer peer, AnsweringSession server) = await RawSpdyPeer.ToReadyServerAsync(limits: Quick with { Linger = TimeSpan.FromMilliseconds(300) });
        await using RawSpdyPeer owned = peer;
        await server.EndAsync(Status.Success);
    }

    static async Task AssertEndedAsync(RawSpdyPeer peer, Func<Task> send)
    {
        Task<SpdyFrame?> ended = peer.ReadUntilAsync(SpdyFrameType.GoAway);
        for (int i = 0; i < 5000 && !ended.IsCompleted; i++) await send();
        Assert.Equal((uint)SpdyGoAwayStatus.ProtocolError, (await ended)!.Value.Value);
        peer.HalfClose();
    }

    static async Task<(SpdyFrameType Type, uint Id)> NextAsync(RawSpdyPeer peer)
    {
        SpdyFrame frame = (await peer.ReadAsync())!.Value;
        return (frame.Type, frame.Id);
    }

    static async Task<SessionLostException> LossAsync(AnsweringSession server)
    {
        TaskCompletionSource lost = new();
        using CancellationTokenRegistration registration = server.Lost.Register(lost.SetResult);
        await lost.Task.WaitAsync(Ct);
        return server.LossReason!;
    }

    static string Syn(byte[] block)
    {
        System.Buffers.ArrayBufferWriter<byte> wire = new(), frame = new();
        new SpdyHeaderDeflater().Deflate(block, wire);
        new SpdyFrame(SpdyFrameType.SynStream, 0, 1, Payload: new(wire.WrittenMemory)).WriteTo(frame);
        return Convert.ToHexString(frame.WrittenSpan);
    }

    static byte[] Count(int count)
    {
        byte[] block = new byte[4 + (count * 10)];
        BinaryPrimitives.WriteInt32BigEndian(block, count);
        return block;
    }

    static CancellationToken Ct => TestContext.Current.CancellationToken;
}
