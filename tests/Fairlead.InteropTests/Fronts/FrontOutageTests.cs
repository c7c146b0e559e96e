using System.Net.Sockets;
using Fairlead.Containerd;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Testing.Containerd;
using Fairlead.Upgrades;

namespace Fairlead.InteropTests.Fronts;

/// <summary>
/// A containerd that goes away under running sessions. What runs natively goes on, what runs through the runtime is lost with it, new sessions
/// hear why there are none, and everything else is the kubelet's as before.
/// </summary>
public abstract class FrontOutageTests(ContainerdFrontFixture fixture)
{
    const int Stop = 19, Continue = 18, Native = 50, ThroughRuntime = 10;

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory(Timeout = 300_000)]
    [InlineData(Outage.Ended)]
    [InlineData(Outage.Killed)]
    [InlineData(Outage.Stopped)]
    public async Task Fifty_sessions_go_on_and_new_ones_hear_why_there_are_none(Outage outage)
    {
        await using FrontDoor native = await OpenAsync(StreamThrough.Auto), runtime = await OpenAsync(StreamThrough.Cri);
        using UpgradeDialer dialer = native.Dialer(), toRuntime = runtime.Dialer();
        using LoopbackListener server = new();
        await using ForwardSession forward = await dialer.OpenForwardAsync(
            native.Uri($"/portForward/{fixture.Pod.Namespace}/{fixture.Pod.Name}"), server.Port, new PortForwardOptions(), "port", cancellationToken: Ct);
        await using ForwardedStream near = await forward.ConnectAsync(server.Port, Ct);
        using Socket far = await server.AcceptAsync(Ct);
        await using Crowd crowd = await Crowd.StartAsync(native, dialer, fixture, Native), lost = await Crowd.StartAsync(runtime, toRuntime, fixture, ThroughRuntime);
        await crowd.EchoAsync("before");
        await lost.EchoAsync("before");
        await BeginAsync(outage);
        bool isOver = false;
        try
        {
            await crowd.EchoAsync("while it is away");
            await near.WriteAsync(new byte[1], Ct);
            Assert.Equal(1, await far.ReceiveAsync(new byte[1], SocketFlags.None, Ct));
            foreach (FrontDoor door in (FrontDoor[])[native, runtime]) await AssertAwayAsync(door);
            if (outage != Outage.Stopped) await lost.AssertLostAsync();
            crowd.EndInputs(0, Native / 2); // these end while it is away
            await EndAsync(outage);
            isOver = true;
        }
        finally
        {
            if (!isOver) await EndAsync(outage);
        }

        foreach ((FrontDoor door, UpgradeDialer each) in ((FrontDoor, UpgradeDialer)[])[(native, dialer), (runtime, toRuntime)])
        {
            await Eventually.HoldsAsync(
                async () => (await door.Room.AskAsync(FrontDoor.Exec(fixture.Pod, "true"), door.ApiServer)).Code != 503, "the front sees that it is back", cancellationToken: Ct);
            await using AskingSession next = await door.ExecAsync(each, Transport.WebSocket, fixture.Pod, "echo next");
            Assert.Equal("next\n", await new StreamReader(next.StandardOutput.AsStream()).ReadToEndAsync(Ct));
        }

        crowd.EndInputs(Native / 2, Native);
        await crowd.AssertSucceededAsync();
        if (outage == Outage.Stopped)
        {
            await lost.EchoAsync("after");
            lost.EndInputs(0, ThroughRuntime);
            await lost.AssertSucceededAsync();
        }
    }

    /// <summary>What becomes of the kubelet is nothing to those who have a session, nor to those who want one.</summary>
    [Fact(Timeout = 300_000)]
    public async Task Fifty_sessions_notice_nothing_of_a_kubelet_that_is_slow_rotates_or_is_away()
    {
        await using FrontDoor door = await OpenAsync(StreamThrough.Auto);
        ScriptedKubelet kubelet = door.Room.Kubelet;
        using UpgradeDialer dialer = door.Dialer();
        await using Crowd crowd = await Crowd.StartAsync(door, dialer, fixture, Native);

        int waiting = 0;
        kubelet.Paths["metrics"] = async context =>
        {
            Interlocked.Increment(ref waiting);
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        };
        kubelet.Paths["logs"] = static async context =>
        {
            while (true) await context.Response.Body.WriteAsync(new byte[1 << 16], context.RequestAborted);
        };
        using HttpClient client = door.Room.Client(door.ApiServer);
        using CancellationTokenSource enough = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        Task<HttpResponseMessage>[] slow = [.. Enumerable.Range(0, Native).Select(_ => client.GetAsync(new Uri("/metrics", UriKind.Relative), enough.Token))];
        await Eventually.HoldsAsync(() => Volatile.Read(ref waiting) == Native, "the kubelet holds every request", cancellationToken: Ct);
        using (HttpResponseMessage endless = await client.GetAsync(new Uri("/logs/syslog", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, Ct))
        {
            await GoesOnAsync("beside a slow one", 200);
        }

        await enough.CancelAsync();
        foreach (Task<HttpResponseMessage> each in slow) await Assert.ThrowsAnyAsync<OperationCanceledException>(() => each);

        kubelet.Identity = door.Room.WriteKubeletCertificate();
        await kubelet.StopAsync();
        await GoesOnAsync("without one", 502);
        await kubelet.StartAsync(Ct);
        await GoesOnAsync("with another certificate", 200);
        crowd.EndInputs(0, Native);
        await crowd.AssertSucceededAsync();

        async Task GoesOnAsync(string word, int passed)
        {
            await crowd.EchoAsync(word);
            await using AskingSession next = await door.ExecAsync(dialer, Transport.Spdy, fixture.Pod, "echo next");
            Assert.Equal("next\n", await new StreamReader(next.StandardOutput.AsStream()).ReadToEndAsync(Ct));
            (int code, string body) = await door.Room.AskAsync("/pods", door.ApiServer);
            Assert.True(code == passed, $"{word}: {code} {body}");
        }
    }

    async Task AssertAwayAsync(FrontDoor door)
    {
        string pod = $"{fixture.Pod.Namespace}/{fixture.Pod.Name}";
        await Task.WhenAll(
            AskAsync(FrontDoor.Exec(fixture.Pod, "true"), "GET"), AskAsync($"/attach/{pod}/{fixture.Pod.Container}?output=1", "POST"),
            AskAsync($"/portForward/{pod}", "GET"), AskAsync($"/run/{pod}/{fixture.Pod.Container}?cmd=true", "POST"), DialAsync());
        foreach (string passed in (string[])["/pods", "/healthz"]) Assert.Equal(200, (await door.Room.AskAsync(passed, door.ApiServer)).Code);

        async Task AskAsync(string target, string method)
        {
            (int code, string body) = await door.Room.AskAsync(target, door.ApiServer, method: method);
            Assert.True(code == 503, $"{method} {target}: {code} {body}");
            Assert.Contains("the container runtime does not answer: ", body, StringComparison.Ordinal);
        }

        async Task DialAsync()
        {
            using UpgradeDialer fresh = door.Dialer();
            UpgradeException refused = await Assert.ThrowsAsync<UpgradeException>(() => door.ExecAsync(fresh, Transport.WebSocket, fixture.Pod, "true"));
            Assert.Equal(503, (int)refused.StatusCode);
        }
    }

    Task BeginAsync(Outage outage)
    {
        if (outage != Outage.Stopped) return fixture.Containerd.StopAsync(kill: outage == Outage.Killed, Ct);
        fixture.Containerd.Signal(Stop);
        return Task.CompletedTask;
    }

    Task EndAsync(Outage outage)
    {
        if (outage != Outage.Stopped) return fixture.Containerd.StartAgainAsync(Ct);
        fixture.Containerd.Signal(Continue);
        return Task.CompletedTask;
    }

    Task<FrontDoor> OpenAsync(StreamThrough way)
    {
        string root = fixture.Containerd.Folder.Root;
        return FrontDoor.OpenAsync(options => options with
        {
            Cri = UnixSocketAddress.Parse("unix://" + fixture.Containerd.Socket),
            Runtime = new CriRuntimeOptions
            {
                StreamThrough = way,
                StateFolder = Path.Combine(root, $"outage-{way}"),
                Grace = TimeSpan.FromMilliseconds(500),
                CallTimeout = TimeSpan.FromSeconds(3),
                StartTimeout = TimeSpan.FromSeconds(10),
            },
        });
    }

    public enum Outage
    {
        Ended,
        Killed,
        Stopped,
    }
}

/// <summary>With containerd 1.6.</summary>
public sealed class Containerd16FrontOutageTests(ContainerdFrontFixture fixture) : FrontOutageTests(fixture), IClassFixture<ContainerdFrontFixture>;

/// <summary>With containerd 1.7.</summary>
public sealed class Containerd17FrontOutageTests(ContainerdFrontFixture17 fixture) : FrontOutageTests(fixture), IClassFixture<ContainerdFrontFixture17>;

/// <summary>With containerd 2.</summary>
public sealed class Containerd2FrontOutageTests(ContainerdFrontFixture2 fixture) : FrontOutageTests(fixture), IClassFixture<ContainerdFrontFixture2>;
