using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace Fairlead.InteropTests.Proxies;

/// <summary>
/// Three gateways behind one haproxy are replaced one after the other, as a rollout does it: no new session is refused, every old one ends in order or is
/// told why, and the audit has a line for each.
/// </summary>
public sealed class RollingRestartTests(LabFixture fixture)
{
    const int Terminate = 15;

    static readonly string s_lameDuck = Repository.IsFull ? "3s" : "2s", s_drain = Repository.IsFull ? "2s" : "500ms";

    static readonly string[] s_servers = ["one", "two", "three"];

    static readonly PodReference s_shell = new("demo", "default", "shell");

    static int Held => Repository.IsFull ? 200 : 18;

    /// <summary>How many ask at once, and how long one waits after each: without the large sizes it is the others' machine too.</summary>
    static (int Count, TimeSpan Pause) Askers => Repository.IsFull ? (4, TimeSpan.Zero) : (2, TimeSpan.FromMilliseconds(100));

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact(Timeout = 300_000)]
    public async Task No_new_session_is_refused_and_every_old_one_ends_in_order_or_is_told_why()
    {
        using TestAuthority authority = new();
        string folder = Directory.CreateTempSubdirectory("fairlead-rolling-").FullName;
        List<RunningProcess> gateways = [], ended = [];
        try
        {
            string[] tls = ProxiedGateway.WriteCertificate(authority, folder);
            int[] ports = [ProxyServer.FreePort(), ProxyServer.FreePort(), ProxyServer.FreePort()];
            foreach (int port in ports) gateways.Add(await StartAsync(port, tls));
            await using ProxyServer proxy = await ProxyServer.StartAsync(
                "haproxy", authority, ports, static text => text.Replace("inter 2s", "inter 200ms", StringComparison.Ordinal), Ct);
            string kubeconfig = Path.Combine(folder, "kubeconfig");
            await File.WriteAllTextAsync(kubeconfig, ProxiedGateway.KubeconfigFor(authority, proxy.Port, ProxiedGateway.TokenOf(fixture.Lab)), Ct);
            using StreamingClient client = StreamingClient.FromKubeconfig(kubeconfig);

            RemoteProcess[] held = new RemoteProcess[Held];
            for (int i = 0; i < held.Length; i++) held[i] = await client.ExecAsync(s_shell, ["cat"], new ExecOptions { Stdin = true }, Ct);
            using CancellationTokenSource over = CancellationTokenSource.CreateLinkedTokenSource(Ct);
            ConcurrentQueue<string> refused = new();
            int asked = 0;
            long began = Stopwatch.GetTimestamp();
            Task[] stream = [.. Enumerable.Range(0, Askers.Count).Select(_ => Task.Run(AskAsync))];
            Task<string>[] ends = [.. held.Select(EndOfAsync)];

            for (int i = 0; i < gateways.Count; i++)
            {
                Assert.True(gateways[i].Signal(Terminate));
                // some of the old ones end by themselves meanwhile, where they run yet
                foreach (RemoteProcess process in held.Skip(i * held.Length / 9).Take(held.Length / 9)) await process.StandardInput.CompleteAsync();
                Assert.Equal(0, await gateways[i].WaitForExitAsync(Ct));
                ended.Add(gateways[i]);
                gateways[i] = await StartAsync(ports[i], tls);
                string up = $"Server fairlead/{s_servers[i]} is UP";
                await Eventually.HoldsAsync(() => proxy.Log.Contains(up, StringComparison.Ordinal), up, cancellationToken: Ct);
            }

            string[] told = await Task.WhenAll(ends);
            await over.CancelAsync();
            await Task.WhenAll(stream);
            foreach (RemoteProcess process in held) await process.DisposeAsync();
            Assert.All(await Task.WhenAll(gateways.Select(static gateway => gateway.TerminateAsync(Ct))), static code => Assert.Equal(0, code)); // each takes its lame-duck time

            Assert.Empty(refused);
            Assert.All(told, static end => Assert.Contains(end, (string[])["0", "Draining"]));
            Assert.True(told.Count(static end => end == "0") >= held.Length / 9, string.Join(' ', told)); // none of the first had been ended before
            Assert.Equal(held.Length + asked, gateways.Concat(ended).Sum(static each => each.Stderr.Text.Split("\"audit\":\"session\"").Length - 1));
            Measurement.Tell(string.Create(CultureInfo.InvariantCulture,
                $"three gateways behind haproxy replaced in {Stopwatch.GetElapsedTime(began).TotalSeconds:0} s under {held.Length} sessions: {asked} new ones, none refused; " +
                $"{told.Count(static end => end == "0")} old ones ended by themselves, {told.Count(static end => end == "Draining")} were told Draining"));

            async Task AskAsync()
            {
                while (!over.IsCancellationRequested)
                {
                    Interlocked.Increment(ref asked);
                    try
                    {
                        await using RemoteProcess process = await client.ExecAsync(s_shell, ["true"], cancellationToken: Ct);
                        ExitStatus exit = await process.WaitForExitAsync(Ct);
                        if (exit.Code != 0) refused.Enqueue($"code {exit.Code}");
                        await Task.Delay(Askers.Pause, Ct);
                    }
                    catch (Exception e) when (e is not OperationCanceledException)
                    {
                        refused.Enqueue(e.ToString());
                    }
                }
            }
        }
        finally
        {
            foreach (RunningProcess gateway in gateways.Concat(ended).Distinct()) await gateway.DisposeAsync(); // one that could not be replaced is in both
            Directory.Delete(folder, recursive: true);
        }
    }

    async Task<RunningProcess> StartAsync(int port, string[] tls)
    {
        RunningProcess gateway = RunningProcess.Start(Repository.Command,
            ["gateway", "--listen", $"127.0.0.1:{port}", "--upstream-kubeconfig", fixture.Lab.Kubeconfig, .. tls, "--lame-duck", s_lameDuck, "--drain", s_drain], new RunOptions { CaptureLimit = 64 << 20 });
        try
        {
            await gateway.Stdout!.LineAsync("ready ", TimeSpan.FromSeconds(60), Ct);
            return gateway;
        }
        catch (Exception e) when (e is EndOfStreamException or TimeoutException)
        {
            await gateway.DisposeAsync();
            throw new InvalidOperationException($"a gateway on port {port} did not begin: {gateway.Stdout!.Text}\n{gateway.Stderr.Text}", e);
        }
    }

    /// <summary>The exit code, or the reason that the session was given.</summary>
    static async Task<string> EndOfAsync(RemoteProcess process)
    {
        try
        {
            return (await process.WaitForExitAsync(Ct)).Code.ToString(CultureInfo.InvariantCulture);
        }
        catch (RemoteCommandException e)
        {
            return e.Status.Reason ?? e.Message;
        }
    }
}
