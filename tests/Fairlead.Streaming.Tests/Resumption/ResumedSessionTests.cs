using System.IO.Pipelines;
using System.Security.Cryptography;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Streaming.Resumption;
using Fairlead.Streaming.Resumption.Answering;
using Fairlead.Testing;
using Fairlead.Wire;
using Fairlead.Wire.Sessions;

namespace Fairlead.Streaming.Tests.Resumption;

/// <summary>Sessions over real connections that are cut.</summary>
public sealed class ResumedSessionTests
{
    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_session_without_a_loss_is_one_like_any_other()
    {
        await using ResumedRoom room = new();
        await using AskingSession client = await room.AskAsync();
        await using AnsweringSession server = await room.Begun.WaitAsync(Ct);
        Assert.Equal("WebSocket session.fairlead.v1", client.Description);
        await client.StandardInput.WriteAsync("hello"u8.ToArray(), Ct);
        await client.StandardInput.CompleteAsync();
        Assert.Equal("hello"u8.ToArray(), await server.StandardInput.ReadAllAsync(Ct));
        await server.StandardOutput.WriteAsync("out"u8.ToArray(), Ct);
        await server.StandardError.WriteAsync("err"u8.ToArray(), Ct);
        Task ending = server.EndAsync(Status.FromExitCode(7, "seven")).AsTask();
        Assert.Equal("out"u8.ToArray(), await client.StandardOutput.ReadAllAsync(Ct));
        Assert.Equal("err"u8.ToArray(), await client.StandardError.ReadAllAsync(Ct));
        Assert.True((await client.Status).TryGetExitCode(out int code));
        Assert.Equal(7, code);
        await ending.WaitAsync(Ct);
        Assert.Null(server.LossReason);
        Assert.Equal((0, 0L), (room.Server.Count, room.Server.KeptBytes));
    }

    [Fact]
    public async Task Cuts_at_any_point_lose_and_repeat_nothing()
    {
        int megabytes = Repository.IsFull ? 1024 : 24, cuts = Repository.IsFull ? 1700 : 30; // so that there are a thousand: those that come while one is mended are not made
        int losses = 0;
        // a silence costs half a second; a machine that is busy for so long has one cut more
        ResumptionLimits limits = new() { PingAfter = TimeSpan.FromMilliseconds(100), GiveUpAfter = TimeSpan.FromMilliseconds(400) };
        // who has sent everything, and only reads, waits for no confirmation: the connection's own pings find a silence then
        CarrierLimits carrier = CarrierLimits.Default with { PingInterval = TimeSpan.FromSeconds(1), PingTimeout = TimeSpan.FromSeconds(2) };
        await using ResumedRoom room = new(new KeepLimits { Sessions = limits }, carrier: carrier);
        await using AskingSession client = await room.AskAsync(
            room.Ways(told => Interlocked.Add(ref losses, told.Kind is ResumeEventKind.Lost ? 1 : 0), limits: limits));
        await using AnsweringSession server = await room.Begun.WaitAsync(Ct);
        long length = megabytes * 1024L * 1024;
        Random random = new(22);
        Task<string> up = ReadAsync(server.StandardInput, length, _ => { }), sentUp = WriteAsync(client.StandardInput, length, 1);
        Task<string> sentDown = WriteAsync(server.StandardOutput, length, 2);
        long next = 0;
        int kind = 0;
        List<Task> delays = [];
        Task<string> down = ReadAsync(client.StandardOutput, length, at =>
        {
            if (at < next) return;
            next = at + random.NextInt64(1, 2 * length / cuts);
            switch (kind++ % 20)
            {
                case 5 or 15:
                    room.Proxy.BlackHole(ProxyDirections.ToServer | ProxyDirections.ToClient); // for ever
                    break;
                case 10:
                    room.Proxy.BlackHole(ProxyDirections.ToServer | ProxyDirections.ToClient);
                    delays.Add(DelayAsync(room.Proxy));
                    break;
                case var each:
                    room.Proxy.Cut(each % 2 == 0 ? CutKind.Reset : CutKind.Fin);
                    break;
            }
        });
        Assert.Equal(await sentUp, await up);
        Assert.Equal(await sentDown, await down);
        await server.EndAsync(Status.Success);
        Assert.True((await client.Status).IsSuccess);
        await Task.WhenAll(delays);
        Assert.Equal(1, room.Started);
        Assert.InRange(losses, cuts / 4, int.MaxValue);
        Assert.Equal((0, 0L), (room.Server.Count, room.Server.KeptBytes));
        Measurement.Tell($"{megabytes} MiB each way: {kind} cuts, {losses} losses and tries in vain, the server resumed {room.Server.Resumed} times");
    }

    /// <summary>What was held back goes on after a while, without a cut.</summary>
    static async Task DelayAsync(FaultProxy proxy)
    {
        await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, Ct);
        proxy.BlackHole(ProxyDirections.None);
    }

    [Fact]
    public async Task A_carrier_that_falls_silent_is_given_up_and_the_session_goes_on()
    {
        ResumptionLimits limits = new() { PingAfter = TimeSpan.FromMilliseconds(50), GiveUpAfter = TimeSpan.FromMilliseconds(150) };
        TaskCompletionSource<ResumeEvent> lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using ResumedRoom room = new();
        await using AskingSession client = await room.AskAsync(room.Ways(told => lost.TrySetResult(told), limits: limits));
        await using AnsweringSession server = await room.Begun.WaitAsync(Ct);
        room.Proxy.BlackHole(ProxyDirections.ToServer | ProxyDirections.ToClient);
        await client.StandardInput.WriteAsync("typed"u8.ToArray(), Ct);
        Assert.Contains("pinged", (await lost.Task.WaitAsync(Ct)).Reason);
        Assert.Equal("typed", await server.StandardInput.ReadTextAsync(5)); // taken over: the server holds the old one still
        Assert.Equal(1, room.Started);
    }

    [Fact]
    public async Task A_command_that_reads_nothing_is_no_silence()
    {
        ResumptionLimits limits = new() { PingAfter = TimeSpan.FromMilliseconds(100), GiveUpAfter = TimeSpan.FromSeconds(2) };
        int losses = 0;
        await using ResumedRoom room = new(new KeepLimits { Sessions = limits });
        await using AskingSession client = await room.AskAsync(room.Ways(_ => losses++, limits: limits));
        await using AnsweringSession server = await room.Begun.WaitAsync(Ct);
        await client.StandardInput.WriteAsync("typed"u8.ToArray(), Ct);
        await Task.Delay(TimeSpan.FromSeconds(2.5), TimeProvider.System, Ct); // no event says that nothing happens
        Assert.Equal(0, losses);
        Assert.Equal("typed", await server.StandardInput.ReadTextAsync(5));
    }

    [Fact]
    public async Task An_answer_that_is_lost_starts_the_command_once()
    {
        const int HelloFrame = 2 + 30;
        await using ResumedRoom room = new(proxy: new FaultProxyOptions { CutAfterBytesToClient = HelloFrame + 3 });
        await using AskingSession client = await room.AskAsync(room.Ways(to: room.Direct)); // the first by the proxy
        await using AnsweringSession server = await room.Begun.WaitAsync(Ct);
        await server.EndAsync(Status.FromExitCode(3, "three"));
        Assert.True((await client.Status).TryGetExitCode(out int code));
        Assert.Equal((3, 1), (code, room.Started));
    }

    [Fact]
    public async Task A_client_that_gives_up_is_lost_at_once()
    {
        await using ResumedRoom room = new();
        AskingSession client = await room.AskAsync();
        await using AnsweringSession server = await room.Begun.WaitAsync(Ct);
        TaskCompletionSource lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
        server.Lost.Register(lost.SetResult);
        await client.DisposeAsync();
        await lost.Task.WaitAsync(Ct);
        Assert.Equal(SessionLoss.PeerClosed, server.LossReason!.Kind);
        Assert.Equal(0, room.Server.Count);
    }

    [Fact]
    public async Task A_session_that_is_kept_for_nobody_ends_and_its_client_is_told()
    {
        await using ResumedRoom room = new(new KeepLimits { Keep = TimeSpan.FromSeconds(1) });
        AskingSession client = await room.AskAsync(room.Ways(patience: TimeSpan.FromMilliseconds(1), to: new(System.Net.IPAddress.Loopback, 1)));
        await using AnsweringSession server = await room.Begun.WaitAsync(Ct);
        TaskCompletionSource lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
        server.Lost.Register(lost.SetResult);
        room.Proxy.Cut(CutKind.Reset);
        SessionLostException told = await Assert.ThrowsAsync<SessionLostException>(() => client.Status);
        Assert.Equal(SessionLoss.ConnectionBroken, told.Kind);
        await client.DisposeAsync();
        await lost.Task.WaitAsync(Ct);
        Assert.Contains("has not come back", server.LossReason!.Message);
    }

    [Fact]
    public async Task A_session_is_kept_no_longer_than_its_client_wants()
    {
        await using ResumedRoom room = new(); // which keeps for five minutes
        AskingSession client = await room.AskAsync(room.Ways(patience: TimeSpan.FromMilliseconds(1), to: new(System.Net.IPAddress.Loopback, 1)));
        await using AnsweringSession server = await room.Begun.WaitAsync(Ct);
        TaskCompletionSource lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
        server.Lost.Register(lost.SetResult);
        room.Proxy.Cut(CutKind.Reset); // as a client that was killed: nobody says LEAVE
        await Assert.ThrowsAsync<SessionLostException>(() => client.Status);
        await client.DisposeAsync();
        await lost.Task.WaitAsync(Ct);
        Assert.Contains("not come back for 1 s", server.LossReason!.Message);
        Assert.Equal(TimeSpan.FromSeconds(1), Assert.Single(room.Befallen, static each => each.Kind is KeepEventKind.Kept).Keep);
        Assert.Equal((1L, 0L, 0), (room.Server.Expired, room.Server.Resumed, room.Server.Detached));
    }

    [Fact]
    public async Task What_befalls_sessions_is_counted_and_told()
    {
        await using ResumedRoom room = new();
        TaskCompletionSource resumed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using AskingSession client = await room.AskAsync(room.Ways(told =>
        {
            if (told.Kind is ResumeEventKind.Resumed) resumed.TrySetResult();
        }));
        await using AnsweringSession server = await room.Begun.WaitAsync(Ct);
        room.Proxy.Cut(CutKind.Reset);
        await resumed.Task.WaitAsync(Ct);
        // the client hears of it from the server's answer, which goes out before the server counts it
        await Eventually.HoldsAsync(
            () => room.Befallen.Any(static each => each.Kind is KeepEventKind.Resumed), "the server tells of it", cancellationToken: Ct);
        Assert.Equal((1L, 0L, 0), (room.Server.Resumed, room.Server.Expired, room.Server.Detached));

        await using ResumedRoom full = new(new KeepLimits { MostSessions = 0 });
        await Assert.ThrowsAsync<SessionRefusedException>(() => full.AskAsync());
        Assert.Equal([KeyValuePair.Create(SessionRefusal.TooMany, 1L)], full.Server.Refused);
        Assert.Equal(SessionRefusal.TooMany, Assert.Single(full.Befallen).Code);
    }

    [Fact]
    public async Task A_server_that_stops_tells_its_client()
    {
        await using ResumedRoom room = new();
        await using AskingSession client = await room.AskAsync();
        await using AnsweringSession server = await room.Begun.WaitAsync(Ct);
        server.Abort("The server is stopping.");
        SessionLostException told = await Assert.ThrowsAsync<SessionLostException>(() => client.Status);
        Assert.Contains("stopping", told.Message);
    }

    [Fact]
    public async Task A_writer_waits_for_a_reader_and_nothing_grows()
    {
        await using ResumedRoom room = new();
        await using AskingSession client = await room.AskAsync();
        await using AnsweringSession server = await room.Begun.WaitAsync(Ct);
        int written = 0;
        Task writing = Task.Run(async () =>
        {
            for (; written < 1000; written++) await server.StandardOutput.WriteAsync(new byte[32 * 1024], Ct);
        }, Ct);
        await Standstill.OfAsync(() => Volatile.Read(ref written), "the writer stands still", Ct);
        Assert.InRange(Volatile.Read(ref written), 7, 150); // 256 KiB, or 4 MiB where the window grew
        await server.StandardError.WriteAsync("past it"u8.ToArray(), Ct);
        Assert.Equal("past it", await client.StandardError.ReadTextAsync(7)); // a full channel holds up no other
        await client.StandardOutput.CompleteAsync();
        await writing;
    }

    static async Task<string> WriteAsync(PipeWriter writer, long length, int seed)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Random random = new(seed);
        for (long left = length; left > 0;)
        {
            int count = (int)Math.Min(left, random.Next(1, 64 * 1024));
            Memory<byte> memory = writer.GetMemory();
            count = Math.Min(count, memory.Length);
            random.NextBytes(memory.Span[..count]);
            hash.AppendData(memory.Span[..count]);
            writer.Advance(count);
            left -= count;
            await writer.FlushAsync(Ct);
        }

        await writer.CompleteAsync();
        return Convert.ToHexString(hash.GetHashAndReset());
    }

    static async Task<string> ReadAsync(PipeReader reader, long length, Action<long> passed)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        long at = 0;
        while (true)
        {
            ReadResult result = await reader.ReadAsync(Ct);
            foreach (ReadOnlyMemory<byte> part in result.Buffer) hash.AppendData(part.Span);
            at += result.Buffer.Length;
            reader.AdvanceTo(result.Buffer.End);
            if (at < length) passed(at);
            if (!result.IsCompleted) continue;
            Assert.Equal(length, at);
            return Convert.ToHexString(hash.GetHashAndReset());
        }
    }
}
