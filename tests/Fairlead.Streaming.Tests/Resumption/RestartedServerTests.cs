using System.Buffers;
using System.IO.Pipelines;
using System.Security.Cryptography;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Streaming.Resumption;
using Fairlead.Testing;
using Fairlead.Wire;

namespace Fairlead.Streaming.Tests.Resumption;

/// <summary>Sessions whose server is restarted: the next process has nothing but what was saved.</summary>
public sealed class RestartedServerTests
{
    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task What_was_neither_passed_on_nor_confirmed_comes_once_and_whole()
    {
        await using ResumedRoom room = new();
        await using AskingSession client = await room.AskAsync();
        AnsweringSession server = await room.Begun.WaitAsync(Ct);
        byte[] up = RandomNumberGenerator.GetBytes(150_000), down = RandomNumberGenerator.GetBytes(120_000);
        await client.StandardInput.WriteAsync(up, Ct);
        await client.StandardInput.CompleteAsync();
        ReadResult part = await server.StandardInput.ReadAtLeastAsync(50_000, Ct);
        byte[] first = part.Buffer.Slice(0, 50_000).ToArray();
        server.StandardInput.AdvanceTo(part.Buffer.GetPosition(50_000));
        await server.StandardOutput.WriteAsync(down.AsMemory(0, 70_000), Ct);
        down.AsSpan(70_000, 1000).CopyTo(server.StandardOutput.GetSpan(1000));
        server.StandardOutput.Advance(1000); // read from the command, and its flush was given up
        await server.StandardError.CompleteAsync();

        server = await room.RestartAsync(server);
        server = await room.RestartAsync(server); // and once more, before the client is back for certain
        byte[] rest = await server.StandardInput.ReadAllAsync(Ct);
        Assert.Equal(up, first.Concat(rest));
        await server.StandardOutput.WriteAsync(down.AsMemory(71_000), Ct);
        Task ending = server.EndAsync(Status.FromExitCode(7, "seven")).AsTask();
        Assert.Equal(down, await client.StandardOutput.ReadAllAsync(Ct));
        Assert.True((await client.Status).TryGetExitCode(out int code));
        Assert.Equal(7, code);
        await ending.WaitAsync(Ct);
        await server.DisposeAsync();
        Assert.Equal((1, 0), (room.Started, room.Server.Count));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_status_that_was_given_and_not_confirmed_is_kept()
    {
        await using ResumedRoom room = new();
        await using AskingSession client = await room.AskAsync();
        AnsweringSession server = await room.Begun.WaitAsync(Ct);
        room.Proxy.BlackHole(ProxyDirections.ToServer | ProxyDirections.ToClient);
        Task ending = server.EndAsync(Status.FromExitCode(9, "nine")).AsTask();
        Assert.False(server.IsStatusOwed);
        room.Server.Suspend();
        await ending.WaitAsync(Ct); // does not wait for the client any more
        Assert.True(server.IsStatusOwed);
        server = await room.RestartAsync(server);
        Task restored = server.EndRestoredAsync().AsTask();
        room.Proxy.Cut(CutKind.Reset);
        Assert.True((await client.Status.WaitAsync(Ct)).TryGetExitCode(out int code));
        Assert.Equal(9, code);
        await restored.WaitAsync(Ct);
        Assert.False(server.IsStatusOwed);
        await server.DisposeAsync();
    }

    [Fact]
    public async Task What_has_ended_or_holds_more_than_its_window_is_not_saved()
    {
        await using ResumableSession ended = new([new(1, true)], new ResumptionLimits(), 1 << 20);
        ended.End(null);
        using BinaryWriter writer = new(new MemoryStream());
        Assert.Contains("ended", Assert.Throws<IOException>(() => ended.Save(writer)).Message, StringComparison.Ordinal);

        await using ResumableSession session = new([new(0, false)], new ResumptionLimits { WindowBytes = 1000, MostWindowBytes = 1000 }, 1000);
        IncomingChannel full = new(session, 0, capacity: 1000, inlineReader: false);
        full.Inbound.GetMemory(1000).Span[..1000].Clear();
        full.Inbound.Advance(1000);
        Task flushing = full.Inbound.FlushAsync(endOfMessage: true).AsTask(); // which waits for a reader
        Assert.Contains("window", Assert.Throws<IOException>(() => full.Save(writer)).Message, StringComparison.Ordinal);
        full.Inbound.StopWaiting();
        await flushing;
    }

    [Fact(Timeout = 60_000)]
    public async Task What_is_not_whole_is_no_session()
    {
        await using ResumedRoom room = new();
        await using AskingSession client = await room.AskAsync();
        AnsweringSession server = await room.Begun.WaitAsync(Ct);
        await Assert.ThrowsAnyAsync<IOException>(() => room.RestartAsync(server, static saved => saved[..^40]));
        Assert.Equal(0, room.Server.Count);
    }
}
