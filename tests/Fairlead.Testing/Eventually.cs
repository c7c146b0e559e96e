namespace Fairlead.Testing;

/// <summary>Waits for what other processes or the kernel do, which tells nobody: looks again and again, for a bounded time.</summary>
public static class Eventually
{
    /// <summary>Enough for a loaded machine; reached only when a test fails.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(30);

    /// <summary>Waits until the condition holds.</summary>
    /// <exception cref="TimeoutException">It did not within the time; says what was waited for.</exception>
    public static Task HoldsAsync(Func<bool> condition, string what, TimeSpan? patience = null, CancellationToken cancellationToken = default) =>
        HoldsAsync(() => Task.FromResult(condition()), what, patience, cancellationToken);

    /// <summary>The same of a condition that has to be asked for.</summary>
    /// <exception cref="TimeoutException">It did not within the time; says what was waited for.</exception>
    public static async Task HoldsAsync(Func<Task<bool>> condition, string what, TimeSpan? patience = null, CancellationToken cancellationToken = default)
    {
        TimeSpan limit = patience ?? Patience;
        long end = Environment.TickCount64 + (long)limit.TotalMilliseconds;
        while (!await condition())
        {
            if (Environment.TickCount64 > end) throw new TimeoutException($"Not within {limit.TotalSeconds:0.#} s: {what}");
            await Task.Delay(20, cancellationToken);
        }
    }
}
