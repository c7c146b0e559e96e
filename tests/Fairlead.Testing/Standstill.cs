using System.IO.Pipelines;

namespace Fairlead.Testing;

/// <summary>
/// Waits until nothing moves any more. Sockets' buffers belong to the kernel, which tells nobody that they are full: what has not moved for a
/// while is taken for what stands still. A machine under load makes a test weaker by it, and never fails it.
/// </summary>
public static class Standstill
{
    static readonly TimeSpan s_while = TimeSpan.FromMilliseconds(700);

    /// <summary>Writes until a write waits for a reader.</summary>
    /// <returns>That write, whose end is the caller's; what it throws need not be looked at.</returns>
    public static async Task<Task> FillAsync(PipeWriter writer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            Task write = writer.WriteAsync(new byte[(32 * 1024) - 16], cancellationToken).AsTask();
            if (!await IsReachedAsync(write, cancellationToken)) continue;
            _ = write.ContinueWith(static ended => ended.Exception, TaskScheduler.Default);
            return write;
        }
    }

    /// <summary>False as soon as the work has ended; true when it has not for a while.</summary>
    public static async Task<bool> IsReachedAsync(Task work, CancellationToken cancellationToken = default) =>
        await Task.WhenAny(work, Task.Delay(s_while, cancellationToken)) != work;

    /// <summary>Waits until what is counted has begun to grow and grows no more.</summary>
    /// <returns>The last count.</returns>
    /// <exception cref="TimeoutException">It went on; says what was waited for.</exception>
    public static async Task<long> OfAsync(Func<long> count, string what, CancellationToken cancellationToken = default)
    {
        long last = 0;
        await Eventually.HoldsAsync(async () =>
        {
            long before = last;
            await Task.Delay(s_while / 2, cancellationToken);
            last = count();
            return last > 0 && last == before;
        }, what, cancellationToken: cancellationToken);
        return last;
    }
}
