using Fairlead.Gateway;
using Fairlead.Lab;
using Fairlead.Testing;

namespace Fairlead.FunctionalTests;

/// <summary>What a program's first hour with the library meets: a wrong argument is named, and no option means what nobody would think.</summary>
public sealed class FirstHourTests : IAsyncLifetime
{
    LabServer _lab = null!;
    StreamingClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        _lab = await LabServer.StartAsync(new LabOptions(), Ct);
        _client = LabClient.Create(_lab.Url, _lab);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _lab.DisposeAsync();
    }

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    static PodReference Demo => new("demo", Container: "web");

    [Fact, Trait("Case", "D5")]
    public async Task A_pod_without_a_namespace_is_in_the_clients()
    {
        using StreamingClient shop = LabClient.Create(_lab.Url, _lab, "shop");
        UpgradeException refused = await Assert.ThrowsAsync<UpgradeException>(() => shop.ExecAsync(new("demo", Container: "web"), ["true"], cancellationToken: Ct));
        Assert.Equal(System.Net.HttpStatusCode.NotFound, refused.StatusCode);
        await using RemoteProcess found = await shop.ExecAsync(new("demo", "default", "web"), ["true"], cancellationToken: Ct);
        Assert.True((await found.WaitForExitAsync(Ct)).Succeeded);
    }

    [Fact, Trait("Case", "D2")]
    public async Task A_command_that_talks_much_on_one_output_is_run_to_its_end()
    {
        CommandResult result = await _client.RunAsync(Demo, ["sh", "-c", "head -c 1000000 /dev/zero >&2; cat; exit 3"], "abc", cancellationToken: Ct);
        Assert.Equal((3, "abc", 1_000_000), (result.Exit.Code, result.Output, result.Error.Length));
    }

    [Fact, Trait("Case", "D2")]
    public async Task A_wait_for_the_exit_ends_although_nobody_reads()
    {
        await using RemoteProcess run = await _client.ExecAsync(Demo, ["sh", "-c", "head -c 5000000 /dev/zero; head -c 5000000 /dev/zero >&2"], cancellationToken: Ct);
        Assert.True((await run.WaitForExitAsync(Ct)).Succeeded);
        Assert.Contains("dropped", Assert.Throws<InvalidOperationException>(() => run.StandardOutput).Message, StringComparison.Ordinal);
    }

    [Fact, Trait("Case", "D2")]
    public async Task An_output_that_was_taken_is_whole_after_the_wait()
    {
        await using RemoteProcess run = await _client.ExecAsync(Demo, ["sh", "-c", "head -c 5000000 /dev/zero; head -c 5000000 /dev/zero >&2"], cancellationToken: Ct);
        Task<string> output = run.StandardOutput.ReadToEndAsync(cancellationToken: Ct);
        Assert.True((await run.WaitForExitAsync(Ct)).Succeeded);
        Assert.Equal(5_000_000, (await output).Length);
    }

    [Fact, Trait("Case", "D2")]
    public async Task Streams_of_any_length_pass_and_an_input_that_is_not_read_is_no_failure()
    {
        using MemoryStream input = new(new byte[8_000_000]), output = new();
        ExitStatus exit = await _client.RunAsync(Demo, ["sh", "-c", "cat; exit 4"], input, output, null, Ct);
        Assert.Equal((4, input.Length), (exit.Code, output.Length));
        using MemoryStream much = new(new byte[50_000_000]);
        Assert.Equal(5, (await _client.RunAsync(Demo, ["sh", "-c", "exit 5"], much, null, null, Ct)).Code);
    }

    [Fact, Trait("Case", "D2")]
    public async Task Without_input_and_outputs_it_is_run_all_the_same() =>
        Assert.Equal(6, (await _client.RunAsync(Demo, ["sh", "-c", "echo dropped; exit 6"], null, null, null, Ct)).Code);

    [Fact, Trait("Case", "D2")]
    public async Task An_input_that_nobody_types_and_an_output_that_nobody_takes_hold_up_nothing()
    {
        using System.IO.Pipes.AnonymousPipeServerStream silent = new(System.IO.Pipes.PipeDirection.In); // its reads block and know no token
        Assert.Equal(7, (await _client.RunAsync(Demo, ["sh", "-c", "exit 7"], silent, null, null, Ct)).Code);

        using System.IO.Pipes.AnonymousPipeServerStream full = new(System.IO.Pipes.PipeDirection.Out);
        using CancellationTokenSource giveUp = new();
        Task<ExitStatus> running = _client.RunAsync(Demo, ["sh", "-c", "head -c 10000000 /dev/zero; sleep 1000"], null, full, null, giveUp.Token);
        Assert.True(await Standstill.IsReachedAsync(running, Ct));
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    public static TheoryData<string, Func<TimeSpan, object>> Times => new()
    {
        { nameof(ExecOptions.PingInterval), static time => new ExecOptions { PingInterval = time } },
        { nameof(ExecOptions.PingTimeout), static time => new ExecOptions { PingTimeout = time } },
        { nameof(ExecOptions.UpgradeTimeout), static time => new ExecOptions { UpgradeTimeout = time } },
        { nameof(PortForwardOptions.PingInterval), static time => new PortForwardOptions { PingInterval = time } },
        { nameof(ForwardOptions.FirstRedialDelay), static time => new ForwardOptions { FirstRedialDelay = time } },
        { nameof(ForwardOptions.ConnectTimeout), static time => new ForwardOptions { ConnectTimeout = time } },
        { nameof(CopyOptions.AnswerTimeout), static time => new CopyOptions { AnswerTimeout = time } },
        { nameof(GatewayOptions.IdleTimeout), static time => new GatewayOptions { Upstream = null!, IdleTimeout = time } },
        { nameof(GatewayOptions.MaxSessionAge), static time => new GatewayOptions { Upstream = null!, MaxSessionAge = time } },
    };

    [Theory, Trait("Case", "D11"), MemberData(nameof(Times))]
    public void A_time_that_is_none_is_refused_before_anything_is_sent(string name, Func<TimeSpan, object> option)
    {
        foreach (TimeSpan time in (TimeSpan[])[TimeSpan.Zero, TimeSpan.FromSeconds(-2)])
            Assert.Equal(name, Assert.Throws<ArgumentOutOfRangeException>(() => option(time)).ParamName);
        Assert.NotNull(option(Timeout.InfiniteTimeSpan));
        Assert.NotNull(option(TimeSpan.MaxValue));
    }

    [Fact, Trait("Case", "D6")]
    public async Task An_answer_that_is_waited_for_without_limit_does_not_come_too_late()
    {
        string folder = Directory.CreateTempSubdirectory("fairlead-first-").FullName;
        try
        {
            await File.WriteAllTextAsync(folder + "/from", "text", Ct);
            CopyOptions options = new() { AnswerTimeout = Timeout.InfiniteTimeSpan };
            await _client.Files(Demo).CopyToPodAsync(folder + "/from", folder + "/to", options, Ct);
            Assert.Equal("text", await File.ReadAllTextAsync(folder + "/to", Ct));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact, Trait("Case", "D2")]
    public async Task What_is_too_long_or_given_up_ends_the_command()
    {
        await Assert.ThrowsAsync<OutputLimitException>(() => _client.RunAsync(Demo, ["yes"], mostBytes: 1000, cancellationToken: Ct));
        using CancellationTokenSource giveUp = new(TimeSpan.FromMilliseconds(300));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _client.RunAsync(Demo, ["sleep", "1000"], cancellationToken: giveUp.Token));
    }

    [Fact, Trait("Case", "D4")]
    public async Task A_pod_without_a_container_is_run_in_as_the_command_does()
    {
        string kubeconfig = Path.GetTempFileName();
        try
        {
            await _lab.WriteKubeconfigAsync(kubeconfig, Ct);
            using StreamingClient client = StreamingClient.FromKubeconfig(kubeconfig);
            await using RemoteProcess run = await client.ExecAsync(new("demo"), ["wc", "-c"], new() { Stdin = true }, Ct);
            await run.StandardInput.WriteAsync("abc"u8.ToArray(), Ct);
            await run.StandardInput.CompleteAsync();
            Assert.Equal("3\n", await run.StandardOutput.ReadToEndAsync(cancellationToken: Ct));
            Assert.True((await run.WaitForExitAsync(Ct)).Succeeded);
        }
        finally
        {
            File.Delete(kubeconfig);
        }
    }

    [Fact, Trait("Case", "D6")]
    public async Task Without_a_limit_on_silence_a_session_is_never_lost_to_it()
    {
        ExecOptions options = new() { Stdin = true, PingInterval = TimeSpan.FromMilliseconds(50), PingTimeout = Timeout.InfiniteTimeSpan };
        await using RemoteProcess run = await _client.ExecAsync(Demo, ["sh", "-c", "sleep 1; cat"], options, Ct);
        await run.StandardInput.WriteAsync("still here"u8.ToArray(), Ct);
        await run.StandardInput.CompleteAsync();
        Assert.Equal("still here", await run.StandardOutput.ReadToEndAsync(cancellationToken: Ct));
        Assert.True((await run.WaitForExitAsync(Ct)).Succeeded);
    }

    [Theory, Trait("Case", "D6"), InlineData(Fairlead.Transport.WebSocket), InlineData(Fairlead.Transport.Spdy)]
    public async Task A_limit_below_the_interval_of_pings_loses_no_silent_session(Fairlead.Transport transport)
    {
        ExecOptions options = new() { PingTimeout = TimeSpan.FromSeconds(2), Transport = transport };
        await using RemoteProcess run = await _client.ExecAsync(Demo, ["sh", "-c", "sleep 5; echo ok"], options, Ct);
        Assert.Equal("ok\n", await run.StandardOutput.ReadToEndAsync(cancellationToken: Ct));
        Assert.True((await run.WaitForExitAsync(Ct)).Succeeded);
    }

    [Fact, Trait("Case", "D11")]
    public async Task What_is_null_inside_a_list_is_named()
    {
        Assert.Equal("ports", (await Assert.ThrowsAsync<ArgumentException>(() => _client.ForwardAsync(Demo, [null!], cancellationToken: Ct))).ParamName);
        Assert.Equal("ports", (await Assert.ThrowsAsync<ArgumentException>(() => _client.ForwardAsync(Demo, [new(null!, 80)], cancellationToken: Ct))).ParamName);
        Assert.Equal("Protocols", Assert.Throws<ArgumentException>(static () => new ExecOptions { Protocols = [null!] }).ParamName);
        Assert.Equal("Protocols", Assert.Throws<ArgumentException>(static () => new PortForwardOptions { Protocols = [null!] }).ParamName);
        Assert.Throws<ArgumentOutOfRangeException>(static () => new ExecOptions { Resume = TimeSpan.FromSeconds(-5) });
    }

    [Fact, Trait("Case", "D6")]
    public async Task Without_pings_a_session_works()
    {
        ExecOptions options = new() { PingInterval = Timeout.InfiniteTimeSpan, PingTimeout = Timeout.InfiniteTimeSpan };
        foreach (Fairlead.Transport transport in (Fairlead.Transport[])[Fairlead.Transport.WebSocket, Fairlead.Transport.Spdy])
        {
            await using RemoteProcess run = await _client.ExecAsync(Demo, ["echo", "ok"], options with { Transport = transport }, Ct);
            Assert.Equal("ok\n", await run.StandardOutput.ReadToEndAsync(cancellationToken: Ct));
        }
    }

    [Fact, Trait("Case", "D8")]
    public async Task A_terminals_error_output_is_empty()
    {
        await using RemoteProcess run = await _client.ExecAsync(Demo, ["sh", "-c", "echo out; echo err >&2"], new() { Tty = true }, Ct);
        Assert.Equal("", await run.StandardError.ReadToEndAsync(cancellationToken: Ct));
        Assert.Equal("out\r\nerr\r\n", await run.StandardOutput.ReadToEndAsync(cancellationToken: Ct));
    }

    [Theory, Trait("Case", "D9"), InlineData(true), InlineData(false)]
    public async Task Nothing_is_sent_behind_the_end_of_the_input(bool byStream)
    {
        await using RemoteProcess run = await _client.ExecAsync(Demo, ["cat"], new() { Stdin = true }, Ct);
        await run.StandardInput.WriteAsync("first"u8.ToArray(), Ct);
        await run.StandardInput.CompleteAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(async () =>
        {
            if (byStream) await run.StandardInput.AsStream().WriteAsync("second"u8.ToArray(), Ct);
            else await run.StandardInput.WriteAsync("second"u8.ToArray(), Ct);
        });
        Assert.Equal("first", await run.StandardOutput.ReadToEndAsync(cancellationToken: Ct));
    }

    public static TheoryData<string, string, Func<StreamingClient, Task>> Wrong => new()
    {
        { "pod", "a pod has a name", static client => client.ExecAsync(new(""), ["ls"]) },
        { "pod", "a pod has a name", static client => client.ExecAsync(default, ["ls"]) },
        { "pod", "a pod has a name", static client => client.AttachAsync(default) },
        { "pod", "a pod has a name", static client => client.ConnectAsync(default, 80) },
        { "pod", "namespace", static client => client.ExecAsync(new("web-0", ""), ["ls"]) },
        { "pod", "container", static client => client.ExecAsync(new("web-0", Container: ""), ["ls"]) },
        { "command", "at least its name", static client => client.ExecAsync(new("web-0"), []) },
        { "command", "An argument is null", static client => client.ExecAsync(new("web-0"), ["ls", null!]) },
        { "command", "An argument is null", static client => client.RunAsync(new("web-0"), ["ls", null!]) },
        { "pod", "no name of a pod", static client => client.ExecAsync(new(".."), ["ls"]) },
        { "pod", "no name of a pod", static client => client.AttachAsync(new("web-0", ".")) },
        { "pod", "no name of a pod", static client => client.ConnectAsync(new("web/0"), 80) },
        { "pod", "no name of a pod", static client => client.ExecAsync(new("web%2f0"), ["ls"]) },
        { "localPath", "", static client => client.Files(new("web-0")).CopyToPodAsync("", "/srv") },
        { "podPath", "zero byte", static client => client.Files(new("web-0")).CopyFromPodAsync("/a\0", ".") },
        { "ports", "at least one port", static client => client.ForwardAsync(new("web-0"), []) },
        { "ports", "at least one port", static client => client.OpenForwardAsync(new("web-0"), []) },
        { "port", "65535", static client => client.ConnectAsync(new("web-0"), 65536) },
        { "port", "65536", static client => client.ForwardAsync(new("web-0"), [new(0, 65536)]) },
        { "Addresses", "neither an IP address nor localhost", static client => client.ForwardAsync(new("demo"), [new(0, 80)], new() { Addresses = ["nowhere"] }) },
    };

    [Theory, Trait("Case", "D11"), MemberData(nameof(Wrong))]
    public async Task A_wrong_argument_is_named_with_what_it_may_be(string name, string hint, Func<StreamingClient, Task> call)
    {
        ArgumentException wrong = await Assert.ThrowsAnyAsync<ArgumentException>(() => call(_client));
        Assert.Contains(name, wrong.ParamName + wrong.Message, StringComparison.Ordinal);
        Assert.Contains(hint, wrong.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact, Trait("Case", "D11")]
    public async Task A_time_limit_is_told_as_it_was_set()
    {
        using System.Net.Sockets.TcpListener silent = new(System.Net.IPAddress.Loopback, 0);
        silent.Start();
        using StreamingClient client = new(new KubernetesEndpoint(
            new Uri($"http://127.0.0.1:{((System.Net.IPEndPoint)silent.LocalEndpoint).Port}"), new SocketsHttpHandler()));
        ServerUnreachableException late = await Assert.ThrowsAsync<ServerUnreachableException>(
            () => client.ExecAsync(new("web-0"), ["ls"], new() { UpgradeTimeout = TimeSpan.FromMilliseconds(1) }, Ct));
        Assert.Contains("within 0.001 s", late.Message, StringComparison.Ordinal);
    }

    [Fact, Trait("Case", "14.2")]
    public async Task A_server_that_takes_connections_and_says_nothing_is_told_from_a_slow_one()
    {
        using System.Net.Sockets.TcpListener silent = new(System.Net.IPAddress.Loopback, 0);
        silent.Start();
        using StreamingClient client = new(new KubernetesEndpoint(
            new Uri($"https://127.0.0.1:{((System.Net.IPEndPoint)silent.LocalEndpoint).Port}"), new SocketsHttpHandler()));
        ServerUnreachableException late = await Assert.ThrowsAsync<ServerUnreachableException>(
            () => client.ExecAsync(new("web-0"), ["ls"], new() { UpgradeTimeout = TimeSpan.FromMilliseconds(500) }, Ct));
        Assert.EndsWith("not a byte came over it within 0.5 s: TLS did not come about, and nothing was asked", late.Message, StringComparison.Ordinal);
    }
}
