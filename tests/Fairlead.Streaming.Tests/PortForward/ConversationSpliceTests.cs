using System.Net.Sockets;
using Fairlead.Streaming.Relays;
using Fairlead.Streaming.WebSockets.Conversations;
using Fairlead.Testing;
using Fairlead.Wire;
using Fairlead.Wire.PortForward;

namespace Fairlead.Streaming.Tests.PortForward;

/// <summary>Two WebSockets of <c>portforward.fairlead.v2</c>, joined byte by byte: the conversations' ends are known, whole and told.</summary>
public sealed class ConversationSpliceTests
{
    const string Connected1 = "02 000008 00000001 0000000000010000";

    readonly RelayTraffic _traffic = new();
    readonly List<(int Port, string Why)> _failed = [];

    [Fact]
    public async Task Conversations_pass_whole_and_each_direction_ends_for_itself()
    {
        ConversationObserver seen = Observer();
        await using SplicedPair pair = await SplicedPair.OpenAsync(seen);
        await using ConversationPortForward client = Ask(pair);
        await using ConversationAcceptor server = Answer(pair);
        const int Size = 3_000_000;
        List<(ForwardedStream Near, ForwardedStream Far)> open = [];
        for (int i = 0; i < 4; i++)
        {
            Task<ForwardedStream> opening = client.OpenAsync(8080, Ct).AsTask();
            ForwardedStream far = (await server.AcceptAsync(Ct))!.Accept();
            open.Add((await opening, far));
        }

        await Task.WhenAll(open.Select(async (both, i) =>
        {
            (ForwardedStream near, ForwardedStream far) = both;
            Assert.Equal(TimeSpan.Zero, _traffic.IdleFor); // an open connection is not idle
            byte[] content = new byte[Size], back = new byte[Size];
            new Random(i).NextBytes(content);
            Task echoing = far.CopyToAsync(far, Ct), sending = near.WriteAsync(content, Ct).AsTask();
            await near.ReadExactlyAsync(back, Ct);
            Assert.True(content.AsSpan().SequenceEqual(back));
            await sending;
            await near.CompleteWritesAsync(Ct);
            await echoing;
            await far.CompleteWritesAsync(Ct);
            Assert.Equal(0, await near.ReadAsync(back, Ct));
            await Task.WhenAll(near.DisposeAsync().AsTask(), far.DisposeAsync().AsTask());
        }));
        await client.CloseAsync();
        Assert.Equal((RelayEnd.Completed, null), await EndOf(pair));
        Assert.Equal((4, 4L * Size, 4L * Size), (seen.Connections, _traffic.BytesToServer, _traffic.BytesToClient));
        Assert.True(_traffic.IdleFor > TimeSpan.Zero);
        Assert.Empty(_failed);
    }

    [Theory, InlineData(ForwardRecordType.Refused), InlineData(ForwardRecordType.Reset)]
    public async Task Why_one_is_refused_or_reset_is_told_fit_to_show_and_without_what_was_asked(ForwardRecordType type)
    {
        await using SplicedPair pair = await SplicedPair.OpenAsync(Observer("s3cretword"));
        await using ConversationPortForward client = Ask(pair);
        Task<ForwardedStream> opening = client.OpenAsync(81, Ct).AsTask();
        await ReceiveAsync(pair.Server);
        if (type is ForwardRecordType.Reset) await SendAsync(pair, Hex(Connected1));
        byte[] frame = RawWebSocketFrames.Encode(2, ForwardRecord.EncodeFault(type, 1, ForwardFault.ConnectionRefused, "no \u001b[31m s3cretword"), masked: false);
        await pair.Server.SendAsync(frame.AsMemory(0, 7), Ct); // however it is cut
        await pair.Server.SendAsync(frame.AsMemory(7), Ct);
        ForwardResetException told = await Assert.ThrowsAsync<ForwardResetException>(async () => await (await opening).ReadExactlyAsync(new byte[1], Ct));
        Assert.Equal(ForwardFault.ConnectionRefused, told.Fault);
        Assert.DoesNotContain("s3cretword", told.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', told.Message);
        Assert.False(client.Ended.IsCompleted);
        Assert.Equal([(81, told.Message)], _failed);
    }

    [Fact]
    public async Task Reasons_without_a_text_pass_among_other_records()
    {
        await using SplicedPair pair = await SplicedPair.OpenAsync(Observer());
        await using ConversationPortForward client = Ask(pair);
        Task<ForwardedStream> first = client.OpenAsync(81, Ct).AsTask();
        await ReceiveAsync(pair.Server);
        Task<ForwardedStream> second = client.OpenAsync(82, Ct).AsTask();
        await ReceiveAsync(pair.Server);
        await SendAsync(pair, Hex("03 000002 00000001 0006" + "02 000008 00000003 0000000000010000" + "00 000002 00000003 6869"));
        Assert.Equal(ForwardFault.LimitReached, (await Assert.ThrowsAsync<ForwardResetException>(() => first)).Fault);
        await (await second).ReadExactlyAsync(new byte[2], Ct);
        Assert.Equal(81, Assert.Single(_failed).Port);
    }

    [Theory]
    [InlineData(Connected1 + "05 000003 00000001 0010 78")] // a text that is not alone
    [InlineData("05 000003 00000001 0010 78" + "04 000000 00000001")] // the same
    [InlineData("05 000001 00000001 00")] // no code
    [InlineData("02 000008 00000001 00")] // cut
    [InlineData("06 001001 00000001 00")] // too long
    public async Task A_server_that_sends_what_cannot_be_followed_is_lost(string message)
    {
        await using SplicedPair pair = await SplicedPair.OpenAsync(Observer());
        await using ConversationPortForward client = Ask(pair);
        Task<ForwardedStream> opening = client.OpenAsync(81, Ct).AsTask();
        await ReceiveAsync(pair.Server);
        await SendAsync(pair, Hex(message));
        Assert.Equal((RelayEnd.ServerLost, "SessionLost"), await EndOf(pair));
        await Assert.ThrowsAnyAsync<IOException>(async () => await (await opening).ReadExactlyAsync(new byte[1], Ct));
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task A_server_that_is_lost_is_told_once_for_all_conversations(bool closes)
    {
        await using SplicedPair pair = await SplicedPair.OpenAsync(Observer());
        await using ConversationPortForward client = Ask(pair);
        Task<ForwardedStream> opening = client.OpenAsync(8080, Ct).AsTask();
        await ReceiveAsync(pair.Server);
        await SendAsync(pair, Hex(Connected1 + "00 000003 00000001 616263"));
        await using ForwardedStream near = await opening;
        if (closes) await pair.Server.SendAsync(RawWebSocketFrames.Encode(8, Hex("03e8"), masked: false), Ct);
        pair.Server.Shutdown(SocketShutdown.Both);
        byte[] received = new byte[3];
        await near.ReadExactlyAsync(received, Ct); // what had come is delivered
        SessionLostException told = await Assert.ThrowsAsync<SessionLostException>(async () => await near.ReadExactlyAsync(received, Ct));
        Assert.Contains("lost beyond this server", told.Message, StringComparison.Ordinal);
        Assert.Equal((RelayEnd.ServerLost, "SessionLost"), await EndOf(pair));
    }

    [Fact]
    public async Task An_ending_of_this_sides_is_told_too_and_both_sides_are_let_go()
    {
        await using SplicedPair pair = await SplicedPair.OpenAsync(Observer());
        await using ConversationPortForward client = Ask(pair);
        await using ConversationAcceptor server = Answer(pair);
        Task<ForwardedStream> opening = client.OpenAsync(8080, Ct).AsTask();
        await using ForwardedStream far = (await server.AcceptAsync(Ct))!.Accept(), near = await opening;
        pair.Splice.End(SessionEndings.Draining);
        SessionLostException told = await Assert.ThrowsAsync<SessionLostException>(async () => await near.ReadExactlyAsync(new byte[1], Ct));
        Assert.Contains("stopping", told.Message, StringComparison.Ordinal);
        await Assert.ThrowsAnyAsync<IOException>(async () => await far.ReadExactlyAsync(new byte[1], Ct));
        Assert.Equal((RelayEnd.Ended, "Draining"), await EndOf(pair));
    }

    [Fact]
    public async Task A_client_that_goes_is_lost_where_it_had_a_conversation_and_completed_where_it_had_none()
    {
        await using (SplicedPair pair = await SplicedPair.OpenAsync(Observer()))
        {
            await using ConversationPortForward client = Ask(pair);
            await using ConversationAcceptor server = Answer(pair);
            Task<ForwardedStream> opening = client.OpenAsync(8080, Ct).AsTask();
            await using ForwardedStream far = (await server.AcceptAsync(Ct))!.Accept();
            await opening;
            pair.Client.Close(0);
            await Assert.ThrowsAnyAsync<IOException>(async () => await far.ReadExactlyAsync(new byte[1], Ct));
            Assert.Equal((RelayEnd.ClientLost, null), await EndOf(pair));
        }

        await using (SplicedPair pair = await SplicedPair.OpenAsync(Observer()))
        {
            await using ConversationPortForward client = Ask(pair);
            await using ConversationAcceptor server = Answer(pair);
            await client.CloseAsync();
            Assert.Null(await server.Ended);
            Assert.Equal((RelayEnd.Completed, null), await EndOf(pair));
        }
    }

    ConversationObserver Observer(params string[] withheld) =>
        new(_traffic, withheld.Length == 0 ? WithheldWords.None : new WithheldWords(withheld)) { Failed = (port, fault) => _failed.Add((port, fault.Message)) };

    static async Task<(RelayEnd, string?)> EndOf(SplicedPair pair)
    {
        RelayOutcome outcome = await pair.Running.WaitAsync(Ct);
        return (outcome.End, outcome.Status?.Reason);
    }

    /// <summary>One OPEN of a client's.</summary>
    static async Task ReceiveAsync(Socket server)
    {
        byte[] frame = new byte[2 + 4 + 21];
        for (int got = 0; got < frame.Length;) got += await server.ReceiveAsync(frame.AsMemory(got), Ct);
    }

    static async Task SendAsync(SplicedPair pair, byte[] message) => await pair.Server.SendAsync(RawWebSocketFrames.Encode(2, message, masked: false), Ct);

    static byte[] Hex(string text) => Convert.FromHexString(text.Replace(" ", "", StringComparison.Ordinal));

    static ConversationPortForward Ask(SplicedPair pair) => new(new NetworkStream(pair.Client, ownsSocket: true), CarrierLimits.Default);

    static ConversationAcceptor Answer(SplicedPair pair) => new(new NetworkStream(pair.Server, ownsSocket: true), CarrierLimits.Default, () => pair.Server.Close(0));

    static CancellationToken Ct => TestContext.Current.CancellationToken;
}
