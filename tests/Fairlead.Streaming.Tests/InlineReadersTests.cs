using System.IO.Pipelines;
using System.Security.Cryptography;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Wire;

namespace Fairlead.Streaming.Tests;

/// <summary>Readers that go on inside the read loop.</summary>
public sealed class InlineReadersTests
{
    const int Much = 32 << 20;

    static readonly CarrierLimits Inline = CarrierLimits.Default with { InlineReaders = true };

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task All_arrives_both_ways_and_the_status_behind_it()
    {
        byte[] bytes = RandomNumberGenerator.GetBytes(8 * 1024 * 1024);
        await using SessionPair pair = await SessionPair.OpenAsync(clientLimits: Inline, serverLimits: Inline);
        Task echo = EchoAsync(pair);
        Task<byte[]> output = pair.Client.StandardOutput.ReadAllAsync(Ct);
        await pair.Client.StandardInput.WriteAsync(bytes, Ct);
        await pair.Client.StandardInput.CompleteAsync();

        Assert.Equal(bytes, await output);
        Assert.True((await pair.Client.Status.WaitAsync(Ct)).IsSuccess);
        await echo;

        static async Task EchoAsync(SessionPair pair)
        {
            await pair.Server.StandardInput.CopyToAsync(pair.Server.StandardOutput, Ct);
            await pair.EndAsync(Status.Success);
        }
    }

    [Fact]
    public async Task A_reader_that_waits_elsewhere_holds_up_neither_the_other_output_nor_the_status()
    {
        await using SessionPair pair = await SessionPair.OpenAsync(clientLimits: Inline);
        Task<byte[]> error = pair.Client.StandardError.ReadAllAsync(Ct);
        TaskCompletionSource paused = new(TaskCreationOptions.RunContinuationsAsynchronously), goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<byte[]> output = ReadPausedAsync();
        await pair.Server.StandardOutput.WriteAsync("first"u8.ToArray(), Ct);
        await paused.Task.WaitAsync(Ct);
        await pair.Server.StandardOutput.WriteAsync(new byte[100_000], Ct);
        await pair.Server.StandardError.WriteAsync("error"u8.ToArray(), Ct);
        Task ending = pair.EndAsync(Status.Success);

        Assert.Equal("error"u8.ToArray(), await error);
        Assert.True((await pair.Client.Status.WaitAsync(Ct)).IsSuccess);
        goOn.SetResult();
        Assert.Equal(100_005, (await output).Length);
        await ending;

        async Task<byte[]> ReadPausedAsync()
        {
            ReadResult result = await pair.Client.StandardOutput.ReadAsync(Ct);
            paused.SetResult();
            await goOn.Task;
            pair.Client.StandardOutput.AdvanceTo(result.Buffer.Start);
            return await pair.Client.StandardOutput.ReadAllAsync(Ct);
        }
    }

    [Fact]
    public async Task A_reader_that_blocks_the_read_loop_holds_up_its_own_session_alone()
    {
        await using SessionPair pair = await SessionPair.OpenAsync(clientLimits: Inline), other = await SessionPair.OpenAsync(clientLimits: Inline);
        using ManualResetEventSlim goOn = new();
        (Task begun, Task<byte[]> output) = ReadBlocking(pair.Client.StandardOutput, goOn);
        Task<ReadResult> first = pair.Client.StandardError.ReadAsync(Ct).AsTask();
        await pair.Server.StandardOutput.WriteAsync("first"u8.ToArray(), Ct);
        await begun.WaitAsync(Ct);
        try
        {
            await pair.Server.StandardError.WriteAsync("error"u8.ToArray(), Ct);
            await AssertServedAsync(other);
            Assert.False(first.IsCompleted); // the contract: its reader is the read loop
        }
        finally
        {
            goOn.Set();
        }

        pair.Client.StandardError.AdvanceTo((await first).Buffer.Start);
        await pair.EndAsync(Status.Success);
        Assert.Equal("first"u8.ToArray(), await output);
        Assert.Equal("error"u8.ToArray(), await pair.Client.StandardError.ReadAllAsync(Ct));
    }

    [Fact]
    public async Task Any_other_reader_may_block_and_holds_up_nothing()
    {
        await using SessionPair pair = await SessionPair.OpenAsync();
        using ManualResetEventSlim goOn = new();
        (Task begun, Task<byte[]> output) = ReadBlocking(pair.Client.StandardOutput, goOn);
        await pair.Server.StandardOutput.WriteAsync("first"u8.ToArray(), Ct);
        await begun.WaitAsync(Ct);
        await AssertServedBesideAsync(pair.Client, pair.Server.StandardError, pair.EndAsync, output, goOn);
    }

    [Fact]
    public async Task So_may_one_over_SPDY_whatever_is_asked_for()
    {
        await using Spdy.SpdyPair pair = await Spdy.SpdyPair.OpenAsync(clientLimits: Inline);
        using ManualResetEventSlim goOn = new();
        (Task begun, Task<byte[]> output) = ReadBlocking(pair.Client.StandardOutput, goOn);
        await pair.Server.StandardOutput.WriteAsync("first"u8.ToArray(), Ct);
        await begun.WaitAsync(Ct);
        await AssertServedBesideAsync(pair.Client, pair.Server.StandardError, pair.EndAsync, output, goOn);
    }

    /// <summary>A write that waits for its peer goes on when the loop says so: what follows it may block too.</summary>
    [Fact]
    public async Task A_writer_that_blocks_after_its_write_does_not_hold_up_the_write_loop()
    {
        await using SessionPair pair = await SessionPair.OpenAsync(request: SessionPair.Terminal, clientLimits: Inline);
        using ManualResetEventSlim goOn = new();
        TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        ValueTask<FlushResult> write = pair.Client.StandardInput.WriteAsync(new byte[Much], Ct);
        Assert.False(write.IsCompleted); // nobody reads yet, and this is more than what the way holds: the loop will say when it is over
        Task writing = BlockBehindAsync();
        Task<byte[]> input = pair.Server.StandardInput.ReadAllAsync(Ct);
        await begun.Task.WaitAsync(Ct);
        try
        {
            await pair.Client.ResizeAsync(new TerminalSize(81, 25), Ct);
            Assert.Equal(new TerminalSize(81, 25), await pair.Server.TerminalSizes.NextAsync(Ct));
        }
        finally
        {
            goOn.Set();
        }

        await writing;
        await pair.Client.StandardInput.CompleteAsync();
        Assert.Equal(Much, (await input).Length);
        await pair.EndAsync(Status.Success);

        async Task BlockBehindAsync()
        {
            await write.ConfigureAwait(false);
            begun.SetResult();
            goOn.Wait(Ct);
        }
    }

    /// <summary>Reads what comes first, and then blocks whatever thread it was woken on.</summary>
    static (Task Begun, Task<byte[]> All) ReadBlocking(PipeReader reader, ManualResetEventSlim goOn)
    {
        TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        return (begun.Task, ReadAsync());

        async Task<byte[]> ReadAsync()
        {
            ReadResult result = await reader.ReadAsync(Ct).ConfigureAwait(false);
            begun.SetResult();
            goOn.Wait(Ct);
            reader.AdvanceTo(result.Buffer.Start);
            return await reader.ReadAllAsync(Ct);
        }
    }

    static async Task AssertServedAsync(SessionPair pair)
    {
        Task<byte[]> output = pair.Client.StandardOutput.ReadAllAsync(Ct);
        await pair.Server.StandardOutput.WriteAsync("other"u8.ToArray(), Ct);
        await pair.EndAsync(Status.Success);
        Assert.Equal("other"u8.ToArray(), await output);
        Assert.True((await pair.Client.Status.WaitAsync(Ct)).IsSuccess);
    }

    static async Task AssertServedBesideAsync(
        AskingSession client, PipeWriter error, Func<Status, Task> end, Task<byte[]> output, ManualResetEventSlim goOn)
    {
        Task<byte[]> errors = client.StandardError.ReadAllAsync(Ct);
        Task ending;
        try
        {
            await error.WriteAsync("error"u8.ToArray(), Ct);
            ending = end(Status.Success);
            Assert.Equal("error"u8.ToArray(), await errors);
            Assert.True((await client.Status.WaitAsync(Ct)).IsSuccess);
            Assert.False(output.IsCompleted);
        }
        finally
        {
            goOn.Set();
        }

        Assert.Equal("first"u8.ToArray(), await output);
        await ending;
    }
}
