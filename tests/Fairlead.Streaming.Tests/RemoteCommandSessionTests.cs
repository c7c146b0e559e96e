using System.Buffers;
using System.IO.Pipelines;
using System.Security.Cryptography;
using System.Text;

using Fairlead.Testing;
using Fairlead.Wire;

namespace Fairlead.Streaming.Tests;

public sealed class RemoteCommandSessionTests
{
    public static TheoryData<string> Names => [.. RemoteCommandProtocol.OverWebSocket.Select(p => p.Name)];

    [Theory, MemberData(nameof(Names))]
    public async Task Every_version_carries_bytes_both_ways_and_ends(string name)
    {
        await using SessionPair pair = await SessionPair.OpenAsync(RemoteCommandProtocol.Find(name));
        await pair.Client.StandardInput.WriteAsync("to the command"u8.ToArray(), Ct);
        Assert.Equal("to the command", await pair.Server.StandardInput.ReadTextAsync(14));
        await pair.Server.StandardOutput.WriteAsync("out"u8.ToArray(), Ct);
        await pair.Server.StandardError.WriteAsync("err"u8.ToArray(), Ct);
        Task ending = pair.EndAsync(Status.Success);

        Assert.Equal("out", Encoding.UTF8.GetString(await pair.Client.StandardOutput.ReadAllAsync(Ct)));
        Assert.Equal("err", Encoding.UTF8.GetString(await pair.Client.StandardError.ReadAllAsync(Ct)));
        Assert.True((await pair.Client.Status.WaitAsync(Ct)).IsSuccess);
        await ending;
    }

    [Theory, MemberData(nameof(Names))]
    public async Task A_failure_carries_its_message_and_where_the_version_can_its_code(string name)
    {
        RemoteCommandProtocol protocol = RemoteCommandProtocol.Find(name)!;
        await using SessionPair pair = await SessionPair.OpenAsync(protocol);
        Task ending = pair.EndAsync(Status.FromExitCode(7));

        Status status = await pair.Client.Status.WaitAsync(Ct);
        Assert.False(status.IsSuccess);
        Assert.Equal(protocol.HasJsonStatus, status.TryGetExitCode(out int code));
        Assert.Equal(protocol.HasJsonStatus ? 7 : 0, code);
        Assert.Contains("exit code 7", status.Message);
        await ending;
    }

    [Fact]
    public async Task The_end_of_input_arrives_behind_its_last_byte_and_output_goes_on()
    {
        await using SessionPair pair = await SessionPair.OpenAsync();
        await pair.Client.StandardInput.WriteAsync("abc"u8.ToArray(), Ct);
        await pair.Client.StandardInput.CompleteAsync();

        Assert.Equal("abc", Encoding.UTF8.GetString(await pair.Server.StandardInput.ReadAllAsync(Ct)));
        await pair.Server.StandardOutput.WriteAsync("3\n"u8.ToArray(), Ct);
        Task ending = pair.EndAsync(Status.Success);
        Assert.Equal("3\n", Encoding.UTF8.GetString(await pair.Client.StandardOutput.ReadAllAsync(Ct)));
        Assert.True((await pair.Client.Status).IsSuccess);
        await ending;
    }

    [Theory, MemberData(nameof(Names))]
    public async Task A_version_that_cannot_end_the_input_says_so_at_once(string name)
    {
        RemoteCommandProtocol protocol = RemoteCommandProtocol.Find(name)!;
        await using SessionPair pair = await SessionPair.OpenAsync(protocol);
        if (protocol.CanEndInput) pair.Client.StandardInput.Complete();
        else Assert.Throws<NotSupportedException>(() => pair.Client.StandardInput.Complete());
    }

    [Fact]
    public async Task Large_data_arrives_whole_both_ways_at_once()
    {
        const int Size = 24 * 1024 * 1024;
        byte[] up = RandomNumberGenerator.GetBytes(Size), down = RandomNumberGenerator.GetBytes(Size);
        await using SessionPair pair = await SessionPair.OpenAsync();

        Task sendUp = SendAsync(pair.Client.StandardInput, up), sendDown = SendAsync(pair.Server.StandardOutput, down);
        Task<byte[]> gotUp = pair.Server.StandardInput.ReadAllAsync(Ct);
        Task<byte[]> gotDown = pair.Client.StandardOutput.ReadAllAsync(Ct);
        await Task.WhenAll(sendUp, sendDown, gotUp);
        Task ending = pair.EndAsync(Status.Success);

        Assert.Equal(SHA256.HashData(up), SHA256.HashData(await gotUp));
        Assert.True((await pair.Client.Status).IsSuccess);
        Assert.Equal(SHA256.HashData(down), SHA256.HashData(await gotDown));
        await ending;

        static async Task SendAsync(PipeWriter writer, byte[] bytes)
        {
            await writer.WriteAsync(bytes, Ct);
            await writer.CompleteAsync();
        }
    }

    [Fact]
    public async Task The_newest_terminal_size_is_kept_and_the_channel_always_drained()
    {
        await using SessionPair pair = await SessionPair.OpenAsync(request: SessionPair.Terminal);
        for (ushort i = 1; i <= 5000; i++) await pair.Client.ResizeAsync(new TerminalSize(i, 24), Ct);
        await pair.Client.StandardInput.WriteAsync("x"u8.ToArray(), Ct);
        Assert.Equal("x", await pair.Server.StandardInput.ReadTextAsync(1));

        TerminalSize? newest = null;
        while (newest?.Width != 5000) newest = await pair.Server.TerminalSizes.NextAsync(Ct);
    }

    [Fact]
    public async Task A_size_without_a_terminal_is_not_sent()
    {
        await using SessionPair pair = await SessionPair.OpenAsync();
        await pair.Client.ResizeAsync(new TerminalSize(1, 1), Ct);
        Task ending = pair.EndAsync(Status.Success);
        Assert.True((await pair.Client.Status).IsSuccess);
        await ending;
        Assert.Null(await pair.Server.TerminalSizes.NextAsync(Ct));
    }

    [Fact]
    public async Task A_writer_waits_for_a_slow_reader_and_holds_no_more_than_its_bounds()
    {
        await using SessionPair pair = await SessionPair.OpenAsync(clientLimits: CarrierLimits.Default with { ChannelBytes = 64 * 1024 });
        pair.ClientSocket.ReceiveBufferSize = pair.ServerSocket.SendBufferSize = 64 * 1024;
        byte[] block = new byte[32 * 1024];
        long written = 0;
        ValueTask<FlushResult> flush;
        while (true)
        {
            flush = pair.Server.StandardOutput.WriteAsync(block, Ct);
            written += block.Length;
            if (flush.IsCompleted)
            {
                await flush;
                continue;
            }

            // Blocked for real, or merely waiting for the loop's next turn? Only a reader that takes something unblocks it for good.
            Task<FlushResult> pending = flush.AsTask();
            if (await Standstill.IsReachedAsync(pending, Ct))
            {
                Assert.InRange(written, block.Length, 16 * 1024 * 1024);
                ReadResult result = await pair.Client.StandardOutput.ReadAsync(Ct);
                Assert.InRange(result.Buffer.Length, 1, 192 * 1024);
                pair.Client.StandardOutput.AdvanceTo(result.Buffer.End);
                _ = pair.Client.StandardOutput.ReadAllAsync(Ct);
                await pending;
                break;
            }
        }

        Assert.True(written > 0);
    }

    [Fact]
    public async Task A_command_that_reads_no_input_does_not_hold_up_its_own_ending()
    {
        await using SessionPair pair = await SessionPair.OpenAsync(serverLimits: CarrierLimits.Default with { ChannelBytes = 64 * 1024 });
        using CancellationTokenSource stop = new();
        Task sending = Task.Run(async () =>
        {
            byte[] block = new byte[32 * 1024];
            while (!(await pair.Client.StandardInput.WriteAsync(block, stop.Token)).IsCompleted)
            {
                // on and on, until the session has ended
            }
        }, Ct);
        await pair.Server.StandardOutput.WriteAsync(new byte[1024 * 1024], Ct);
        Task ending = pair.EndAsync(Status.FromExitCode(3));

        Assert.Equal(1024 * 1024, (await pair.Client.StandardOutput.ReadAllAsync(Ct)).Length);
        Assert.True((await pair.Client.Status).TryGetExitCode(out int code) && code == 3);
        await ending;
        await sending;
    }

    [Fact]
    public async Task A_cancelled_write_ends_only_the_wait()
    {
        await using SessionPair pair = await SessionPair.OpenAsync();
        using CancellationTokenSource cancel = new();
        PipeWriter output = pair.Server.StandardOutput;
        long sent = 0;
        while (true)
        {
            output.Write(new byte[16 * 1024]);
            sent += 16 * 1024;
            ValueTask<FlushResult> flush = output.FlushAsync(cancel.Token);
            if (flush.IsCompleted)
            {
                await flush;
                continue;
            }

            Task<FlushResult> pending = flush.AsTask();
            if (!await Standstill.IsReachedAsync(pending, Ct)) continue;
            await cancel.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pending);
            break;
        }

        Task<byte[]> reading = pair.Client.StandardOutput.ReadAllAsync(Ct);
        Task ending = pair.EndAsync(Status.Success);
        await pair.Client.Status;
        Assert.Equal(sent, (await reading).Length);
        await ending;
    }

    static CancellationToken Ct => TestContext.Current.CancellationToken;
}
