using System.Net.Sockets;
using System.Text;
using Fairlead.Streaming.Relays;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Wire;
using Fairlead.Wire.WebSockets;

namespace Fairlead.Streaming.Tests;

/// <summary>Two WebSockets of one version, joined byte by byte: what passes, and what is put in and where.</summary>
public sealed class WebSocketSpliceTests
{
    static readonly CarrierLimits Quick = CarrierLimits.Default with { PingInterval = TimeSpan.FromMilliseconds(100), PingTimeout = TimeSpan.FromSeconds(2), Linger = TimeSpan.FromSeconds(2) };

    public static TheoryData<string> Names => [.. RemoteCommandProtocol.OverWebSocket.Where(protocol => protocol is { HasJsonStatus: true, IsBase64: false }).Select(protocol => protocol.Name)];

    [Theory, MemberData(nameof(Names))]
    public async Task A_whole_session_passes(string name)
    {
        await using SplicedPair joined = await SplicedPair.OpenAsync(RemoteCommandProtocol.Find(name)!);
        await using AskingSession client = joined.Ask();
        await using AnsweringSession server = joined.Answer();
        byte[] content = new byte[3_000_000];
        Random.Shared.NextBytes(content);
        Task echo = Task.Run(async () =>
        {
            System.IO.Pipelines.ReadResult first = await server.StandardInput.ReadAtLeastAsync(content.Length, Ct);
            foreach (ReadOnlyMemory<byte> part in first.Buffer.Slice(0, content.Length)) await server.StandardOutput.WriteAsync(part, Ct);
            server.StandardInput.AdvanceTo(first.Buffer.GetPosition(content.Length));
            await server.EndAsync(Status.FromExitCode(7));
        }, Ct);
        Task<byte[]> reading = client.StandardOutput.ReadAllAsync(Ct);
        await client.StandardInput.WriteAsync(content, Ct);
        Assert.Equal(content, await reading);
        Assert.True((await client.Status).TryGetExitCode(out int code));
        await echo;
        await client.DisposeAsync();
        await server.DisposeAsync();
        RelayOutcome outcome = await joined.Running;
        Assert.Equal(RelayEnd.Completed, outcome.End);
        Assert.True(outcome.Status!.TryGetExitCode(out int seen));
        Assert.Equal((7, 7), (code, seen));
    }

    [Fact(Timeout = 60_000)]
    public async Task After_both_Closes_nobody_waits_for_the_other_to_hang_up()
    {
        await using SplicedPair joined = await SplicedPair.OpenAsync(RemoteCommandProtocol.V5, CarrierLimits.Default with { Linger = TimeSpan.FromHours(1) });
        byte[] ending = [.. WebSocketFrames.ServerMessage(3, Status.Success.ToJson()), .. WebSocketFrames.ServerClose.Span];
        await joined.Server.SendAsync(ending, Ct);
        byte[] received = new byte[256];
        for (int got = 0; got < ending.Length;) got += await joined.Client.ReceiveAsync(received.AsMemory(got), Ct);
        byte[] close = [0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8];
        await joined.Client.SendAsync(close, Ct);
        for (int got = 0; got < close.Length;) got += await joined.Server.ReceiveAsync(received.AsMemory(got), Ct);
        joined.Server.Shutdown(SocketShutdown.Both);
        Assert.Equal(RelayEnd.Completed, (await joined.Running).End); // although this client waits for the end of the connection, as RFC 6455 section 7.1.1 has it
        await joined.Splice.DisposeAsync();
        Assert.Equal(0, await joined.Client.ReceiveAsync(received, Ct)); // an end, not a reset
    }

    [Theory, MemberData(nameof(Names))]
    public async Task A_server_that_closes_without_a_status_is_a_failure(string name)
    {
        await using SplicedPair joined = await SplicedPair.OpenAsync(RemoteCommandProtocol.Find(name)!);
        await using AskingSession client = joined.Ask();
        Task<byte[]> output = client.StandardOutput.ReadAllAsync(Ct);
        await joined.Server.SendAsync((byte[])[.. Frame(1, "abc"), .. WebSocketFrames.ServerClose.Span], Ct);
        Assert.Equal("SessionLost", (await client.Status).Reason);
        Assert.Equal("abc", Encoding.ASCII.GetString(await output));
        await joined.Server.DisconnectAsync(false, Ct);
        Assert.Equal(RelayEnd.ServerLost, (await joined.Running).End);
    }

    [Fact]
    public async Task A_server_that_breaks_between_messages_is_a_failure_and_in_the_middle_of_one_a_loss()
    {
        await using (SplicedPair joined = await SplicedPair.OpenAsync(RemoteCommandProtocol.V5))
        {
            await using AskingSession client = joined.Ask();
            await joined.Server.SendAsync(Frame(1, "abc"), Ct);
            joined.Server.Shutdown(SocketShutdown.Both);
            Assert.Equal("SessionLost", (await client.Status).Reason);
            Assert.Equal(RelayEnd.ServerLost, (await joined.Running).End);
        }

        await using (SplicedPair joined = await SplicedPair.OpenAsync(RemoteCommandProtocol.V5))
        {
            await using AskingSession client = joined.Ask();
            await joined.Server.SendAsync(Frame(1, "abc").AsMemory(0, 4), Ct);
            joined.Server.Shutdown(SocketShutdown.Both);
            await Assert.ThrowsAsync<SessionLostException>(() => client.Status);
            Assert.Equal(RelayEnd.ServerLost, (await joined.Running).End);
        }
    }

    [Fact]
    public async Task An_ending_of_this_sides_goes_between_whole_frames()
    {
        await using SplicedPair joined = await SplicedPair.OpenAsync(RemoteCommandProtocol.V5);
        await using AskingSession client = joined.Ask();
        joined.Splice.End(SessionEndings.Draining);
        Assert.Equal("Draining", (await client.Status).Reason);
        RelayOutcome outcome = await joined.Running;
        Assert.Equal((RelayEnd.Ended, "Draining"), (outcome.End, outcome.Status?.Reason));
    }

    [Fact]
    public async Task Both_sides_are_pinged_and_one_that_stays_silent_is_lost()
    {
        await using SplicedPair joined = await SplicedPair.OpenAsync(RemoteCommandProtocol.V5, Quick);
        await using AskingSession client = joined.Ask(); // answers pings
        byte[] first = new byte[6];
        await joined.Server.ReceiveAsync(first.AsMemory(0, 2), Ct); // the server's side sees a masked ping, or the pong to its client's
        Assert.Contains((byte)(first[0] & 0x0f), (byte[])[9, 10]);
        Assert.NotEqual(0, first[1] & 0x80);
        Assert.Equal("SessionLost", (await client.Status).Reason);
        Assert.Contains("pinged", (await client.Status).Message);
        Assert.Equal(RelayEnd.ServerLost, (await joined.Running).End);
    }

    [Fact]
    public async Task A_client_that_sends_no_WebSocket_is_cut_off()
    {
        await using SplicedPair joined = await SplicedPair.OpenAsync(RemoteCommandProtocol.V5);
        await using AnsweringSession server = joined.Answer();
        await joined.Client.SendAsync("GET / HTTP/1.1\r\n\r\n"u8.ToArray(), Ct);
        RelayOutcome outcome = await joined.Running;
        Assert.Equal(RelayEnd.ClientLost, outcome.End);
        await Assert.ThrowsAnyAsync<Exception>(async () => await server.StandardInput.ReadAsync(Ct));
    }

    [Fact]
    public async Task A_client_that_goes_takes_the_server_with_it()
    {
        await using SplicedPair joined = await SplicedPair.OpenAsync(RemoteCommandProtocol.V5);
        await using AnsweringSession server = joined.Answer();
        TaskCompletionSource lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using CancellationTokenRegistration registration = server.Lost.Register(lost.SetResult);
        joined.Client.Close(0);
        Assert.Equal(RelayEnd.ClientLost, (await joined.Running).End);
        await lost.Task;
    }

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    static byte[] Frame(byte channel, string text)
    {
        byte[] payload = [channel, .. Encoding.ASCII.GetBytes(text)];
        return [0x82, (byte)payload.Length, .. payload];
    }
}
