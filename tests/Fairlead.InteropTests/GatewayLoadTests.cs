using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Pipelines;

namespace Fairlead.InteropTests;

/// <summary>Two thousand idle sessions and a hundred busy ones in one gateway process: what they cost.</summary>
/// <remarks>Clients and server are this process, and the server's commands are no processes: the gateway alone is measured.</remarks>
public sealed class GatewayLoadTests
{
    const int First = 50, Idle = 2000, Busy = 100;

    /// <summary>What is aimed at (docs/gateway.md) and a part for noise: a session that kept a pooled buffer of 64 KiB would need more.</summary>
    const long MostSpliced = (128 + 32) * 1024, MostTranslated = (160 + 32) * 1024;

    /// <summary>Those that differ most; all of them with <c>./test --full</c>.</summary>
    public static TheoryData<string, bool, bool, bool> Forms
    {
        get
        {
            TheoryData<string, bool, bool, bool> forms = new()
            {
                { "spliced, TLS on both sides", false, false, true },
                { "translated (SPDY to WebSocket), TLS on both sides", true, false, true },
            };
            if (!Repository.IsFull) return forms;
            forms.Add("spliced, TLS to the client alone", false, false, false);
            forms.Add("translated (WebSocket to SPDY), TLS on both sides", false, true, true);
            return forms;
        }
    }

    [Theory(Timeout = 600_000), MemberData(nameof(Forms))]
    public async Task Idle_sessions_are_small_and_busy_ones_pass_beside_them(string form, bool isClientSpdy, bool isServerSpdy, bool isTls)
    {
        await using IdleServer server = await IdleServer.StartAsync(isServerSpdy, isTls, Ct);
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(server.Kubeconfig, ["--max-sessions-per-caller", "10000"], Ct);
        using StreamingClient client = StreamingClient.FromKubeconfig(gateway.Kubeconfig);
        ExecOptions options = new() { Transport = isClientSpdy ? Transport.Spdy : Transport.WebSocket };

        await using (await Sessions.OpenAsync(client, options, First)) // what stays for good is there before the count
        {
        }

        await gateway.LinesAsync("\"audit\"", First, Ct);
        LeakCheck descriptors = LeakCheck.Begin(gateway.Id);
        ProcessMemory before = ProcessMemory.Of(gateway.Id);

        await using (Sessions idle = await Sessions.OpenAsync(client, options, Idle))
        {
            await Task.Delay(TimeSpan.FromSeconds(20), Ct); // pings go both ways meanwhile: idle is not dead
            ProcessMemory during = ProcessMemory.Of(gateway.Id);
            long perSession = (during.Private - before.Private) / Idle, native = (during.Native - before.Native) / Idle;
            Measurement.Tell($"gateway, {Idle} idle sessions, {form}: {perSession / 1024.0:0.0} KiB of private memory each, {native / 1024.0:0.0} KiB of it native (malloc, mostly OpenSSL)");

            int mebibytes = Repository.IsFull ? 64 : 8;
            double cpu = Cpu(gateway.Id);
            await Parallel.ForEachAsync(Enumerable.Range(0, Busy), new ParallelOptions { MaxDegreeOfParallelism = Busy, CancellationToken = Ct }, async (_, token) =>
            {
                await using RemoteProcess run = await client.ExecAsync(new PodReference("demo"), ["send", mebibytes.ToString(CultureInfo.InvariantCulture)], options, token);
                Assert.Equal((long)mebibytes << 20, await CountAsync(run.StandardOutput, token));
                Assert.True((await run.WaitForExitAsync(token)).Succeeded);
            });
            double seconds = (Cpu(gateway.Id) - cpu) / (Busy * mebibytes / 1024.0);
            Measurement.Tell($"gateway, {Busy} busy sessions beside them, {form}: {seconds:0.00} s of CPU per GiB");

            await gateway.LinesAsync("\"audit\"", First + Busy, Ct);
            Assert.Equal((Idle, First + Busy), (idle.Count, gateway.Log.Split('\n').Count(static line => line.Contains("\"audit\"", StringComparison.Ordinal)))); // none of the idle has ended
            Assert.InRange(perSession, 0, isClientSpdy || isServerSpdy ? MostTranslated : MostSpliced);
        }

        // access was asked about for as many at once, each on a connection that stays for a minute where no upgrade takes it
        await descriptors.ExpectNothingLeftAsync(spareDescriptors: Busy + 16, cancellationToken: Ct);
    }

    static async Task<long> CountAsync(PipeReader reader, CancellationToken cancellationToken)
    {
        long count = 0;
        while (true)
        {
            ReadResult result = await reader.ReadAsync(cancellationToken);
            count += result.Buffer.Length;
            reader.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted) return count;
        }
    }

    /// <summary>User and system time of a process so far, in seconds.</summary>
    static double Cpu(int pid)
    {
        string stat = File.ReadAllText($"/proc/{pid}/stat");
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return (long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)) / 100.0; // in ticks of 10 ms on every Linux
    }

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>Sessions that have begun and say nothing more.</summary>
    sealed class Sessions : IAsyncDisposable
    {
        readonly ConcurrentBag<RemoteProcess> _all = [];

        internal int Count => _all.Count;

        internal static async Task<Sessions> OpenAsync(StreamingClient client, ExecOptions options, int count)
        {
            Sessions sessions = new();
            try
            {
                await Parallel.ForEachAsync(Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = Ct }, async (_, token) =>
                {
                    RemoteProcess run = await client.ExecAsync(new PodReference("demo"), ["idle"], options, token);
                    sessions._all.Add(run);
                    ReadResult begun = await run.StandardOutput.ReadAtLeastAsync(6, token);
                    run.StandardOutput.AdvanceTo(begun.Buffer.End);
                });
                return sessions;
            }
            catch
            {
                await sessions.DisposeAsync();
                throw;
            }
        }

        public async ValueTask DisposeAsync()
        {
            foreach (RemoteProcess run in _all) run.Abort();
            foreach (RemoteProcess run in _all) await run.DisposeAsync();
        }
    }
}
