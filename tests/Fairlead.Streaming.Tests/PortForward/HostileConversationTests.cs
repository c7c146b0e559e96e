using System.Buffers.Binary;
using System.Net.Sockets;
using Fairlead.Streaming.WebSockets.Conversations;
using Fairlead.Testing;
using Fairlead.Wire.PortForward;

namespace Fairlead.Streaming.Tests.PortForward;

/// <summary>Peers that break <c>portforward.fairlead.v2</c>, record by record: each is told so by name, and nothing hangs.</summary>
public sealed class HostileConversationTests
{
    const string Open1 = "01 00000d 00000001 0000000000010000 0000 1f90 00", Open3 = "01 00000d 00000003 0000000000010000 0000 1f90 00";
    const string Connected1 = "02 000008 00000001 0000000000010000";

    static readonly CarrierLimits Limits = CarrierLimits.Default with { Linger = TimeSpan.FromSeconds(1) };

    [Theory]
    [InlineData("00 000002 00000001 6869", "never opened")]
    [InlineData("01 00000c 00000001 0000000000010000 0000 1f90", "too short")]
    [InlineData("01 00000d 00000001 8000000000010000 0000 1f90 00", "63 bits")]
    [InlineData("01 00000d 00000001 0000000000010000 0000 1f90 05", "too short")] // a host that is not there
    [InlineData(Open1 + "|" + Open1, "again")]
    [InlineData(Open3 + "|" + Open1, "behind a later one")]
    [InlineData("01 00000d 00000002 0000000000010000 0000 1f90 00", "not its to open")]
    [InlineData("01 00000d 00000000 0000000000010000 0000 1f90 00", "not its to open")]
    [InlineData(Open1 + "| 00 000001 00000001 68", "more than the credit")] // nobody has answered yet
    [InlineData(Open1 + Connected1, "was answered")]
    [InlineData(Open1 + "| 03 000002 00000001 0001", "was refused")]
    [InlineData(Open1 + "| 04 000000 00000001 | 04 000000 00000001", "END of conversation 1")]
    [InlineData(Open1 + "| 04 000000 00000001 | 00 000001 00000001 68", "behind the END")]
    [InlineData(Open1 + "| 05 000001 00000001 00", "no code")]
    [InlineData(Open1 + "| 06 000008 00000001 8000000000000000", "63 bits")]
    [InlineData("06 000008 00000003 0000000000000001", "never opened")]
    [InlineData("04 000000 00000002", "never opened")]
    [InlineData("04 000000 00000000", "never opened")]
    [InlineData("03 000002 00000000 0001", "Conversation 0")]
    [InlineData(Open1 + "00 000005 00000001 68", "more than the credit")]
    [InlineData("09 000005 00000001 68", "within a record")]
    [InlineData("01 0000", "within a record")]
    [InlineData("04 001001 00000001", "longer than 4096")]
    [InlineData("07 000004 00000000 01020304", "too short")]
    public async Task A_client_that_breaks_it_is_told(string messages, string told)
    {
        (Socket client, Socket server) = await SessionPair.ConnectAsync();
        await using ConversationAcceptor acceptor = new(new NetworkStream(server, ownsSocket: true), Limits, () => server.Close(0));
        await using NetworkStream raw = new(client, ownsSocket: true);
        foreach (string message in messages.Split('|')) await raw.WriteAsync(RawWebSocketFrames.Encode(2, Hex(message)), Ct);
        Assert.Equal(1002, (await CloseAsync(raw))!.CloseCode);
        SessionLostException loss = (await acceptor.Ended.WaitAsync(Ct))!;
        Assert.Equal(SessionLoss.ProtocolError, loss.Kind);
        Assert.Contains(told, loss.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("02 000008 00000003 0000000000010000", "never opened")]
    [InlineData("00 000001 00000001 68", "DATA came before")]
    [InlineData("04 000000 00000001", "END of conversation 1")]
    [InlineData("06 000008 00000001 0000000000010000", "CREDIT came before")]
    [InlineData(Connected1 + "|" + Connected1, "was answered")]
    [InlineData(Connected1 + "| 03 000002 00000001 0001", "was refused")]
    [InlineData("02 000004 00000001 00000000", "too short")]
    [InlineData("01 00000d 00000001 0000000000010000 0000 1f90 00", "not its to open")]
    public async Task A_server_that_breaks_it_is_told(string messages, string told)
    {
        (Socket client, Socket server) = await SessionPair.ConnectAsync();
        await using ConversationPortForward carrier = new(new NetworkStream(client, ownsSocket: true), Limits);
        await using NetworkStream raw = new(server, ownsSocket: true);
        Task<ForwardedStream> opening = carrier.OpenAsync(8080, Ct).AsTask();
        Assert.Equal(Hex(Open1), (await RawWebSocketFrames.ReadAsync(raw, cancellationToken: Ct))!.Payload);
        foreach (string message in messages.Split('|')) await raw.WriteAsync(RawWebSocketFrames.Encode(2, Hex(message), masked: false), Ct);
        Assert.Equal(1002, (await CloseAsync(raw))!.CloseCode);
        SessionLostException loss = (await carrier.Ended.WaitAsync(Ct))!;
        Assert.Contains(told, loss.Message, StringComparison.Ordinal);
        await Record.ExceptionAsync(() => opening);
        if (opening.IsCompletedSuccessfully) await Assert.ThrowsAsync<SessionLostException>(async () => await (await opening).ReadExactlyAsync(new byte[1], Ct));
        await Assert.ThrowsAnyAsync<IOException>(async () => await carrier.OpenAsync(80, Ct));
    }

    [Fact]
    public async Task A_server_that_sends_more_than_the_credit_is_told()
    {
        (Socket client, Socket server) = await SessionPair.ConnectAsync();
        await using ConversationPortForward carrier = new(new NetworkStream(client, ownsSocket: true), Limits);
        await using NetworkStream raw = new(server, ownsSocket: true);
        Task<ForwardedStream> opening = carrier.OpenAsync(8080, Ct).AsTask();
        Assert.NotNull(await RawWebSocketFrames.ReadAsync(raw, cancellationToken: Ct));
        await raw.WriteAsync(RawWebSocketFrames.Encode(2, Hex(Connected1), masked: false), Ct);
        await using ForwardedStream stream = await opening;
        byte[] whole = [.. Hex("00 010000 00000001"), .. new byte[65536]];
        await raw.WriteAsync(RawWebSocketFrames.Encode(2, whole, masked: false), Ct);
        await raw.WriteAsync(RawWebSocketFrames.Encode(2, Hex("00 000001 00000001 68"), masked: false), Ct);
        Assert.Equal(1002, (await CloseAsync(raw))!.CloseCode);
        await stream.ReadExactlyAsync(new byte[65536], Ct); // what was given credit is delivered
        SessionLostException loss = await Assert.ThrowsAsync<SessionLostException>(async () => await stream.ReadExactlyAsync(new byte[1], Ct));
        Assert.Contains("more than the credit", loss.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_not_known_is_ignored_or_refused_and_the_rest_goes_on()
    {
        (Socket client, Socket server) = await SessionPair.ConnectAsync();
        await using ConversationAcceptor acceptor = new(new NetworkStream(server, ownsSocket: true), Limits, () => server.Close(0));
        await using NetworkStream raw = new(client, ownsSocket: true);
        await raw.WriteAsync(RawWebSocketFrames.Encode(2, default), Ct);
        await SendAsync("09 000003 00000007 010203" + "ff 000000 ffffffff");
        await SendAsync("01 00000d 00000001 0000000000010000 0100 1f90 00"); // datagrams
        Assert.Equal(Hex("03 000002 00000001 0007"), await ReadAsync());
        await SendAsync("01 00000d 00000003 0000000000010000 0001 1f90 00"); // a flag
        Assert.Equal(Hex("03 000002 00000003 0007"), await ReadAsync());
        await SendAsync("01 000011 00000005 0000000000010000 0000 1f90 04 686f7374"); // a host
        Assert.Equal(Hex("03 000002 00000005 0007"), await ReadAsync());
        await SendAsync("04 000000 00000005" + "06 000008 00000005 0000000000010000" + "00 000002 00000005 6869"); // of one that is over
        await SendAsync("07 000008 00000000 0102030405060708");
        Assert.Equal(Hex("08 000008 00000000 0102030405060708"), await ReadAsync());
        await SendAsync("08 000008 00000000 0102030405060708"); // an answer to nothing
        await SendAsync("01 00000f 00000009 0000000000010000 0000 1f90 00 ffff" + "05 000002 00000009 0011" + "07 000008 00000000 0000000000000001"); // opened and given up at once
        Assert.Equal(Hex("08 000008 00000000 0000000000000001"), await ReadAsync());
        await SendAsync("01 00000d 0000000b 0000000000000003 0000 0050 00");
        await using ForwardedStream given = (await acceptor.AcceptAsync(Ct))!.Accept();
        await Assert.ThrowsAsync<ForwardResetException>(async () => await given.ReadExactlyAsync(new byte[1], Ct));
        await using ForwardedStream stream = (await acceptor.AcceptAsync(Ct))!.Accept();
        Assert.Equal(Hex("02 000008 0000000b 0000000000010000"), await ReadAsync());
        await stream.WriteAsync("hello"u8.ToArray(), Ct);
        Assert.Equal(Hex("00 000003 0000000b 68656c"), await ReadAsync()); // as much as there is credit
        await SendAsync("06 000008 0000000b 0000000000000003" + "06 000008 0000000b 0000000000000100");
        Assert.Equal(Hex("00 000002 0000000b 6c6f"), await ReadAsync());
        await SendAsync("00 000000 0000000b" + "00 000002 0000000b 6869" + "04 000000 0000000b");
        using StreamReader reader = new(stream, leaveOpen: true);
        Assert.Equal("hi", await reader.ReadToEndAsync(Ct));

        async Task SendAsync(string message) => await raw.WriteAsync(RawWebSocketFrames.Encode(2, Hex(message)), Ct);
        async Task<byte[]> ReadAsync() => (await RawWebSocketFrames.ReadAsync(raw, cancellationToken: Ct))!.Payload;
    }

    [Fact]
    public async Task A_client_refuses_what_a_server_opens()
    {
        (Socket client, Socket server) = await SessionPair.ConnectAsync();
        await using ConversationPortForward carrier = new(new NetworkStream(client, ownsSocket: true), Limits);
        await using NetworkStream raw = new(server, ownsSocket: true);
        await raw.WriteAsync(RawWebSocketFrames.Encode(2, Hex("01 00000d 00000002 0000000000010000 0000 1f90 00"), masked: false), Ct);
        Assert.Equal(Hex("03 000002 00000002 0007"), (await RawWebSocketFrames.ReadAsync(raw, cancellationToken: Ct))!.Payload);
        Assert.False(carrier.Ended.IsCompleted);
    }

    [Fact]
    public async Task A_server_that_says_why_the_carrier_goes_is_heard()
    {
        (Socket client, Socket server) = await SessionPair.ConnectAsync();
        await using ConversationPortForward carrier = new(new NetworkStream(client, ownsSocket: true), Limits);
        await using NetworkStream raw = new(server, ownsSocket: true);
        Task<ForwardedStream> opening = carrier.OpenAsync(8080, Ct).AsTask();
        Assert.NotNull(await RawWebSocketFrames.ReadAsync(raw, cancellationToken: Ct));
        await raw.WriteAsync(RawWebSocketFrames.Encode(2, Hex("05 000006 00000000 0012 64757374"), masked: false), Ct);
        await raw.WriteAsync(RawWebSocketFrames.Encode(8, Hex("03e8"), masked: false), Ct);
        SessionLostException loss = await Assert.ThrowsAsync<SessionLostException>(() => opening);
        Assert.Equal("dust", loss.Message);
    }

    [Fact]
    public async Task Conversations_beyond_the_limit_are_refused_also_those_that_were_reset_and_are_still_held()
    {
        CarrierLimits few = Limits with { Conversations = 2 };
        await using ConversationPair pair = await ConversationPair.OpenAsync(Limits, few);
        (ForwardedStream near, ForwardedStream far) = await pair.ConverseAsync();
        (ForwardedStream reset, ForwardedStream held) = await pair.ConverseAsync();
        await reset.DisposeAsync();
        await Eventually.HoldsAsync(() => pair.Server.Open == 1, "the second is over on the wire", cancellationToken: Ct);
        ForwardResetException refusal = await Assert.ThrowsAsync<ForwardResetException>(async () => await pair.Client.OpenAsync(80, Ct));
        Assert.Equal(ForwardFault.LimitReached, refusal.Fault);
        await held.DisposeAsync();
        (ForwardedStream next, ForwardedStream nextFar) = await pair.ConverseAsync();
        foreach (ForwardedStream stream in (ForwardedStream[])[near, far, next, nextFar])
        {
            stream.Abort();
            await stream.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_flood_of_opens_that_reads_no_answers_is_cut_by_name()
    {
        (Socket client, Socket server) = await SessionPair.ConnectAsync();
        await using StuckStream stuck = new(new NetworkStream(server, ownsSocket: true));
        await using ConversationAcceptor acceptor = new(stuck, Limits with { Conversations = 16 }, () => server.Close(0));
        await using NetworkStream raw = new(client, ownsSocket: true);
        byte[] open = Hex(Open1);
        for (uint id = 1; id < 200; id += 2)
        {
            BinaryPrimitives.WriteUInt32BigEndian(open.AsSpan(4), id);
            await raw.WriteAsync(RawWebSocketFrames.Encode(2, open), Ct);
        }

        SessionLostException loss = (await acceptor.Ended.WaitAsync(Ct))!;
        Assert.Contains("does not read how they are refused", loss.Message, StringComparison.Ordinal);
        stuck.Dispose();
    }

    /// <summary>A peer that broke the protocol and never stops sending is not read for ever.</summary>
    [Fact]
    public async Task A_client_that_goes_on_sending_after_it_was_told_is_let_go()
    {
        (Socket client, Socket server) = await SessionPair.ConnectAsync();
        ConversationAcceptor acceptor = new(new NetworkStream(server, ownsSocket: true), Limits, () => server.Close(0));
        await using NetworkStream raw = new(client, ownsSocket: true);
        Task flooding = Task.Run(async () =>
        {
            while (true) await raw.WriteAsync(RawWebSocketFrames.Encode(2, Hex("04 000000 00000002")), Ct);
        }, Ct);
        Assert.Equal(SessionLoss.ProtocolError, (await acceptor.Ended.WaitAsync(Ct))!.Kind);
        await acceptor.DisposeAsync();
        await Assert.ThrowsAnyAsync<IOException>(() => flooding);
    }

    [Fact]
    public async Task A_flood_of_pings_that_reads_no_answers_holds_one()
    {
        (Socket client, Socket server) = await SessionPair.ConnectAsync();
        await using ConversationAcceptor acceptor = new(new NetworkStream(server, ownsSocket: true), Limits, () => server.Close(0));
        await using NetworkStream raw = new(client, ownsSocket: true);
        byte[] pings = [.. Enumerable.Range(0, 2000).SelectMany(static _ => Hex("07 000008 00000000 0102030405060708"))];
        for (int i = 0; i < 100; i++) await raw.WriteAsync(RawWebSocketFrames.Encode(2, pings), Ct);
        await raw.WriteAsync(RawWebSocketFrames.Encode(2, Hex(Open1)), Ct);
        Assert.NotNull(await acceptor.AcceptAsync(Ct)); // all of them were read
    }

    static byte[] Hex(string text) => Convert.FromHexString(text.Replace(" ", "", StringComparison.Ordinal));

    static async Task<RawFrame?> CloseAsync(NetworkStream raw)
    {
        while (await RawWebSocketFrames.ReadAsync(raw, cancellationToken: Ct) is { } frame)
        {
            if (frame.Opcode == 8) return frame;
        }

        return null;
    }

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>Reads as ever; a write waits until the stream is disposed, as one to a peer that does not read.</summary>
    sealed class StuckStream(Stream inner) : Stream
    {
        readonly TaskCompletionSource _gone = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => inner.ReadAsync(buffer, cancellationToken);

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await _gone.Task.WaitAsync(cancellationToken);
            throw new IOException("The peer is gone.");
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing) inner.Dispose();
            _gone.TrySetResult();
            base.Dispose(disposing);
        }

        public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;
        public override bool CanRead => true;
        public override bool CanWrite => true;
        public override bool CanSeek => false;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
        public override void Flush() => throw new NotSupportedException();
        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
