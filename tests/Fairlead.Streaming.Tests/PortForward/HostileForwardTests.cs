using System.Net.Sockets;
using Fairlead.Streaming.PortForward;
using Fairlead.Streaming.Spdy.PortForward;
using Fairlead.Streaming.WebSockets;
using Fairlead.Testing;
using Fairlead.Wire.PortForward;

namespace Fairlead.Streaming.Tests.PortForward;

/// <summary>Peers that break the forms of port-forward, byte by byte: each is told so, and nothing hangs.</summary>
public sealed class HostileForwardTests
{
    static readonly CarrierLimits Limits = CarrierLimits.Default with { Linger = TimeSpan.FromSeconds(1), StreamTimeout = TimeSpan.FromSeconds(1) };

    [Theory]
    [InlineData("00 6869")] // DATA before OPEN
    [InlineData("01 1f")] // an OPEN without a whole port
    [InlineData("01 1f90 | 01 1f90")] // a second OPEN
    [InlineData("02")] // a server's message
    [InlineData("01 1f90 | 03 0001")] // the same
    [InlineData("04")] // END of nothing
    [InlineData("01 1f90 | 04 | 04")] // END twice
    [InlineData("01 1f90 | 04 | 00 6869")] // DATA behind END
    [InlineData("05 0010")] // RESET of nothing
    [InlineData("01 1f90 | 05 00")] // a RESET without a whole code
    public async Task A_client_that_breaks_our_own_form_is_told(string messages)
    {
        (Socket client, Socket server) = await SessionPair.ConnectAsync();
        await using DirectAcceptor acceptor = new(new NetworkStream(server, ownsSocket: true), Limits, () => server.Close(0));
        await using NetworkStream raw = new(client, ownsSocket: true);
        foreach (string message in messages.Split('|')) await raw.WriteAsync(RawWebSocketFrames.Encode(2, Hex(message)), Ct);
        Assert.Equal(1002, await CloseCodeAsync(raw));
        Assert.Equal(SessionLoss.ProtocolError, (await acceptor.Ended.WaitAsync(Ct))!.Kind);
    }

    [Theory]
    [InlineData("02")] // an answer to nothing
    [InlineData("00 6869")] // DATA before the answer
    [InlineData("01 1f90")] // a client's message
    public async Task A_server_that_breaks_our_own_form_is_told(string message)
    {
        (Socket client, Socket server) = await SessionPair.ConnectAsync();
        await using DirectPortForward carrier = new(new NetworkStream(client, ownsSocket: true), Limits);
        await using NetworkStream raw = new(server, ownsSocket: true);
        await raw.WriteAsync(RawWebSocketFrames.Encode(2, Hex(message), masked: false), Ct);
        Assert.Equal(1002, await CloseCodeAsync(raw));
        Assert.Equal(SessionLoss.ProtocolError, (await carrier.Ended.WaitAsync(Ct))!.Kind);
        await Assert.ThrowsAnyAsync<IOException>(async () => await carrier.OpenAsync(80, Ct));
    }

    [Fact]
    public async Task Unknown_types_are_ignored_in_every_state_by_both_sides()
    {
        (Socket client, Socket server) = await SessionPair.ConnectAsync();
        await using DirectAcceptor acceptor = new(new NetworkStream(server, ownsSocket: true), Limits, () => server.Close(0));
        await using NetworkStream raw = new(client, ownsSocket: true);
        foreach (string message in (string[])["", "06", "ff 0102", "01 1f90 ffff", "7f", "00 6869", "80 00", "04", "06 68"])
            await raw.WriteAsync(RawWebSocketFrames.Encode(2, Hex(message)), Ct);
        IncomingForward incoming = (await acceptor.AcceptAsync(Ct))!;
        Assert.Equal(8080, incoming.Port);
        await using ForwardedStream stream = incoming.Accept();
        using StreamReader reader = new(stream, leaveOpen: true);
        Assert.Equal("hi", await reader.ReadToEndAsync(Ct));
        Assert.Equal([2], (await RawWebSocketFrames.ReadAsync(raw, cancellationToken: Ct))!.Payload);
    }

    [Fact]
    public async Task A_close_without_an_end_is_no_end()
    {
        (Socket client, Socket server) = await SessionPair.ConnectAsync();
        await using DirectAcceptor acceptor = new(new NetworkStream(server, ownsSocket: true), Limits, () => server.Close(0));
        await using NetworkStream raw = new(client, ownsSocket: true);
        await raw.WriteAsync(RawWebSocketFrames.Encode(2, Hex("01 1f90")), Ct);
        await using ForwardedStream stream = (await acceptor.AcceptAsync(Ct))!.Accept();
        await raw.WriteAsync(RawWebSocketFrames.Encode(2, Hex("00 6869")), Ct);
        await raw.WriteAsync(RawWebSocketFrames.Encode(8, Hex("03e8")), Ct);
        await stream.ReadExactlyAsync(new byte[2], Ct);
        await Assert.ThrowsAsync<SessionLostException>(async () => await stream.ReadExactlyAsync(new byte[1], Ct));
    }

    [Theory]
    [InlineData("00 ffff 6869")] // another port
    [InlineData("00 90 | 00 1e")] // the same, in two messages
    public async Task A_server_without_the_prelude_of_channels_is_told(string messages)
    {
        (Socket client, Socket server) = await SessionPair.ConnectAsync();
        await using ChannelPortForward carrier = new(new NetworkStream(client, ownsSocket: true), PortForwardProtocol.ChannelsV4, 8080, Limits);
        await using NetworkStream raw = new(server, ownsSocket: true);
        foreach (string message in messages.Split('|')) await raw.WriteAsync(RawWebSocketFrames.Encode(2, Hex(message), masked: false), Ct);
        await Assert.ThrowsAsync<SessionLostException>(async () => await carrier.OpenAsync(8080, Ct));
        Assert.Equal(1002, await CloseCodeAsync(raw));
    }

    [Fact]
    public async Task A_server_that_never_announces_its_channels_is_given_up()
    {
        (Socket client, Socket server) = await SessionPair.ConnectAsync();
        using Socket silent = server;
        await using ChannelPortForward carrier = new(new NetworkStream(client, ownsSocket: true), PortForwardProtocol.ChannelsV4, 8080, Limits);
        await Assert.ThrowsAsync<SessionLostException>(async () => await carrier.OpenAsync(8080, Ct));
    }

    [Theory]
    [InlineData("ffffffffffffffff")] // no SPDY
    [InlineData("80030001000000040000")] // a SYN_STREAM that is too short for what it says
    public async Task Garbage_in_a_tunnel_ends_it(string bytes)
    {
        (Socket client, Socket server) = await SessionPair.ConnectAsync();
        await using SpdyForwardAcceptor acceptor = new(new NetworkStream(server, ownsSocket: true), PortForwardProtocol.Tunnel, Limits, () => server.Close(0));
        await using NetworkStream raw = new(client, ownsSocket: true);
        await raw.WriteAsync(RawWebSocketFrames.Encode(2, Hex(bytes)), Ct);
        client.Shutdown(SocketShutdown.Send);
        Assert.NotNull(await acceptor.Ended.WaitAsync(Ct));
        Assert.Null(await acceptor.AcceptAsync(Ct));
    }

    [Fact]
    public async Task Text_in_a_tunnel_ends_it_with_1003()
    {
        (Socket client, Socket server) = await SessionPair.ConnectAsync();
        await using NetworkStream raw = new(client, ownsSocket: true);
        await using (SpdyForwardAcceptor acceptor = new(new NetworkStream(server, ownsSocket: true), PortForwardProtocol.Tunnel, Limits, () => server.Close(0)))
        {
            await raw.WriteAsync(RawWebSocketFrames.Encode(1, "hi"u8), Ct);
            Assert.NotNull(await acceptor.Ended.WaitAsync(Ct));
        }

        Assert.Equal(1003, await CloseCodeAsync(raw));
    }

    [Fact]
    public async Task Streams_beyond_the_limit_are_refused_and_the_others_live()
    {
        CarrierLimits few = Limits with { Spdy = Limits.Spdy with { Streams = 6 } };
        (Socket client, Socket server) = await SessionPair.ConnectAsync();
        await using SpdyForwardAcceptor acceptor = new(new NetworkStream(server, ownsSocket: true), PortForwardProtocol.Spdy, few, () => server.Close(0));
        await using SpdyPortForward carrier = new(new NetworkStream(client, ownsSocket: true), PortForwardProtocol.Spdy, Limits);
        List<ForwardedStream> open = [];
        for (int i = 0; i < 3; i++) open.Add(await carrier.OpenAsync(80, Ct));
        for (int i = 0; i < 50; i++) await Assert.ThrowsAsync<ForwardResetException>(async () => await carrier.OpenAsync(80, Ct));
        await using ForwardedStream first = (await acceptor.AcceptAsync(Ct))!.Accept();
        await open[0].WriteAsync(new byte[] { 7 }, Ct);
        await first.ReadExactlyAsync(new byte[1], Ct);
        foreach (ForwardedStream stream in open) await stream.DisposeAsync();
    }

    [Theory]
    [InlineData(Spdy)]
    [InlineData(Tunnel)]
    public async Task Two_thousand_connections_leave_nothing_behind(string name)
    {
        PortForwardProtocol protocol = PortForwardProtocol.All.First(form => form.Name == name);
        (Socket client, Socket server) = await SessionPair.ConnectAsync();
        await using SpdyForwardAcceptor acceptor = new(new NetworkStream(server, ownsSocket: true), protocol, Limits, () => server.Close(0));
        await using SpdyPortForward carrier = new(new NetworkStream(client, ownsSocket: true), protocol, Limits);
        byte[] one = new byte[1];
        for (int i = 0; i < 2000; i++) // far beyond the streams that may be open at once
        {
            await using ForwardedStream asking = await carrier.OpenAsync(80, Ct);
            await using ForwardedStream answering = (await acceptor.AcceptAsync(Ct))!.Accept();
            if (i % 3 != 2)
            {
                if (i % 3 == 1) await asking.WriteAsync(one, Ct);
                asking.Abort();
                answering.Abort();
                continue;
            }

            await asking.WriteAsync(one, Ct);
            await asking.CompleteWritesAsync(Ct);
            await answering.ReadExactlyAsync(one, Ct);
            await answering.CompleteWritesAsync(Ct);
            Assert.Equal(0, await asking.ReadAsync(one, Ct));
        }

        Assert.False(carrier.Ended.IsCompleted);
    }

    const string Spdy = "portforward.k8s.io", Tunnel = "SPDY/3.1+portforward.k8s.io";

    static byte[] Hex(string text) => Convert.FromHexString(text.Replace(" ", "", StringComparison.Ordinal));

    static async Task<int?> CloseCodeAsync(NetworkStream raw)
    {
        while (await RawWebSocketFrames.ReadAsync(raw, cancellationToken: Ct) is { } frame)
        {
            if (frame.Opcode == 8) return frame.CloseCode;
        }

        return null;
    }

    static CancellationToken Ct => TestContext.Current.CancellationToken;
}
