using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;

namespace Fairlead.InteropTests.Proxies;

/// <summary>What stands between clients and gateways carries sessions whole, by the files that docs/proxies.md shows.</summary>
public sealed class ProxyTests(LabFixture fixture)
{
    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory(Timeout = 180_000), MemberData(nameof(Names))]
    public async Task Sessions_go_through_with_half_close_exit_code_terminal_and_ordinary_requests(string name)
    {
        await using ProxiedGateway room = await ProxiedGateway.StartAsync(name, fixture.Lab, Ct);
        byte[] sent = RandomNumberGenerator.GetBytes(1 << 20);
        foreach (string each in (string[])[CommandLineClient.Fairlead, Peer.KubectlNewest, Peer.KubectlSpdy])
        {
            CommandLineClient client = Clients.Require(each);
            RunOptions options = new() { Environment = client.Environment(room.Kubeconfig) };
            RunResult whole = await RunningProcess.RunAsync(
                client.Program, client.Exec(room.Kubeconfig, ["-i"], "sh", "-c", "sha256sum; exit 7"), sent, options, Ct); // ends only when input does
            Assert.True(whole.ExitCode == 7 && whole.Stdout.StartsWith(Convert.ToHexStringLower(SHA256.HashData(sent)), StringComparison.Ordinal), $"{each}: {whole}\n{room.Log}");
        }

        CommandLineClient kubectl = Clients.Require(Peer.KubectlNewest);
        RunResult listed = await RunningProcess.RunAsync(kubectl.Program, ["--kubeconfig", room.Kubeconfig, "get", "pods", "-o", "name"], cancellationToken: Ct);
        Assert.True(listed.ExitCode == 0 && listed.Stdout.Contains("pod/demo", StringComparison.Ordinal), $"{listed}\n{room.Log}");

        CommandLineClient fairlead = Clients.Require(CommandLineClient.Fairlead);
        RunResult terminal = await RunningProcess.RunAsync(
            "script", ["-qec", string.Join(' ', new[] { fairlead.Program }.Concat(fairlead.Exec(room.Kubeconfig, ["-it"], "sh", "-c", "'test -t 0 && echo a terminal'"))), "/dev/null"], cancellationToken: Ct);
        Assert.True(terminal.Stdout.Contains("a terminal", StringComparison.Ordinal), $"{terminal}\n{room.Log}");
    }

    /// <summary>The timeouts that the files set are what keeps a silent watch: with a short one it ends.</summary>
    [Theory(Timeout = 120_000)]
    [InlineData("nginx", "proxy_read_timeout 1h", "proxy_read_timeout 4s")]
    [InlineData("haproxy", "timeout server 1h", "timeout server 4s")]
    [InlineData("apache2", "timeout=3600", "timeout=4")]
    public async Task A_silent_watch_lasts_as_long_as_the_timeout_that_is_named(string name, string written, string changed)
    {
        await using ProxiedGateway room = await ProxiedGateway.StartAsync(name, fixture.Lab, Ct, text =>
        {
            Assert.Contains(written, text, StringComparison.Ordinal);
            return text.Replace(written, changed, StringComparison.Ordinal);
        });
        using HttpClient client = room.Client();
        using HttpResponseMessage watch = await client.GetAsync(new Uri("/api/v1/namespaces/default/pods?watch=true&fieldSelector=metadata.name%3Dnobody", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, Ct)
            .WaitAsync(TimeSpan.FromSeconds(60), Ct);
        Exception? cut = await Record.ExceptionAsync(() => watch.Content.ReadAsStringAsync(Ct)); // comes back when the proxy has ended it, in order or not
        Assert.True(cut is null or HttpRequestException or IOException, cut?.ToString());
    }

    /// <summary>All of them at once: nothing is done meanwhile.</summary>
    [Fact(Timeout = 300_000)]
    public async Task A_watch_that_says_nothing_for_150_s_still_tells_what_happens_then()
    {
        Assert.SkipUnless(Repository.IsFull, "only with --full: it waits for 150 s");
        string pods = Path.Combine(fixture.Lab.Folder, "silent-pods.yaml");
        await File.WriteAllTextAsync(pods, "{apiVersion: v1, kind: Pod, metadata: {name: silent}, spec: {restartPolicy: Never, containers: [{name: main, command: [sleep, '165']}]}}", Ct);
        await using LabProcess lab = await LabProcess.StartAsync(["--pods", pods], Ct);
        await Task.WhenAll(ProxyServer.Names.Select(row => WatchAsync(row.Data)));

        async Task WatchAsync(string name)
        {
            await using ProxiedGateway room = await ProxiedGateway.StartAsync(name, lab, Ct);
            using HttpClient client = room.Client();
            using HttpResponseMessage watch = await client.GetAsync(new Uri("/api/v1/namespaces/default/pods?watch=true", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, Ct);
            using StreamReader events = new(await watch.Content.ReadAsStreamAsync(Ct));
            long silent = 0, since = Stopwatch.GetTimestamp();
            while (await events.ReadLineAsync(Ct) is { } line)
            {
                silent = Math.Max(silent, (long)Stopwatch.GetElapsedTime(since).TotalSeconds);
                since = Stopwatch.GetTimestamp();
                if (line.Contains("\"terminated\"", StringComparison.Ordinal)) break;
            }

            Assert.True(silent >= 150, $"{name}: silent for {silent} s, and no more came\n{room.Log}");
        }
    }

    [Theory(Timeout = 120_000), MemberData(nameof(Names))]
    public async Task The_audit_has_the_clients_address_and_not_the_proxys(string name)
    {
        await using ProxiedGateway room = await ProxiedGateway.StartAsync(
            name, fixture.Lab, Ct, text => name == "haproxy" ? text.Replace("default-server check ", "default-server check send-proxy-v2 check-send-proxy ", StringComparison.Ordinal) : text,
            [.. name == "haproxy" ? new[] { "--proxy-protocol" } : [], "--trust-proxy", "127.0.0.1/32"]);
        using HttpClient client = room.Client(IPAddress.Parse("127.0.0.77"));
        using HttpRequestMessage upgrade = new(HttpMethod.Get, "/api/v1/namespaces/default/pods/demo/exec?command=true&stdout=true");
        upgrade.Headers.TryAddWithoutValidation("Connection", "Upgrade");
        upgrade.Headers.TryAddWithoutValidation("Upgrade", "websocket");
        upgrade.Headers.TryAddWithoutValidation("X-Forwarded-For", "203.0.113.9"); // what the client says itself
        using HttpResponseMessage refused = await client.SendAsync(upgrade, Ct);
        Assert.True((int)refused.StatusCode is 400 or 403, $"{refused.StatusCode}\n{room.Log}"); // no key, no version
        await room.AuditAsync("\"address\":\"127.0.0.77\"", Ct);
    }

    [Theory, MemberData(nameof(Names))]
    public async Task The_page_shows_the_file_that_was_tested(string name) => Assert.Contains(
        (await File.ReadAllTextAsync(ProxyServer.FileOf(name), Ct)).Trim(),
        await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs/proxies.md"), Ct), StringComparison.Ordinal);

    public static TheoryData<string> Names => ProxyServer.Names;
}
