using System.Diagnostics;

namespace Fairlead.Stand;

/// <summary>Many sessions of one program.</summary>
static class Sessions
{
    const int Opening = 16;

    static readonly PodReference s_pod = new("demo", "default", "shell");

    /// <summary>Reads a number a line, opens so many sessions more, and says when they stand. At the end of the input it goes, and they with it.</summary>
    /// <param name="kubeconfig">How the server is reached.</param>
    /// <param name="transport">What carries the sessions; <c>resumable</c> for ones that outlive their connections.</param>
    /// <param name="input"><c>terminal</c>, or <c>pipe</c>, which has a connection of its own where others share.</param>
    /// <param name="container">Where the command runs.</param>
    /// <param name="command">What each of them runs.</param>
    public static async Task HoldAsync(string kubeconfig, string transport, string input, string container, string[] command)
    {
        PodReference pod = new("demo", "default", container);
        using StreamingClient client = StreamingClient.FromKubeconfig(kubeconfig);
        bool resumes = transport == "resumable"; // over WebSocket, and outlives its connection
        ExecOptions options = new() { Stdin = true, Tty = input == "terminal", Transport = resumes ? Transport.WebSocket : Enum.Parse<Transport>(transport, ignoreCase: true), Resume = resumes ? Timeout.InfiniteTimeSpan : default, PingInterval = TimeSpan.FromMinutes(5), PingTimeout = TimeSpan.FromMinutes(10) };
        List<RemoteProcess> held = [];
        while (await Input.NextAsync() is { } line)
        {
            await RunAsync(int.Parse(line), Opening, async () =>
            {
                RemoteProcess session = await client.ExecAsync(pod, command, options);
                lock (held) held.Add(session);
            });
            Console.WriteLine($"held {held.Count} by {held[0].Connection}");
        }

        Environment.Exit(0); // 5,000 closes in order would be a measurement of their own
    }

    /// <summary>Reads a number a line, runs <c>true</c> so many times, and says how many seconds that took.</summary>
    public static async Task CycleAsync(string kubeconfig, int atOnce)
    {
        using StreamingClient client = StreamingClient.FromKubeconfig(kubeconfig);
        while (await Input.NextAsync() is { } line)
        {
            long begun = Stopwatch.GetTimestamp();
            await RunAsync(int.Parse(line), atOnce, async () =>
            {
                await using RemoteProcess run = await client.ExecAsync(s_pod, ["true"]);
                ExitStatus exit = await run.WaitForExitAsync();
                if (exit.Code != 0) throw new InvalidOperationException($"true ended with {exit.Code}.");
            });
            Console.WriteLine($"{Stopwatch.GetElapsedTime(begun).TotalSeconds:0.000} seconds");
        }
    }

    static async Task RunAsync(int count, int atOnce, Func<Task> one)
    {
        int left = count;
        await Task.WhenAll(Enumerable.Range(0, Math.Min(count, atOnce)).Select(async _ =>
        {
            while (Interlocked.Decrement(ref left) >= 0) await one();
        }));
    }
}
