using System.IO.Pipelines;
using System.Security.Cryptography;
using Fairlead.Wire;

namespace Fairlead.Streaming.Tests;

/// <summary>Readers that go on inside the read loop.</summary>
public sealed class InlineReadersTests
{
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
}
