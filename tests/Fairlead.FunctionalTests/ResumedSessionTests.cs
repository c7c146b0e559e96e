using System.IO.Pipelines;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Fairlead.Gateway;
using Fairlead.Lab;
using Fairlead.Streaming.Relays;
using Fairlead.Streaming.Resumption.Answering;
using Fairlead.Testing;
using Fairlead.Wire;

namespace Fairlead.FunctionalTests;

/// <summary>Sessions of a real lab that outlive their connections.</summary>
public sealed class ResumedSessionTests : IAsyncLifetime
{
    static readonly PodReference Shell = new("demo", "default", "shell");

    readonly string _folder = Directory.CreateTempSubdirectory("fairlead-resumed-").FullName;
    LabServer _lab = null!;
    FaultProxy _proxy = null!;

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _lab = await LabServer.StartAsync(new LabOptions(), Ct);
        _proxy = new FaultProxy(new IPEndPoint(IPAddress.Loopback, _lab.Url.Port));
    }

    public async ValueTask DisposeAsync()
    {
        await _proxy.DisposeAsync();
        await _lab.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    StreamingClient Client() => LabClient.Create(new Uri($"https://127.0.0.1:{_proxy.Port}"), _lab);

    static ExecOptions Resumed(bool stdin = false) => new() { Stdin = stdin, Resume = Timeout.InfiniteTimeSpan };

    /// <summary>A command that notes each of its starts and copies its input to its output.</summary>
    string[] Copy() => ["sh", "-c", $"echo started >> {_folder}/starts; exec cat"];

    void StartedOnce() => Assert.Equal(["started"], File.ReadAllLines(Path.Combine(_folder, "starts")));

    [Fact]
    public async Task Cuts_lose_and_repeat_nothing_and_the_command_starts_once()
    {
        using StreamingClient client = Client();
        await CutAsync(client, () => _proxy.Cut(Random.Shared.Next(2) == 0 ? CutKind.Reset : CutKind.Fin));
    }

    async Task CutAsync(StreamingClient client, Action cut)
    {
        int length = Repository.IsFull ? 256 << 20 : 6 << 20, cuts = Repository.IsFull ? 300 : 8;
        await using RemoteProcess process = await client.ExecAsync(Shell, Copy(), Resumed(stdin: true), Ct);
        Assert.Equal(RemoteCommandProtocol.Session, process.Protocol);
        byte[] sent = RandomNumberGenerator.GetBytes(length);
        Task sending = SendAsync();
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        long at = 0, next = length / cuts;
        while (true)
        {
            ReadResult read = await process.StandardOutput.ReadAsync(Ct);
            foreach (ReadOnlyMemory<byte> part in read.Buffer) hash.AppendData(part.Span);
            at += read.Buffer.Length;
            process.StandardOutput.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted) break;
            if (at < next || at >= length) continue;
            next = at + length / cuts;
            cut();
        }

        await sending;
        Assert.Equal(length, at);
        Assert.Equal(SHA256.HashData(sent), hash.GetHashAndReset());
        Assert.True((await process.WaitForExitAsync(Ct)).Succeeded);
        StartedOnce();

        async Task SendAsync()
        {
            await process.StandardInput.WriteAsync(sent, Ct);
            await process.StandardInput.CompleteAsync();
        }
    }

    [Fact]
    public async Task A_command_that_ends_while_nobody_is_connected_is_told_with_its_output_and_code()
    {
        using StreamingClient client = Client();
        string go = Path.Combine(_folder, "go");
        await using RemoteProcess process = await client.ExecAsync(
            Shell, ["sh", "-c", $"until [ -e {go} ]; do sleep 0.02; done; echo last; echo words >&2; exit 7"], Resumed(), Ct);
        _proxy.Cut(CutKind.Reset);
        await File.WriteAllTextAsync(go, "", Ct);
        Assert.Equal("last\n", await process.StandardOutput.ReadToEndAsync(cancellationToken: Ct));
        Assert.Equal("words\n", await process.StandardError.ReadToEndAsync(cancellationToken: Ct));
        Assert.Equal(7, (await process.WaitForExitAsync(Ct)).Code);
    }

    [Fact]
    public async Task What_befalls_a_connection_is_logged_on_both_sides_and_counted()
    {
        LogRecorder server = new(), user = new();
        await using LabServer lab = await LabServer.StartAsync(new LabOptions { Logging = server }, Ct);
        await using FaultProxy proxy = new(new IPEndPoint(IPAddress.Loopback, lab.Url.Port));
        using StreamingClient client = LabClient.Create(new Uri($"https://127.0.0.1:{proxy.Port}"), lab, logging: user);
        await using RemoteProcess process = await client.ExecAsync(Shell, ["cat"], Resumed(stdin: true), Ct);
        proxy.Cut(CutKind.Reset);
        await process.StandardInput.WriteAsync("on\n"u8.ToArray(), Ct);
        Assert.Equal("on\n", await ReadAsync(process.StandardOutput, 3));
        Assert.Contains(server.Entries, static entry => entry.Text.StartsWith("exec by admin in container shell of pod default/demo has no connection and is kept for 300 s", StringComparison.Ordinal));
        Assert.Contains(server.Entries, static entry => entry.Text == "exec by admin in container shell of pod default/demo goes on by another connection");
        Assert.Contains(user.Entries, static entry => entry.Text.StartsWith("exec has lost its connection; another one is tried for ", StringComparison.Ordinal));
        Assert.Contains(user.Entries, static entry => entry.Text == "exec goes on by another connection");
    }

    [Fact]
    public async Task A_terminal_keeps_its_newest_size_and_its_keys()
    {
        using StreamingClient client = Client();
        await using RemoteProcess process = await client.ExecAsync(
            Shell, ["sh", "-c", "read line; stty size; echo \"got $line\""], new ExecOptions { Stdin = true, Tty = true, Resume = Timeout.InfiniteTimeSpan }, Ct);
        await process.ResizeAsync(new TerminalSize(80, 24), Ct);
        _proxy.Cut(CutKind.Fin);
        await process.ResizeAsync(new TerminalSize(132, 43), Ct);
        await process.StandardInput.WriteAsync("key\r"u8.ToArray(), Ct);
        string output = await process.StandardOutput.ReadToEndAsync(cancellationToken: Ct);
        Assert.Contains("43 132", output);
        Assert.Contains("got key", output);
        Assert.True((await process.WaitForExitAsync(Ct)).Succeeded);
    }

    [Fact]
    public async Task A_client_that_leaves_ends_its_command_at_once_and_one_that_never_comes_back_when_its_time_is_over()
    {
        await using LabServer lab = await LabServer.StartAsync(new LabOptions { Keep = new KeepLimits { Keep = TimeSpan.FromMilliseconds(300) } }, Ct);
        await using FaultProxy proxy = new(new IPEndPoint(IPAddress.Loopback, lab.Url.Port));
        foreach (bool leaves in (bool[])[true, false])
        {
            string ended = Path.Combine(_folder, $"ended-{leaves}");
            using StreamingClient client = LabClient.Create(new Uri($"https://127.0.0.1:{proxy.Port}"), lab);
            RemoteProcess process = await client.ExecAsync(
                Shell, ["sh", "-c", $"trap 'touch {ended}; exit' TERM; echo runs; while :; do sleep 0.02; done"], Resumed() with { Resume = leaves ? Timeout.InfiniteTimeSpan : TimeSpan.FromTicks(1) }, Ct);
            Assert.Equal("runs\n", await ReadAsync(process.StandardOutput, 5));
            if (!leaves)
            {
                proxy.Cut(CutKind.Reset);
                await Assert.ThrowsAsync<SessionLostException>(async () => await process.WaitForExitAsync(Ct));
            }

            await process.DisposeAsync();
            await Eventually.HoldsAsync(() => File.Exists(ended), "the command was ended", cancellationToken: Ct);
        }
    }

    [Fact]
    public async Task A_gateway_that_goes_and_comes_again_ends_no_session()
    {
        using TestAuthority authority = new();
        using X509Certificate2 certificate = authority.IssueServer("127.0.0.1");
        GatewayServer gateway = await StartAsync(0);
        int port = gateway.Url.Port;
        try
        {
            using StreamingClient client = new(GatewayRoom.EndpointOf(gateway.Url, authority.Pem, _lab.Users[0].Token));
            await using RemoteProcess process = await client.ExecAsync(Shell, Copy(), Resumed(stdin: true), Ct);
            Assert.Equal(RemoteCommandProtocol.Session, process.Protocol);
            for (int i = 0; i < 3; i++)
            {
                await process.StandardInput.WriteAsync("hello\n"u8.ToArray(), Ct);
                Assert.Equal("hello\n", await ReadAsync(process.StandardOutput, 6));
                await gateway.DisposeAsync();
                await process.StandardInput.WriteAsync("later\n"u8.ToArray(), Ct);
                gateway = await StartAsync(port);
                Assert.Equal("later\n", await ReadAsync(process.StandardOutput, 6));
            }

            await process.StandardInput.CompleteAsync();
            Assert.True((await process.WaitForExitAsync(Ct)).Succeeded);
            StartedOnce();
        }
        finally
        {
            await gateway.DisposeAsync();
        }

        Task<GatewayServer> StartAsync(int at) => GatewayServer.StartAsync(
            new GatewayOptions
            {
                Upstream = GatewayRoom.EndpointOf(_lab.Url, _lab.AuthorityPem, null),
                Certificate = certificate,
                Listen = new IPEndPoint(IPAddress.Loopback, at),
            }, Ct);
    }

    [Fact]
    public async Task A_gateway_passes_cuts_on_both_sides_through()
    {
        await using GatewayRoom room = await GatewayRoom.StartAsync(shared: _lab, configure: options => options with
        {
            Upstream = GatewayRoom.EndpointOf(new Uri($"https://127.0.0.1:{_proxy.Port}"), _lab.AuthorityPem, null),
        });
        using StreamingClient client = room.Client();
        await CutAsync(client, () => _proxy.Cut(CutKind.Reset));
        await Eventually.HoldsAsync(() => room.Audit.Any(record => record.End == nameof(RelayEnd.ServerLost)), "the audit has a line for each connection", cancellationToken: Ct);
    }

    [Fact]
    public async Task Servers_that_keep_no_sessions_are_spoken_to_as_before()
    {
        await using LabServer old = await LabServer.StartAsync(new LabOptions { Protocols = RemoteCommandProtocol.All }, Ct);
        await using GatewayRoom room = await GatewayRoom.StartAsync(shared: old);
        foreach (StreamingClient client in (StreamingClient[])[LabClient.Create(old.Url, old), room.Client()])
        {
            using (client)
            {
                await using RemoteProcess process = await client.ExecAsync(Shell, ["echo", "old"], Resumed(), Ct);
                Assert.Equal(RemoteCommandProtocol.V5, process.Protocol);
                Assert.Equal("old\n", await process.StandardOutput.ReadToEndAsync(cancellationToken: Ct));
            }
        }
    }

    [Fact]
    public async Task Where_no_more_sessions_are_kept_one_that_ends_with_its_connection_is_had()
    {
        await using LabServer full = await LabServer.StartAsync(new LabOptions { Keep = new KeepLimits { MostSessions = 0 } }, Ct);
        using StreamingClient client = LabClient.Create(full.Url, full);
        await using RemoteProcess process = await client.ExecAsync(Shell, ["echo", "all the same"], Resumed(), Ct);
        Assert.Equal(RemoteCommandProtocol.V5, process.Protocol);
        Assert.Equal("all the same\n", await process.StandardOutput.ReadToEndAsync(cancellationToken: Ct));
    }

    static async Task<string> ReadAsync(PipeReader reader, int length)
    {
        ReadResult result = await reader.ReadAtLeastAsync(length, Ct);
        string text = Encoding.UTF8.GetString(result.Buffer.Slice(0, length));
        reader.AdvanceTo(result.Buffer.GetPosition(length));
        return text;
    }
}
