using System.IO.Pipelines;

namespace Fairlead.InteropTests;

/// <summary>Endings through the library: many sessions of one client, over TLS, directly and through a delaying proxy.</summary>
public sealed class LibraryEndingsTests(LabFixture fixture)
{
    const int SlowReaders = 12;

    readonly LabProcess _lab = fixture.Lab;

    [Fact(Timeout = 7_200_000)]
    public async Task Every_session_ends_whole()
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        Endings endings = await Endings.PrepareAsync(_lab, cancellationToken);
        await using FaultProxy delaying = _lab.Behind(new() { Latency = TimeSpan.FromMilliseconds(10) });
        using StreamingClient direct = StreamingClient.FromKubeconfig(_lab.Kubeconfig);
        using StreamingClient delayed = StreamingClient.FromKubeconfig(_lab.KubeconfigThrough(delaying));
        int count = Repository.IsFull ? 9_000 : 300;

        await RunOneAsync(direct, endings, 0, null, cancellationToken); // so that what stays for good is open before the count
        LeakCheck lab = LeakCheck.Begin(_lab.Id);

        await Endings.RunAsync(count, together: 8 + SlowReaders, (i, token) =>
            RunOneAsync(i % 2 == 0 ? direct : delayed, endings, i, i < SlowReaders ? Endings.SlowBytesPerSecond : null, token), cancellationToken);

        Assert.True(delaying.AcceptedConnections > 0, "Nothing went through the delaying proxy.");
        await lab.ExpectNothingLeftAsync(spareDescriptors: 8, cancellationToken: cancellationToken);
    }

    static async Task RunOneAsync(StreamingClient client, Endings endings, int i, int? slow, CancellationToken cancellationToken)
    {
        ExecOptions options = new() { Stdin = true, PingInterval = TimeSpan.FromMilliseconds(200) };
        await using RemoteProcess run = await client.ExecAsync(new("demo", "default", "shell"), endings.CommandOf(i), options, cancellationToken);

        using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task feeding = FeedAsync(run.StandardInput, ended.Token);
        Task<ByteTally> errors = ByteTally.OfAsync(run.StandardError, cancellationToken: cancellationToken);
        ByteTally tally = await ByteTally.OfAsync(run.StandardOutput, slow, cancellationToken);
        ExitStatus exit = await run.WaitForExitAsync(cancellationToken);
        await ended.CancelAsync();
        await feeding;

        Assert.Equal(endings.Expected, tally);
        Assert.Equal(Endings.CodeOf(i), exit.Code);
        Assert.Equal(0, (await errors).Length);
        Assert.Equal("v5.channel.k8s.io", run.Protocol.Name);
    }

    static async Task FeedAsync(PipeWriter input, CancellationToken cancellationToken)
    {
        byte[] chunk = new byte[8 * 1024];
        try
        {
            while (!(await input.WriteAsync(chunk, cancellationToken)).IsCompleted)
            {
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // the session has ended and nobody reads any more: that is how this loop ends
        }
    }
}
