using System.Net.Sockets;
using Fairlead.Streaming.Relays;
using Fairlead.Streaming.WebSockets;
using Fairlead.Wire;
using Fairlead.Wire.PortForward;
using Fairlead.Wire.WebSockets;

namespace Fairlead.Streaming.Tests;

/// <summary>Two WebSockets of <c>portforward.fairlead.v1</c>, joined byte by byte: the connection's ends are known, whole and told.</summary>
public sealed class ForwardSpliceTests
{
    readonly RelayTraffic _traffic = new();

    [Fact, Trait("Case", "C5")]
    public async Task A_whole_connection_passes_and_each_direction_ends_for_itself()
    {
        ForwardObserver seen = new(_traffic, WithheldWords.None);
        await using SplicedPair pair = await SplicedPair.OpenAsync(seen);
        await using DirectPortForward client = Ask(pair);
        await using DirectAcceptor server = Answer(pair);
        byte[] content = new byte[3_000_000], answer = new byte[content.Length];
        Random.Shared.NextBytes(content);
        Task<ForwardedStream> opening = client.OpenAsync(8080, Ct).AsTask();
        ForwardedStream far = (await server.AcceptAsync(Ct))!.Accept(), near = await opening;
        await far.WriteAsync("greeting"u8.ToArray(), Ct);
        await far.CompleteWritesAsync(Ct);
        using (StreamReader reader = new(near, leaveOpen: true)) Assert.Equal("greeting", await reader.ReadToEndAsync(Ct));
        Assert.Equal(TimeSpan.Zero, _traffic.IdleFor); // an open connection is not idle
        Task sending = Task.Run(async () =>
        {
            await near.WriteAsync(content, Ct);
            await near.CompleteWritesAsync(Ct);
        }, Ct);
        await far.ReadExactlyAsync(answer, Ct);
        Assert.Equal(0, await far.ReadAsync(new byte[1], Ct));
        await sending;
        Assert.True(content.AsSpan().SequenceEqual(answer));
        await near.DisposeAsync();
        await far.DisposeAsync();
        Assert.Equal((RelayEnd.Completed, null), await EndOf(pair));
        Assert.Equal((8080, null), (seen.Port, seen.Fault));
        Assert.Equal((content.Length, 8), (_traffic.BytesToServer, _traffic.BytesToClient));
    }

    [Fact]
    public async Task A_carrier_in_reserve_that_is_not_needed_is_completed_and_one_that_breaks_is_lost()
    {
        await using (SplicedPair pair = await SplicedPair.OpenAsync(new ForwardObserver(_traffic, WithheldWords.None)))
        {
            await using DirectPortForward client = Ask(pair);
            await using DirectAcceptor server = Answer(pair);
            await client.CloseAsync();
            Assert.Null(await server.Ended);
            Assert.Equal((RelayEnd.Completed, null), await EndOf(pair));
        }

        await using (SplicedPair pair = await SplicedPair.OpenAsync(new ForwardObserver(_traffic, WithheldWords.None)))
        {
            pair.Client.Close(0);
            Assert.Equal((RelayEnd.ClientLost, null), await EndOf(pair));
        }
    }

    [Theory, InlineData(DirectMessageType.Refused), InlineData(DirectMessageType.Reset)]
    public async Task Why_a_connection_is_refused_or_reset_is_told_fit_to_show_and_without_what_was_asked(DirectMessageType type)
    {
        ForwardObserver seen = new(_traffic, new WithheldWords(["s3cretword"]));
        await using SplicedPair pair = await SplicedPair.OpenAsync(seen);
        await using DirectPortForward client = Ask(pair);
        Task<ForwardedStream> opening = client.OpenAsync(81, Ct).AsTask();
        await ReceiveOpenAsync(pair.Server);
        byte[] fault = DirectMessage.EncodeFault(type, ForwardFault.ConnectionRefused, "no \u001b[31m s3cretword");
        if (type is DirectMessageType.Reset) await pair.Server.SendAsync(WebSocketFrames.ServerMessage((byte)DirectMessageType.Connected, default), Ct);
        byte[] frame = WebSocketFrames.ServerMessage(fault[0], fault.AsSpan(1));
        await pair.Server.SendAsync(frame.AsMemory(0, 4), Ct); // however it is cut
        await pair.Server.SendAsync(frame.AsMemory(4), Ct);
        await pair.Server.SendAsync(WebSocketFrames.ServerClose, Ct);
        ForwardResetException told = await Assert.ThrowsAsync<ForwardResetException>(async () => await (await opening).ReadExactlyAsync(new byte[1], Ct));
        Assert.Equal(ForwardFault.ConnectionRefused, told.Fault);
        Assert.DoesNotContain("s3cretword", told.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', told.Message);
        pair.Server.Shutdown(SocketShutdown.Both);
        Assert.Equal((RelayEnd.Completed, null), await EndOf(pair));
        Assert.Equal((81, told.Message), (seen.Port, seen.Fault!.Message));
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task A_server_that_is_lost_resets_the_connection_in_words(bool closes)
    {
        await using SplicedPair pair = await SplicedPair.OpenAsync(new ForwardObserver(_traffic, WithheldWords.None));
        await using DirectPortForward client = Ask(pair);
        Task<ForwardedStream> opening = client.OpenAsync(8080, Ct).AsTask();
        await ReceiveOpenAsync(pair.Server);
        await pair.Server.SendAsync(WebSocketFrames.ServerMessage((byte)DirectMessageType.Connected, default), Ct);
        await using ForwardedStream near = await opening;
        await pair.Server.SendAsync(WebSocketFrames.ServerMessage((byte)DirectMessageType.Data, "abc"u8), Ct);
        if (closes) await pair.Server.SendAsync(WebSocketFrames.ServerClose, Ct);
        pair.Server.Shutdown(SocketShutdown.Both);
        byte[] received = new byte[3];
        await near.ReadExactlyAsync(received, Ct); // what had come is delivered
        ForwardResetException told = await Assert.ThrowsAsync<ForwardResetException>(async () => await near.ReadExactlyAsync(received, Ct));
        Assert.Equal(ForwardFault.CarrierLost, told.Fault);
        Assert.Contains("lost beyond this server", told.Message, StringComparison.Ordinal);
        Assert.Equal((RelayEnd.ServerLost, "SessionLost"), await EndOf(pair));
    }

    [Fact]
    public async Task An_ending_of_this_sides_is_told_too_and_both_sides_are_let_go()
    {
        await using SplicedPair pair = await SplicedPair.OpenAsync(new ForwardObserver(_traffic, WithheldWords.None));
        await using DirectPortForward client = Ask(pair);
        await using DirectAcceptor server = Answer(pair);
        Task<ForwardedStream> opening = client.OpenAsync(8080, Ct).AsTask();
        ForwardedStream far = (await server.AcceptAsync(Ct))!.Accept(), near = await opening;
        pair.Splice.End(SessionEndings.Draining);
        ForwardResetException told = await Assert.ThrowsAsync<ForwardResetException>(async () => await near.ReadExactlyAsync(new byte[1], Ct));
        Assert.Contains("stopping", told.Message, StringComparison.Ordinal);
        await Assert.ThrowsAnyAsync<IOException>(async () => await far.ReadExactlyAsync(new byte[1], Ct));
        await near.DisposeAsync();
        await far.DisposeAsync();
        Assert.Equal((RelayEnd.Ended, "Draining"), await EndOf(pair));
    }

    [Fact]
    public async Task A_client_that_goes_resets_the_connection_at_the_server()
    {
        await using SplicedPair pair = await SplicedPair.OpenAsync(new ForwardObserver(_traffic, WithheldWords.None));
        await using DirectPortForward client = Ask(pair);
        await using DirectAcceptor server = Answer(pair);
        Task<ForwardedStream> opening = client.OpenAsync(8080, Ct).AsTask();
        await using ForwardedStream far = (await server.AcceptAsync(Ct))!.Accept();
        await opening;
        pair.Client.Close(0);
        await Assert.ThrowsAnyAsync<IOException>(async () => await far.ReadExactlyAsync(new byte[1], Ct));
        Assert.Equal((RelayEnd.ClientLost, null), await EndOf(pair));
    }

    static async Task<(RelayEnd, string?)> EndOf(SplicedPair pair)
    {
        RelayOutcome outcome = await pair.Running.WaitAsync(Ct);
        return (outcome.End, outcome.Status?.Reason);
    }

    static async Task ReceiveOpenAsync(Socket server)
    {
        byte[] frame = new byte[2 + 4 + 3];
        for (int got = 0; got < frame.Length;) got += await server.ReceiveAsync(frame.AsMemory(got), Ct);
    }

    static DirectPortForward Ask(SplicedPair pair) => new(new NetworkStream(pair.Client, ownsSocket: true), CarrierLimits.Default);

    static DirectAcceptor Answer(SplicedPair pair) => new(new NetworkStream(pair.Server, ownsSocket: true), CarrierLimits.Default, () => pair.Server.Close(0));

    static CancellationToken Ct => TestContext.Current.CancellationToken;
}
