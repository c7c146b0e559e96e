using System.Globalization;

namespace Fairlead.InteropTests;

/// <summary>
/// What an endings test runs: a command that prints 1 MiB and exits, never reading the input that the client keeps sending.
/// Every ending has to bring the whole output and the exit code.
/// </summary>
sealed record Endings(string File, ByteTally Expected)
{
    internal const int Size = 1 << 20;

    /// <summary>The reader that takes 16 seconds over it.</summary>
    internal const int SlowBytesPerSecond = 64 * 1024;

    internal static async Task<Endings> PrepareAsync(LabProcess lab, CancellationToken cancellationToken)
    {
        (string path, string hash) = await lab.WriteRandomFileAsync($"ending-{Guid.NewGuid():N}", Size, seed: 3, cancellationToken);
        return new Endings(path, new ByteTally(Size, hash));
    }

    /// <summary>The exit code of one run: success, and codes that are no success.</summary>
    internal static int CodeOf(int run) => run % 3 == 0 ? 0 : run % 250 + 1;

    internal string[] CommandOf(int run) => ["sh", "-c", string.Create(CultureInfo.InvariantCulture, $"cat '{File}'; exit {CodeOf(run)}")];

    /// <summary>Runs many, some at a time; says of each that went wrong how, and ends early when many did.</summary>
    internal static async Task RunAsync(int count, int together, Func<int, CancellationToken, Task> run, CancellationToken cancellationToken)
    {
        List<string> wrong = [];
        ParallelOptions options = new() { MaxDegreeOfParallelism = together, CancellationToken = cancellationToken };
        await Parallel.ForAsync(0, count, options, async (i, token) =>
        {
            lock (wrong)
            {
                if (wrong.Count > 20) return;
            }

            using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(token);
            patience.CancelAfter(TimeSpan.FromMinutes(2));
            try
            {
                await run(i, patience.Token);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                lock (wrong) wrong.Add($"run {i}: {(patience.IsCancellationRequested ? "did not end" : "")} {e.GetType().Name}: {e.Message}");
            }
        });
        Assert.True(wrong.Count == 0, $"{wrong.Count} of {count} endings were wrong:\n{string.Join('\n', wrong.Take(10))}");
    }
}
