using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Threading.Channels;
using Fairlead;
using Fairlead.Lab.Testing;

namespace LabUsers;

/// <summary>What the library tells OpenTelemetry. Alone, since whoever listens hears all of the process.</summary>
[Collection(Fairlead.FunctionalTests.Alone.Name)]
public sealed class TelemetryTests : IDisposable
{
    readonly ConcurrentQueue<Activity> _ended = [];
    readonly Channel<bool> _news = Channel.CreateUnbounded<bool>();
    readonly ConcurrentQueue<(string Name, double Value, string Tags)> _measured = [];
    readonly ActivityListener _traces;
    readonly MeterListener _meters = new();

    public TelemetryTests()
    {
        _traces = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == "Fairlead",
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity =>
            {
                _ended.Enqueue(activity);
                _news.Writer.TryWrite(true);
            },
        };
        ActivitySource.AddActivityListener(_traces);
        _meters.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Meter.Name == "Fairlead") listener.EnableMeasurementEvents(instrument);
        };
        _meters.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Keep(instrument.Name, value, tags));
        _meters.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Keep(instrument.Name, value, tags));
        _meters.Start();
    }

    void Keep(string name, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        List<string> told = [];
        foreach ((string key, object? tag) in tags) told.Add($"{key}={tag}");
        _measured.Enqueue((name, value, string.Join(' ', told.Order(StringComparer.Ordinal))));
        _news.Writer.TryWrite(true);
    }

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    double Sum(string name, string tags) => _measured.Where(one => one.Name == name && one.Tags == tags).Sum(static one => one.Value);

    async Task<Activity> EndedAsync(string name)
    {
        await HoldsAsync(() => _ended.Any(activity => activity.OperationName == name));
        return _ended.First(activity => activity.OperationName == name);
    }

    async Task HoldsAsync(Func<bool> condition)
    {
        while (!condition()) await _news.Reader.ReadAsync(Ct);
    }

    [Fact]
    public async Task A_session_has_an_activity_with_its_upgrade_below_and_is_counted()
    {
        await using Lab lab = await Lab.StartAsync(cancellationToken: Ct);
        using StreamingClient client = lab.CreateClient();
        await client.RunAsync(new("demo"), ["sh", "-c", "cat; cat secret-file; exit 3"], "abc", cancellationToken: Ct);

        Activity exec = await EndedAsync("exec"), upgrade = await EndedAsync("upgrade");
        Assert.Null(Activity.Current); // it is the session's alone
        Assert.Equal(exec.SpanId, upgrade.ParentSpanId);
        Assert.Equal(ActivityKind.Client, exec.Kind);
        Assert.Equal((3, "exited", "127.0.0.1", lab.Url.Port, "demo", "default"),
            (exec.GetTagItem("process.exit.code"), exec.GetTagItem("fairlead.outcome"), exec.GetTagItem("server.address"), exec.GetTagItem("server.port"),
            exec.GetTagItem("k8s.pod.name"), exec.GetTagItem("k8s.namespace.name")));
        Assert.DoesNotContain(exec.TagObjects.Concat(upgrade.TagObjects), static tag => $"{tag.Value}".Contains("secret", StringComparison.Ordinal));

        Assert.Equal(1, Sum("fairlead.client.sessions", "fairlead.kind=exec fairlead.outcome=exited"));
        Assert.Equal(3, Sum("fairlead.client.session.io", "fairlead.kind=exec network.io.direction=transmit"));
        Assert.InRange(Sum("fairlead.client.session.io", "fairlead.kind=exec network.io.direction=receive"), 3, 1000); // and what cat says of the file
        await HoldsAsync(() => _measured.Count(static one => one.Name == "fairlead.client.active_sessions") == 2);
        Assert.Equal(0, Sum("fairlead.client.active_sessions", "fairlead.kind=exec"));
    }

    [Fact]
    public async Task Losses_refusals_and_fallbacks_are_told_by_their_kind()
    {
        await using Lab lab = await Lab.StartAsync(cancellationToken: Ct);
        lab.SpeakOnly(Transport.Spdy);
        using StreamingClient client = lab.CreateClient();
        await using RemoteProcess run = await client.ExecAsync(new("demo"), ["sleep", "1000"], cancellationToken: Ct);
        Assert.Equal(1, Sum("fairlead.client.fallbacks", "fairlead.kind=exec"));
        lab.CutConnections();
        Activity lost = await EndedAsync("exec");
        Assert.Equal(("lost", "ConnectionBroken", ActivityStatusCode.Error), (lost.GetTagItem("fairlead.outcome"), lost.GetTagItem("error.type"), lost.Status));
        Assert.Equal(1, Sum("fairlead.client.losses", "error.type=ConnectionBroken fairlead.kind=exec"));

        await Assert.ThrowsAsync<UpgradeException>(() => client.AttachAsync(new("nobody"), cancellationToken: Ct));
        Activity refused = await EndedAsync("attach");
        Assert.Equal(("refused", "Fairlead.UpgradeException"), (refused.GetTagItem("fairlead.outcome"), refused.GetTagItem("error.type")));
    }

    [Fact]
    public async Task A_forward_and_a_copy_are_told_too()
    {
        await using Lab lab = await Lab.StartAsync(cancellationToken: Ct);
        using StreamingClient client = lab.CreateClient();
        await using (PortForward forward = await client.ForwardAsync(new("demo"), [new(0, 80)], cancellationToken: Ct))
        {
            lab.CutConnections();
            await HoldsAsync(() => Sum("fairlead.client.resumptions", "fairlead.kind=forward") == 1);
            Assert.Equal(1, Sum("fairlead.client.losses", "fairlead.kind=forward"));
        }

        Assert.Equal("demo", (await EndedAsync("forward")).GetTagItem("k8s.pod.name"));

        DirectoryInfo folder = Directory.CreateTempSubdirectory("fairlead-");
        try
        {
            await File.WriteAllTextAsync(folder.FullName + "/a", "abc", Ct);
            await client.Files(new("demo", Container: "web")).CopyToPodAsync(folder.FullName + "/a", folder.FullName + "/b", cancellationToken: Ct);
            Assert.Equal(3L, (await EndedAsync("copy")).GetTagItem("fairlead.copy.bytes"));
            Assert.Equal(3, Sum("fairlead.client.copy.io", "fairlead.copy.direction=to_pod"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task The_bytes_of_forwards_are_counted_in_each_direction()
    {
        using System.Net.Sockets.TcpListener echo = new(System.Net.IPAddress.Loopback, 0);
        int port = Answer(echo);
        await using Lab lab = await Lab.StartAsync(cancellationToken: Ct);
        using StreamingClient client = lab.CreateClient();
        await using (PortForward forward = await client.ForwardAsync(new("demo"), [new(0, port)], cancellationToken: Ct))
        {
            using System.Net.Sockets.TcpClient local = new();
            await local.ConnectAsync((System.Net.IPEndPoint)forward.Ports[0].Local, Ct);
            await AskAsync(local.GetStream());
        }

        await using (ForwardedStream single = await client.ConnectAsync(new("demo"), port, cancellationToken: Ct)) await AskAsync(single);
        Assert.Equal(6, Sum("fairlead.client.session.io", "fairlead.kind=forward network.io.direction=transmit"));
        await HoldsAsync(() => Sum("fairlead.client.session.io", "fairlead.kind=forward network.io.direction=receive") == 12);
        Assert.Equal("demo", (await EndedAsync("connect")).GetTagItem("k8s.pod.name"));
        await HoldsAsync(() => Sum("fairlead.client.sessions", "fairlead.kind=forward fairlead.outcome=exited") == 1);
        await HoldsAsync(() => _measured.Count(static one => one.Name == "fairlead.client.active_sessions") == 2);
        Assert.Equal(0, Sum("fairlead.client.active_sessions", "fairlead.kind=forward"));
    }

    /// <summary>Answers three bytes with six, on each connection.</summary>
    static int Answer(System.Net.Sockets.TcpListener listener)
    {
        listener.Start();
        _ = Task.Run(async () =>
        {
            while (true)
            {
                using System.Net.Sockets.TcpClient client = await listener.AcceptTcpClientAsync();
                byte[] three = new byte[3];
                await client.GetStream().ReadExactlyAsync(three);
                await client.GetStream().WriteAsync("answer"u8.ToArray());
            }
        }, Ct);
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
    }

    static async Task AskAsync(Stream stream)
    {
        await stream.WriteAsync("abc"u8.ToArray(), Ct);
        byte[] answer = new byte[6];
        await stream.ReadExactlyAsync(answer, Ct);
    }

    [Fact]
    public async Task A_session_of_connections_is_a_forward_whose_bytes_are_counted()
    {
        using System.Net.Sockets.TcpListener echo = new(System.Net.IPAddress.Loopback, 0);
        int port = Answer(echo);
        await using Lab lab = await Lab.StartAsync(cancellationToken: Ct);
        using StreamingClient client = lab.CreateClient();
        await using (ForwardSession session = await client.OpenForwardAsync(new("demo"), [port], cancellationToken: Ct))
        {
            Assert.Equal(1, Sum("fairlead.client.active_sessions", "fairlead.kind=forward"));
            for (int connection = 1; connection <= 2; connection++)
            {
                await using ForwardedStream stream = await session.ConnectAsync(port, Ct);
                await AskAsync(stream);
                Assert.Equal(3 * connection, Sum("fairlead.client.session.io", "fairlead.kind=forward network.io.direction=transmit"));
                Assert.Equal(6 * connection, Sum("fairlead.client.session.io", "fairlead.kind=forward network.io.direction=receive"));
            }
        }

        Activity ended = await EndedAsync("forward");
        Assert.Equal(("demo", "default", "exited", lab.Url.Port), (ended.GetTagItem("k8s.pod.name"), ended.GetTagItem("k8s.namespace.name"),
            ended.GetTagItem("fairlead.outcome"), ended.GetTagItem("server.port")));
        Assert.Null(Activity.Current); // it is the session's alone
        await HoldsAsync(() => Sum("fairlead.client.sessions", "fairlead.kind=forward fairlead.outcome=exited") == 1);
        Assert.Equal(0, Sum("fairlead.client.active_sessions", "fairlead.kind=forward"));
        Assert.Equal(0, Sum("fairlead.client.losses", "fairlead.kind=forward"));

        await using ForwardSession cut = await client.OpenForwardAsync(new("demo"), [port], cancellationToken: Ct);
        lab.CutConnections();
        await HoldsAsync(() => Sum("fairlead.client.sessions", "fairlead.kind=forward fairlead.outcome=lost") == 1);
        Assert.Equal(1, Sum("fairlead.client.losses", "fairlead.kind=forward"));
    }

    [Fact]
    public async Task A_session_of_connections_that_is_refused_is_told_as_such()
    {
        await using Lab lab = await Lab.StartAsync(cancellationToken: Ct);
        using StreamingClient client = lab.CreateClient();
        await Assert.ThrowsAsync<UpgradeException>(() => client.OpenForwardAsync(new("nobody"), [80], cancellationToken: Ct));
        Activity refused = await EndedAsync("forward");
        Assert.Equal(("refused", "nobody", ActivityStatusCode.Error),
            (refused.GetTagItem("fairlead.outcome"), refused.GetTagItem("k8s.pod.name"), refused.Status));
        Assert.Equal(1, Sum("fairlead.client.sessions", "fairlead.kind=forward fairlead.outcome=refused"));
    }

    [Fact]
    public async Task What_could_not_run_is_an_error_and_what_is_not_there_is_not_a_refusal()
    {
        await using Fairlead.FunctionalTests.FailingServer server = await Fairlead.FunctionalTests.FailingServer.StartAsync("there is no such thing");
        using StreamingClient client = server.CreateClient();
        await Assert.ThrowsAsync<RemoteCommandException>(() => client.RunAsync(new("demo"), ["true"], cancellationToken: Ct));
        Activity failed = await EndedAsync("exec");
        Assert.Equal(("failed", "Fairlead.RemoteCommandException", ActivityStatusCode.Error),
            (failed.GetTagItem("fairlead.outcome"), failed.GetTagItem("error.type"), failed.Status));
        Assert.DoesNotContain(failed.TagObjects, static tag => $"{tag.Value}".Contains("such", StringComparison.Ordinal));

        using StreamingClient nobody = new(new KubernetesEndpoint(new Uri("http://127.0.0.1:1"), new SocketsHttpHandler()));
        await Assert.ThrowsAsync<ServerUnreachableException>(() => nobody.AttachAsync(new("demo", Container: "web"), cancellationToken: Ct));
        Activity unreachable = await EndedAsync("attach");
        Assert.Equal(("unreachable", ActivityStatusCode.Error), (unreachable.GetTagItem("fairlead.outcome"), unreachable.Status));
        Assert.Equal(1, Sum("fairlead.client.sessions", "fairlead.kind=attach fairlead.outcome=unreachable"));
    }

    public void Dispose()
    {
        _traces.Dispose();
        _meters.Dispose();
    }
}
