using System.Globalization;
using System.Security.Cryptography;
using Fairlead.InteropTests.Proxies;

namespace Fairlead.InteropTests.Resumption;

/// <summary>Sessions of real processes that outlive what carries them: proxies with a timeout, gateways that die, processes that stand still.</summary>
public sealed class OutlivingSessionTests(LabFixture fixture) : IDisposable
{
    const int Kill = 9, Interrupt = 2, Terminate = 15, Stop = 19, Continue = 18;

    readonly string _folder = Directory.CreateDirectory(Path.Combine(fixture.Lab.Folder, "outliving-" + Guid.NewGuid().ToString("N"))).FullName;

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    static string[] Exec(string kubeconfig, params string[] rest) => ["exec", "--kubeconfig", kubeconfig, "--resume", "auto", .. rest];

    /// <summary>A command that notes each of its starts and copies its input to its output.</summary>
    string[] Copy() => ["demo", "--", "sh", "-c", $"echo started >> {_folder}/starts; exec cat"];

    void StartedOnce() => Assert.Equal(["started"], File.ReadAllLines(Path.Combine(_folder, "starts")));

    [Fact(Timeout = 300_000)]
    public async Task A_proxy_that_cuts_what_is_idle()
    {
        string limit = Repository.IsFull ? "10s" : "2s";
        await using ProxiedGateway room = await ProxiedGateway.StartAsync(
            "nginx", fixture.Lab, Ct, text => text.Replace("proxy_read_timeout 1h", $"proxy_read_timeout {limit}", StringComparison.Ordinal));
        await using RunningProcess run = RunningProcess.Start(
            Repository.Command, Exec(room.Kubeconfig, ["-i", "--ping-interval", "1h", .. Copy()]), new RunOptions { Stdin = true });
        for (int i = 0; i < 3; i++)
        {
            if (i > 0) await room.AuditAsync("\"kind\":\"exec\"", Ct, count: i); // a line for each connection that is over
            await run.StandardInput.WriteAsync(System.Text.Encoding.UTF8.GetBytes($"line {i}\n"), Ct);
            await run.StandardInput.FlushAsync(Ct);
            await run.Stdout!.LineAsync($"line {i}", Ct);
        }

        await run.StandardInput.DisposeAsync();
        Assert.Equal((0, "line 0\nline 1\nline 2\n"), (await run.WaitForExitAsync(Ct), run.Stdout!.Text));
        StartedOnce();
    }

    [Fact(Timeout = 1_800_000)]
    public async Task A_gateway_that_is_killed_and_started_again_and_again()
    {
        long length = Repository.IsFull ? 1L << 30 : 24 << 20;
        using TestAuthority authority = new();
        // so slow, with the large size, that it is killed ten times
        await using FaultProxy network = fixture.Lab.Behind(new() { BytesPerSecond = Repository.IsFull ? 20 << 20 : null });
        string[] tls = ProxiedGateway.WriteCertificate(authority, _folder);
        int port = ProxyServer.FreePort(), kills = 0;
        string kubeconfig = Path.Combine(_folder, "kubeconfig");
        await File.WriteAllTextAsync(kubeconfig, ProxiedGateway.KubeconfigFor(authority, port, ProxiedGateway.TokenOf(fixture.Lab)), Ct);
        RunningProcess gateway = await StartGatewayAsync();
        try
        {
            await using RunningProcess run = RunningProcess.Start(
                Repository.Command, Exec(kubeconfig, ["-i", .. Copy()]), new RunOptions { Stdin = true, RawStdout = true });
            using RandomByteStream sent = new(length, seed: 22);
            Task sending = SendAsync(sent, run.StandardInput);
            using CancellationTokenSource over = CancellationTokenSource.CreateLinkedTokenSource(Ct);
            Task killing = Repository.IsFull ? KillEverySoOftenAsync(over.Token) : Task.CompletedTask;
            long next = length / 4;
            string received = await HashAsync(run.StandardOutput, async at =>
            {
                if (Repository.IsFull || at < next || at >= length) return;
                next = at + length / 4;
                await KillAsync();
            });
            await over.CancelAsync();
            await killing;
            int code = await run.WaitForExitAsync(Ct);
            Assert.True(code == 0, $"code {code}: {run.Stderr.Text}");
            await sending;
            Assert.Equal(sent.Sha256, received);
            StartedOnce();
            Assert.InRange(kills, 3, int.MaxValue);
            Measurement.Tell(string.Create(CultureInfo.InvariantCulture, $"{length >> 20} MiB each way by a gateway that was killed {kills} times"));
        }
        finally
        {
            await gateway.DisposeAsync();
        }

        async Task KillAsync()
        {
            gateway.Signal(Kill);
            await gateway.DisposeAsync();
            gateway = await StartGatewayAsync();
            kills++;
        }

        async Task KillEverySoOftenAsync(CancellationToken until)
        {
            while (true)
            {
                await Task.Delay(TimeSpan.FromSeconds(5), until).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (until.IsCancellationRequested) return;
                await KillAsync();
            }
        }

        async Task<RunningProcess> StartGatewayAsync()
        {
            RunningProcess started = RunningProcess.Start(
                Repository.Command, ["gateway", "--listen", $"127.0.0.1:{port}", "--upstream-kubeconfig", fixture.Lab.KubeconfigThrough(network), .. tls]);
            await started.Stdout!.LineAsync("ready ", TimeSpan.FromSeconds(60), Ct);
            return started;
        }
    }

    [Fact(Timeout = 600_000)]
    public async Task Both_ends_that_stand_still_for_a_while()
    {
        TimeSpan pause = TimeSpan.FromSeconds(Repository.IsFull ? 90 : 8);
        const long Length = 48 << 20;
        await using LabProcess lab = await LabProcess.StartAsync(cancellationToken: Ct);
        await using RunningProcess run = RunningProcess.Start(
            Repository.Command, Exec(lab.Kubeconfig, ["-i", .. Copy()]), new RunOptions { Stdin = true, RawStdout = true });
        using RandomByteStream sent = new(Length, seed: 23);
        Task sending = SendAsync(sent, run.StandardInput);
        bool wasStopped = false;
        string received = await HashAsync(run.StandardOutput, async at =>
        {
            if (wasStopped || at < Length / 3) return;
            wasStopped = true;
            Assert.True(run.Signal(Stop) && lab.Signal(Stop));
            await Task.Delay(pause, Ct); // the time in which nothing happens is what is tried
            Assert.True(run.Signal(Continue) && lab.Signal(Continue));
        });
        int code = await run.WaitForExitAsync(Ct);
        Assert.True(code == 0, $"code {code}: {run.Stderr.Text}");
        await sending;
        Assert.True(wasStopped);
        Assert.Equal(sent.Sha256, received);
        StartedOnce();
    }

    [Theory(Timeout = 120_000)]
    [InlineData(Interrupt, "auto"), InlineData(Terminate, "auto"), InlineData(Kill, "1s")]
    public async Task A_client_that_goes_says_so_and_one_that_is_killed_is_waited_for_as_long_as_it_said(int signal, string resume)
    {
        string ended = Path.Combine(_folder, "ended");
        await using RunningProcess run = RunningProcess.Start(
            Repository.Command,
            ["exec", "--kubeconfig", fixture.Lab.Kubeconfig, "--resume", resume, "demo", "--", "sh", "-c", $"trap 'touch {ended}; exit' TERM; echo runs; while :; do sleep 0.05; done"]);
        await run.Stdout!.LineAsync("runs", Ct);
        Assert.True(run.Signal(signal));
        await Eventually.HoldsAsync(() => File.Exists(ended), "the command was ended, long before the five minutes of the server are over", cancellationToken: Ct);
        Assert.Equal(128 + signal, await run.WaitForExitAsync(Ct));
    }

    static async Task SendAsync(RandomByteStream bytes, Stream input)
    {
        await bytes.CopyToAsync(input, 1 << 16, Ct);
        await input.DisposeAsync();
    }

    static async Task<string> HashAsync(Stream output, Func<long, ValueTask> passed)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[1 << 16];
        long at = 0;
        while (await output.ReadAsync(buffer, Ct) is > 0 and var count)
        {
            hash.AppendData(buffer, 0, count);
            at += count;
            await passed(at);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
