using System.Buffers;
using System.Diagnostics;
using System.IO.Pipelines;
using System.Security.Cryptography;
using System.Text;
using Fairlead.Testing;
using Fairlead.Wire;

namespace Fairlead.Streaming.Tests.Spdy;

public sealed class SpdySessionTests
{
    public static TheoryData<string> Names => [.. RemoteCommandProtocol.OverSpdy.Select(p => p.Name)];

    [Theory, MemberData(nameof(Names))]
    public async Task Every_version_carries_bytes_both_ways_and_ends(string name)
    {
        await using SpdyPair pair = await SpdyPair.OpenAsync(RemoteCommandProtocol.FindOverSpdy(name));
        await pair.Client.StandardInput.WriteAsync("to the command"u8.ToArray(), Ct);
        Assert.Equal("to the command", await pair.Server.StandardInput.ReadTextAsync(14));
        await pair.Server.StandardOutput.WriteAsync("out"u8.ToArray(), Ct);
        await pair.Server.StandardError.WriteAsync("err"u8.ToArray(), Ct);
        long start = Stopwatch.GetTimestamp();
        Task ending = pair.EndAsync(Status.Success);

        Assert.Equal("out", Encoding.UTF8.GetString(await pair.Client.StandardOutput.ReadAllAsync(Ct)));
        Assert.Equal("err", Encoding.UTF8.GetString(await pair.Client.StandardError.ReadAllAsync(Ct)));
        Assert.True((await pair.Client.Status.WaitAsync(Ct)).IsSuccess);
        await ending;
        Assert.True(Stopwatch.GetElapsedTime(start) < CarrierLimits.Default.Linger, "an orderly end waits for nobody");
    }

    [Theory, MemberData(nameof(Names))]
    public async Task A_failure_carries_its_message_and_where_the_version_can_its_code(string name)
    {
        RemoteCommandProtocol protocol = RemoteCommandProtocol.FindOverSpdy(name)!;
        await using SpdyPair pair = await SpdyPair.OpenAsync(protocol);
        Task ending = pair.EndAsync(Status.FromExitCode(7));

        Status status = await pair.Client.Status.WaitAsync(Ct);
        Assert.False(status.IsSuccess);
        Assert.Equal(protocol.HasJsonStatus, status.TryGetExitCode(out int code));
        Assert.Equal(protocol.HasJsonStatus ? 7 : 0, code);
        Assert.Contains("exit code 7", status.Message);
        await ending;
    }

    [Theory, MemberData(nameof(Names))]
    public async Task The_end_of_input_arrives_behind_its_last_byte_where_the_version_has_one(string name)
    {
        RemoteCommandProtocol protocol = RemoteCommandProtocol.FindOverSpdy(name)!;
        await using SpdyPair pair = await SpdyPair.OpenAsync(protocol);
        await pair.Client.StandardInput.WriteAsync("abc"u8.ToArray(), Ct);
        if (!protocol.CanEndInput)
        {
            Assert.Throws<NotSupportedException>(() => pair.Client.StandardInput.Complete());
            return;
        }

        await pair.Client.StandardInput.CompleteAsync();
        Assert.Equal("abc", Encoding.UTF8.GetString(await pair.Server.StandardInput.ReadAllAsync(Ct)));
        await pair.Server.StandardOutput.WriteAsync("3\n"u8.ToArray(), Ct);
        Task ending = pair.EndAsync(Status.Success);
        Assert.Equal("3\n", Encoding.UTF8.GetString(await pair.Client.StandardOutput.ReadAllAsync(Ct)));
        Assert.True((await pair.Client.Status).IsSuccess);
        await ending;
    }

    [Theory, MemberData(nameof(Names))]
    public async Task The_newest_terminal_size_arrives_where_the_version_has_sizes(string name)
    {
        RemoteCommandProtocol protocol = RemoteCommandProtocol.FindOverSpdy(name)!;
        await using SpdyPair pair = await SpdyPair.OpenAsync(protocol, SessionPair.Terminal);
        for (ushort i = 1; i <= 2000; i++) await pair.Client.ResizeAsync(new TerminalSize(i, 24), Ct);
        await pair.Client.StandardInput.WriteAsync("x"u8.ToArray(), Ct);
        Assert.Equal("x", await pair.Server.StandardInput.ReadTextAsync(1));

        TerminalSize? newest = null;
        if (protocol.HasResize) while (newest?.Width != 2000) newest = await pair.Server.TerminalSizes.NextAsync(Ct);
        else Assert.Null(await pair.Server.TerminalSizes.NextAsync(Ct));
    }

    [Theory, MemberData(nameof(Names))]
    public async Task Large_data_arrives_whole_both_ways_at_once(string name)
    {
        RemoteCommandProtocol protocol = RemoteCommandProtocol.FindOverSpdy(name)!;
        const int Size = 16 * 1024 * 1024;
        byte[] up = RandomNumberGenerator.GetBytes(Size), down = RandomNumberGenerator.GetBytes(Size);
        await using SpdyPair pair = await SpdyPair.OpenAsync(protocol);

        Task sendUp = pair.Client.StandardInput.WriteAsync(up, Ct).AsTask(), sendDown = pair.Server.StandardOutput.WriteAsync(down, Ct).AsTask();
        Task<byte[]> gotUp = ReadAsync(pair.Server.StandardInput, Size), gotDown = ReadAsync(pair.Client.StandardOutput, Size);
        await Task.WhenAll(sendUp, sendDown, gotUp, gotDown);
        if (protocol.CanEndInput)
        {
            await pair.Client.StandardInput.CompleteAsync();
            Assert.Empty(await pair.Server.StandardInput.ReadAllAsync(Ct));
        }

        Task ending = pair.EndAsync(Status.Success);
        Assert.Equal(SHA256.HashData(up), SHA256.HashData(await gotUp));
        Assert.Equal(SHA256.HashData(down), SHA256.HashData(await gotDown));
        Assert.True((await pair.Client.Status).IsSuccess);
        await ending;
    }

    [Fact]
    public async Task A_buffer_that_is_longer_than_a_frame_goes_out_in_several()
    {
        byte[] bytes = RandomNumberGenerator.GetBytes(300_000);
        await using SpdyPair pair = await SpdyPair.OpenAsync();
        bytes.CopyTo(pair.Server.StandardOutput.GetMemory(bytes.Length));
        pair.Server.StandardOutput.Advance(bytes.Length);
        await pair.Server.StandardOutput.FlushAsync(Ct);
        Assert.Equal(bytes, await ReadAsync(pair.Client.StandardOutput, bytes.Length));
    }

    [Fact]
    public async Task An_echo_whose_reader_pauses_goes_on_afterwards()
    {
        const int Size = 16 * 1024 * 1024;
        CarrierLimits limits = CarrierLimits.Default with { PingInterval = TimeSpan.FromMilliseconds(100) };
        await using SpdyPair pair = await SpdyPair.OpenAsync(clientLimits: limits, serverLimits: limits);
        Task echo = Task.Run(async () =>
        {
            await pair.Server.StandardInput.CopyToAsync(pair.Server.StandardOutput, Ct);
            await pair.EndAsync(Status.Success);
        }, Ct);
        Task write = Task.Run(async () =>
        {
            await pair.Client.StandardInput.WriteAsync(new byte[Size], Ct);
            await pair.Client.StandardInput.CompleteAsync();
        }, Ct);
        Assert.True(await Standstill.IsReachedAsync(write, Ct)); // both ways are full, and pings are in between
        Assert.Equal(Size, (await pair.Client.StandardOutput.ReadAllAsync(Ct)).Length);
        await Task.WhenAll(echo, write);
        Assert.True((await pair.Client.Status).IsSuccess);
    }

    [Fact]
    public async Task A_writer_waits_for_a_slow_reader_and_holds_no_more_than_its_bounds()
    {
        await using SpdyPair pair = await SpdyPair.OpenAsync(clientLimits: CarrierLimits.Default with { ChannelBytes = 64 * 1024 }, socketBuffers: 64 * 1024);
        byte[] block = new byte[32 * 1024];
        for (long written = 0; ;)
        {
            ValueTask<FlushResult> flush = pair.Server.StandardOutput.WriteAsync(block, Ct);
            written += block.Length;
            Assert.InRange(written, 0, 16 * 1024 * 1024);
            if (flush.IsCompleted)
            {
                await flush;
                continue;
            }

            // Blocked for real, or merely waiting for the loop's next turn? Only a reader that takes something unblocks it for good.
            Task<FlushResult> pending = flush.AsTask();
            if (!await Standstill.IsReachedAsync(pending, Ct)) continue;
            ReadResult result = await pair.Client.StandardOutput.ReadAsync(Ct);
            Assert.InRange(result.Buffer.Length, 1, 192 * 1024);
            pair.Client.StandardOutput.AdvanceTo(result.Buffer.End);
            _ = pair.Client.StandardOutput.ReadAllAsync(Ct);
            await pending;
            return;
        }
    }

    [Theory, MemberData(nameof(Names))]
    public async Task A_command_that_reads_no_input_does_not_hold_up_its_own_ending(string name)
    {
        await using SpdyPair pair = await SpdyPair.OpenAsync(
            RemoteCommandProtocol.FindOverSpdy(name), serverLimits: CarrierLimits.Default with { ChannelBytes = 64 * 1024 });
        Task sending = Task.Run(async () =>
        {
            byte[] block = new byte[32 * 1024];
            while (!(await pair.Client.StandardInput.WriteAsync(block, Ct)).IsCompleted)
            {
                // on and on, until the session has ended
            }
        }, Ct);
        await pair.Server.StandardOutput.WriteAsync(new byte[1024 * 1024], Ct);
        Task ending = pair.EndAsync(Status.FromExitCode(3));

        Assert.Equal(1024 * 1024, (await pair.Client.StandardOutput.ReadAllAsync(Ct)).Length);
        Assert.False((await pair.Client.Status).IsSuccess);
        await ending;
        await sending;
    }

    [Fact]
    public async Task A_client_that_closes_before_the_end_is_gone_and_its_input_is_not_whole()
    {
        await using SpdyPair pair = await SpdyPair.OpenAsync();
        await pair.Client.StandardInput.WriteAsync("half"u8.ToArray(), Ct);
        Assert.Equal("half", await pair.Server.StandardInput.ReadTextAsync(4));
        TaskCompletionSource lost = new();
        using CancellationTokenRegistration registration = pair.Server.Lost.Register(lost.SetResult);
        await pair.Client.DisposeAsync();
        await lost.Task.WaitAsync(Ct);
        await Assert.ThrowsAsync<SessionLostException>(() => pair.Server.StandardInput.ReadAllAsync(Ct));
    }

    [Fact]
    public async Task An_abort_lets_go_of_a_blocked_writer_and_a_blocked_reader()
    {
        CarrierLimits small = CarrierLimits.Default with { ChannelBytes = 16 * 1024 };
        await using SpdyPair pair = await SpdyPair.OpenAsync(clientLimits: small, serverLimits: small, socketBuffers: 16 * 1024);
        Task<FlushResult> write = pair.Client.StandardInput.WriteAsync(new byte[32 * 1024 * 1024], Ct).AsTask();
        Task<FlushResult> back = pair.Server.StandardOutput.WriteAsync(new byte[32 * 1024 * 1024], Ct).AsTask();
        Assert.True(await Standstill.IsReachedAsync(write, Ct));
        pair.Client.Abort("test");
        await Assert.ThrowsAsync<SessionLostException>(() => write);
        await pair.Client.DisposeAsync();
        pair.Server.Abort("test");
        await Assert.ThrowsAsync<SessionLostException>(() => back);
    }

    static async Task<byte[]> ReadAsync(PipeReader reader, int length)
    {
        byte[] bytes = new byte[length];
        for (int at = 0; at < length;)
        {
            ReadResult result = await reader.ReadAsync(Ct);
            result.Buffer.CopyTo(bytes.AsSpan(at));
            at += (int)result.Buffer.Length;
            reader.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted) break;
        }

        return bytes;
    }

    static CancellationToken Ct => TestContext.Current.CancellationToken;
}
