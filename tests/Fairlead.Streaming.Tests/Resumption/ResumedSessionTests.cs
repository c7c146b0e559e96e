using System.Diagnostics;
using System.IO.Pipelines;
using System.Security.Cryptography;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Streaming.Resumption;
using Fairlead.Streaming.Resumption.Answering;
using Fairlead.Testing;
using Fairlead.Wire;

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
        int megabytes = Repository.IsFull ? 1024 : 24, cuts = Repository.IsFull ? 1000 : 30;
        int losses = 0;
        await using ResumedRoom room = new();
        await using AskingSession client = await room.AskAsync(room.Ways(told => Interlocked.Add(ref losses, told.Kind is ResumeEventKind.Lost ? 1 : 0)));
        await using AnsweringSession server = await room.Begun.WaitAsync(Ct);
        long length = megabytes * 1024L * 1024;
        Random random = new(22);
        Task<string> up = ReadAsync(server.StandardInput, length, _ => { }), sentUp = WriteAsync(client.StandardInput, length, 1);
        Task<string> sentDown = WriteAsync(server.StandardOutput, length, 2);
        long next = 0;
        int kind = 0;
        Task<string> down = ReadAsync(client.StandardOutput, length, at =>
        {
            if (at < next) return;
            next = at + random.NextInt64(1, 2 * length / cuts);
            room.Proxy.Cut(kind++ % 2 == 0 ? CutKind.Reset : CutKind.Fin);
        });
        Assert.Equal(await sentUp, await up);
        Assert.Equal(await sentDown, await down);
        await server.EndAsync(Status.Success);
        Assert.True((await client.Status).IsSuccess);
        Assert.Equal(1, room.Started);
        Assert.InRange(losses, cuts / 4, int.MaxValue);
        Assert.Equal((0, 0L), (room.Server.Count, room.Server.KeptBytes));
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
        ResumptionLimits limits = new() { PingAfter = TimeSpan.FromMilliseconds(30), GiveUpAfter = TimeSpan.FromMilliseconds(60) };
        int losses = 0;
        await using ResumedRoom room = new(new KeepLimits { Sessions = limits });
        await using AskingSession client = await room.AskAsync(room.Ways(_ => losses++, limits: limits));
        await using AnsweringSession server = await room.Begun.WaitAsync(Ct);
        await client.StandardInput.WriteAsync("typed"u8.ToArray(), Ct);
        await Task.Delay(TimeSpan.FromMilliseconds(400), TimeProvider.System, Ct); // no event says that nothing happens
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

    [Fact(Explicit = true)]
    public async Task Cost_beside_v5()
    {
        foreach (int round in Enumerable.Range(0, 3))
        {
            await using SessionPair plain = await SessionPair.OpenAsync();
            await using ResumedRoom room = new();
            await using AskingSession client = await room.AskAsync(room.Ways(to: room.Direct), room.Direct);
            await using AnsweringSession server = await room.Begun.WaitAsync(Ct);
            (double v5, double v5Echo) = await MeasureAsync(plain.Client, plain.Server);
            (double resumable, double echo) = await MeasureAsync(client, server);
            TestContext.Current.TestOutputHelper?.WriteLine(
                $"round {round}: v5 {v5:0} MB/s, session {resumable:0} MB/s; echo v5 {v5Echo:0.0} us, session {echo:0.0} us");
        }
    }

    static async Task<(double MegabytesPerSecond, double EchoMicroseconds)> MeasureAsync(AskingSession client, AnsweringSession server)
    {
        const int Echoes = 5000;
        const long Length = 1L << 30;
        long began = Stopwatch.GetTimestamp();
        Task echoing = Task.Run(async () =>
        {
            for (int i = 0; i < Echoes; i++)
            {
                byte[] key = System.Text.Encoding.UTF8.GetBytes(await server.StandardInput.ReadTextAsync(1));
                await server.StandardOutput.WriteAsync(key, Ct);
            }
        }, Ct);
        for (int i = 0; i < Echoes; i++)
        {
            await client.StandardInput.WriteAsync("x"u8.ToArray(), Ct);
            await client.StandardOutput.ReadTextAsync(1);
        }

        await echoing;
        double echo = Stopwatch.GetElapsedTime(began).TotalMicroseconds / Echoes;
        began = Stopwatch.GetTimestamp();
        Task writing = Task.Run(async () =>
        {
            for (long at = 0; at < Length;)
            {
                Memory<byte> memory = server.StandardOutput.GetMemory();
                int count = (int)Math.Min(memory.Length, Length - at);
                server.StandardOutput.Advance(count);
                at += count;
                await server.StandardOutput.FlushAsync(Ct);
            }
        }, Ct);
        for (long at = 0; at < Length;)
        {
            ReadResult read = await client.StandardOutput.ReadAsync(Ct);
            at += read.Buffer.Length;
            client.StandardOutput.AdvanceTo(read.Buffer.End);
        }

        await writing;
        return (Length / 1e6 / Stopwatch.GetElapsedTime(began).TotalSeconds, echo);
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
