using System.IO.Pipelines;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Fairlead.Lab;
using Fairlead.Server.Access;
using Fairlead.Streaming;
using Fairlead.Testing;
using Fairlead.Wire;

namespace Fairlead.FunctionalTests;

public sealed class LabTests : IAsyncLifetime
{
    static readonly PodReference Shell = new("demo", "default", "shell"), Web = new("demo", "default", "web");

    LabServer _lab = null!;
    StreamingClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        _lab = await LabServer.StartAsync(new LabOptions(), Ct);
        _client = Client(_lab.Url);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _lab.DisposeAsync();
    }

    public static TheoryData<string> Names => [.. RemoteCommandProtocol.OverWebSocket.Select(protocol => protocol.Name)];

    [Theory, MemberData(nameof(Names))]
    public async Task Every_version_runs_a_command(string name)
    {
        RemoteCommandProtocol protocol = RemoteCommandProtocol.Find(name)!;
        await using RemoteProcess process = await _client.ExecAsync(Shell, ["sh", "-c", "echo out; echo err >&2; exit 5"], new ExecOptions { Protocols = [protocol] }, Ct);
        Assert.Equal(protocol, process.Protocol);
        Assert.Equal("out\n", await process.StandardOutput.ReadToEndAsync(cancellationToken: Ct));
        Assert.Equal("err\n", await process.StandardError.ReadToEndAsync(cancellationToken: Ct));
        if (protocol.HasJsonStatus) Assert.Equal(5, (await process.WaitForExitAsync(Ct)).Code);
        else await Assert.ThrowsAsync<RemoteCommandException>(async () => await process.WaitForExitAsync(Ct));
    }

    public static TheoryData<string> SpdyNames => [.. RemoteCommandProtocol.OverSpdy.Select(protocol => protocol.Name)];

    [Theory, MemberData(nameof(SpdyNames))]
    public async Task Every_version_runs_a_command_over_SPDY(string name)
    {
        RemoteCommandProtocol protocol = RemoteCommandProtocol.FindOverSpdy(name)!;
        ExecOptions options = new() { Protocols = [protocol] };
        await using RemoteProcess process = await _client.ExecAsync(Shell, ["sh", "-c", "echo out; echo err >&2; exit 5"], options, Ct);
        Assert.Equal(protocol, process.Protocol);
        Assert.Equal("out\n", await process.StandardOutput.ReadToEndAsync(cancellationToken: Ct));
        Assert.Equal("err\n", await process.StandardError.ReadToEndAsync(cancellationToken: Ct));
        if (protocol.HasJsonStatus) Assert.Equal(5, (await process.WaitForExitAsync(Ct)).Code);
        else await Assert.ThrowsAsync<RemoteCommandException>(async () => await process.WaitForExitAsync(Ct));
    }

    [Fact]
    public async Task An_old_server_is_reached_by_SPDY_and_known_the_second_time()
    {
        await using LabServer old = await LabServer.StartAsync(new LabOptions { Protocols = RemoteCommandProtocol.OverSpdy }, Ct);
        using StreamingClient client = Client(old.Url, old);
        Assert.StartsWith("WebSocket: ", await FellBackAsync(), StringComparison.Ordinal);
        Assert.Contains("lately", await FellBackAsync());

        async Task<string?> FellBackAsync()
        {
            await using RemoteProcess process = await client.ExecAsync(Shell, ["wc", "-c"], new ExecOptions { Stdin = true }, Ct);
            await process.StandardInput.WriteAsync(new byte[1000], Ct);
            await process.StandardInput.CompleteAsync();
            Assert.Equal("1000\n", await process.StandardOutput.ReadToEndAsync(cancellationToken: Ct));
            Assert.True((await process.WaitForExitAsync(Ct)).Succeeded);
            return process.FellBack;
        }
    }

    [Fact]
    public async Task A_role_that_may_create_and_not_get_uses_SPDY_and_nothing_is_remembered()
    {
        ApiUser user = new() { Name = "dev", Token = "dev-token", Rules = [new ApiRule { Verbs = ["create"], Resources = ["pods/exec"] }] };
        await using LabServer lab = await LabServer.StartAsync(new LabOptions { Users = [user] }, Ct);
        using StreamingClient client = Client(lab.Url, lab);
        for (int i = 0; i < 2; i++)
        {
            await using RemoteProcess process = await client.ExecAsync(Shell, ["true"], cancellationToken: Ct);
            Assert.True((await process.WaitForExitAsync(Ct)).Succeeded);
            Assert.Contains("cannot get resource \"pods/exec\"", process.FellBack);
        }

        UpgradeException refused = await Assert.ThrowsAsync<UpgradeException>(() => client.ExecAsync(Shell, ["true"], new ExecOptions { Transport = Transport.WebSocket }, Ct));
        Assert.Contains("cannot get resource", refused.Message);
    }

    [Fact]
    public async Task A_command_of_100_KB_passes()
    {
        string large = new('x', 100 * 1024);
        await using RemoteProcess process = await _client.ExecAsync(Shell, ["printf", "%s", large], cancellationToken: Ct);
        Assert.Equal(large, await process.StandardOutput.ReadToEndAsync(cancellationToken: Ct));
        Assert.True((await process.WaitForExitAsync(Ct)).Succeeded);
    }

    [Fact]
    public async Task Both_directions_at_once_arrive_whole()
    {
        const int Size = 64 * 1024 * 1024;
        byte[] content = RandomNumberGenerator.GetBytes(Size);
        await using RemoteProcess process = await _client.ExecAsync(Shell, ["cat"], new ExecOptions { Stdin = true }, Ct);
        Task sending = Task.Run(async () =>
        {
            await process.StandardInput.WriteAsync(content, Ct);
            await process.StandardInput.CompleteAsync();
        }, Ct);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        while (true)
        {
            ReadResult result = await process.StandardOutput.ReadAsync(Ct);
            foreach (ReadOnlyMemory<byte> part in result.Buffer) hash.AppendData(part.Span);
            process.StandardOutput.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted) break;
        }

        await sending;
        Assert.True((await process.WaitForExitAsync(Ct)).Succeeded);
        Assert.Equal(SHA256.HashData(content), hash.GetHashAndReset());
    }

    [Fact]
    public async Task Attached_clients_share_the_output()
    {
        await using RemoteProcess one = await _client.AttachAsync(Web, cancellationToken: Ct), two = await _client.AttachAsync(Web, cancellationToken: Ct);
        string first = await LineAsync(one), second = await LineAsync(two);
        Assert.Matches("^line [0-9]+\n", first);
        Assert.Matches("^line [0-9]+\n", second);

        static async Task<string> LineAsync(RemoteProcess process)
        {
            ReadResult result = await process.StandardOutput.ReadAtLeastAsync(2, Ct);
            string text = Encoding.UTF8.GetString(result.Buffer);
            process.StandardOutput.AdvanceTo(result.Buffer.End);
            return text;
        }
    }

    [Theory]
    [InlineData("POST", "v5.channel.k8s.io", "", 405)]
    [InlineData("GET", "v9.channel.k8s.io", "", 403)]
    [InlineData("GET", "v4.channel.k8s.io", "&dryRun=All", 400)]
    [InlineData("GET", "v4.channel.k8s.io", "&container=nope", 400)]
    public async Task A_bad_upgrade_is_answered_and_the_next_one_works(string method, string subprotocol, string more, int code)
    {
        await using RawWebSocket refused = await RawAsync($"/api/v1/namespaces/default/pods/demo/exec?stdout=1&command=ls{(more.Contains("container", StringComparison.Ordinal) ? "" : "&container=shell")}{more}", subprotocol, method);
        Assert.Equal(code, refused.StatusCode);
        await using RemoteProcess process = await _client.ExecAsync(Shell, ["true"], cancellationToken: Ct);
        Assert.True((await process.WaitForExitAsync(Ct)).Succeeded);
    }

    [Fact]
    public async Task A_hostile_session_ends_by_name_while_others_do_not_notice()
    {
        await using RemoteProcess bystander = await _client.ExecAsync(Shell, ["cat"], new ExecOptions { Stdin = true }, Ct);
        await using (RawWebSocket hostile = await RawAsync("/api/v1/namespaces/default/pods/demo/exec?stdout=1&stdin=1&command=cat&container=shell", "v5.channel.k8s.io"))
        {
            Assert.Equal(101, hostile.StatusCode);
            await hostile.SendMessageAsync(new byte[] { 0xff, 9 }, Ct);
            IReadOnlyList<RawFrame> frames = await hostile.ReadToCloseAsync(Ct);
            Assert.Equal([0x03, 0xea], frames[^1].Payload[..2]);
        }

        await bystander.StandardInput.WriteAsync("still here"u8.ToArray(), Ct);
        await bystander.StandardInput.CompleteAsync();
        Assert.Equal("still here", await bystander.StandardOutput.ReadToEndAsync(cancellationToken: Ct));
        Assert.True((await bystander.WaitForExitAsync(Ct)).Succeeded);
    }

    [Fact]
    public async Task A_client_that_stops_reading_stops_its_process_and_nobody_else()
    {
        await using RemoteProcess stuck = await _client.ExecAsync(Shell, ["cat", "/dev/zero"], cancellationToken: Ct);
        for (int i = 0; i < 10; i++)
        {
            await using RemoteProcess process = await _client.ExecAsync(Shell, ["head", "-c", "1000000", "/dev/zero"], cancellationToken: Ct);
            Assert.Equal(1_000_000, (await process.StandardOutput.ReadToEndAsync(cancellationToken: Ct)).Length);
        }

        stuck.Abort();
        await Assert.ThrowsAsync<SessionLostException>(async () => await stuck.WaitForExitAsync(Ct));
    }

    [Theory]
    [InlineData(256 * 1024)] // the web server meets the end of the connection itself
    [InlineData(64 * 1024 * 1024)] // it does not: nobody reads that far
    public async Task A_client_lost_behind_input_that_its_command_does_not_read_ends_the_command(int size)
    {
        CarrierLimits limits = CarrierLimits.Default with { PingInterval = TimeSpan.FromSeconds(1), Linger = TimeSpan.FromSeconds(1), ChannelBytes = 64 * 1024 };
        await using LabServer lab = await LabServer.StartAsync(new LabOptions { Limits = limits }, Ct);
        using StreamingClient client = Client(lab.Url, lab);
        RemoteProcess process = await client.ExecAsync(Shell, ["sh", "-c", "echo $$; exec sleep 313"], new ExecOptions { Stdin = true }, Ct);
        ReadResult said = await process.StandardOutput.ReadAtLeastAsync(2, Ct);
        string pid = Encoding.UTF8.GetString(said.Buffer).Trim();
        process.StandardOutput.AdvanceTo(said.Buffer.End);
        Task write = process.StandardInput.WriteAsync(new byte[size], Ct).AsTask();
        await Standstill.IsReachedAsync(write, Ct);
        await Task.Delay(300, Ct); // the server is to stand behind the input when its client goes; before, the command would end as well
        await process.DisposeAsync();
        _ = write.ContinueWith(static t => t.Exception, TaskScheduler.Default);
        await Eventually.HoldsAsync(() => !Directory.Exists("/proc/" + pid), "the command has ended", cancellationToken: Ct);
    }

    /// <summary>A search for each of them would take two hundred times as long as one; together they take a few walks.</summary>
    [Fact, Trait("Case", "C6")]
    public async Task Two_hundred_sessions_lost_at_once_are_ended_together_and_another_client_is_served()
    {
        string mark = Random.Shared.Next(100_000, 999_999).ToString(System.Globalization.CultureInfo.InvariantCulture);
        using StreamingClient other = Client(_lab.Url);
        await LoseAsync(1); // first uses take their time
        TimeSpan one = new[] { await LoseAsync(1), await LoseAsync(1), await LoseAsync(1) }.Max(), all = await LoseAsync(200);
        Assert.True(all < one * 100, $"{all.TotalMilliseconds} ms for 200, {one.TotalMilliseconds} ms for one");

        async Task<TimeSpan> LoseAsync(int count)
        {
            List<RemoteProcess> sessions = [];
            for (int i = 0; i < count; i++) sessions.Add(await _client.ExecAsync(Shell, ["sleep", $"987.{mark}"], cancellationToken: Ct));
            await Eventually.HoldsAsync(() => ProcessFootprint.Running($"sleep 987.{mark}").Count == count, "all commands run", cancellationToken: Ct);
            long lost = System.Diagnostics.Stopwatch.GetTimestamp();
            foreach (RemoteProcess session in sessions) session.Abort();
            await using RemoteProcess process = await other.ExecAsync(Shell, ["true"], cancellationToken: Ct);
            Assert.True((await process.WaitForExitAsync(Ct)).Succeeded);
            await Eventually.HoldsAsync(() => ProcessFootprint.Running($"sleep 987.{mark}").Count == 0, "all commands have ended", cancellationToken: Ct);
            return System.Diagnostics.Stopwatch.GetElapsedTime(lost);
        }
    }

    [Fact]
    public async Task A_stopping_lab_is_a_lost_session()
    {
        await using LabServer lab = await LabServer.StartAsync(new LabOptions(), Ct);
        using StreamingClient client = Client(lab.Url, lab);
        await using RemoteProcess process = await client.ExecAsync(Shell, ["sleep", "1000"], cancellationToken: Ct);
        await lab.DisposeAsync();
        await Assert.ThrowsAsync<SessionLostException>(async () => await process.WaitForExitAsync(Ct));
    }

    [Fact]
    public async Task An_address_that_others_reach_is_refused() =>
        await Assert.ThrowsAsync<InvalidOperationException>(() => LabServer.StartAsync(new LabOptions { Listen = new IPEndPoint(IPAddress.Any, 0) }, Ct));

    Task<RawWebSocket> RawAsync(string target, string subprotocols, string method = "GET") => RawWebSocket.ConnectAsync(
        new IPEndPoint(IPAddress.Loopback, _lab.Url.Port), target, subprotocols, tls: true, headers: [$"Authorization: Bearer {_lab.Users[0].Token}"], method: method, cancellationToken: Ct);

    StreamingClient Client(Uri url, LabServer? lab = null) => LabClient.Create(url, lab ?? _lab);

    static CancellationToken Ct => TestContext.Current.CancellationToken;
}
