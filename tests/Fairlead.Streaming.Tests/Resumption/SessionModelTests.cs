using System.Diagnostics;
using Fairlead.Testing;

namespace Fairlead.Streaming.Tests.Resumption;

/// <summary>
/// Histories of losses, drawn at random from a seed: both ends of a session and the server's registry are the real ones, the network between
/// them and the clock are the test's. No history may deliver a byte twice, out of order or not at all, start a command twice, or end with a
/// success that did not happen.
/// </summary>
public sealed class SessionModelTests
{
    [Fact(Timeout = 1_800_000)]
    public Task No_history_loses_repeats_or_invents() => Task.Run(() => RunAll(Repository.IsFull ? 100_000 : 500, isHostile: false), TestContext.Current.CancellationToken);

    [Fact(Timeout = 1_800_000)]
    public Task No_hostile_opening_and_no_server_that_was_lost_does_either() => Task.Run(() => RunAll(Repository.IsFull ? 100_000 : 400, isHostile: true), TestContext.Current.CancellationToken);

    static void RunAll(int histories, bool isHostile)
    {
        HistoryTally tally = new();
        long began = Stopwatch.GetTimestamp();
        Parallel.For(0, histories, seed =>
        {
            SessionHistory history = new(seed, isHostile, tally);
            try
            {
                history.Run();
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                throw new InvalidOperationException($"seed {seed}{(isHostile ? ", hostile" : "")}: {e.Message}\n{history.Tale}", e);
            }
        });

        string told = $"{histories} histories in {Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s: {tally}";
        TestContext.Current.TestOutputHelper?.WriteLine(told);
        // a generator that brings nothing about proves nothing
        Assert.True(tally.Resumed > histories && tally.Succeeded > histories / 4 && tally.AnswersLost > histories / 20, told);
        if (isHostile) Assert.True(tally is { Restarted: > 0, Expired: > 0 } && tally.HostileRefused > histories / 4, told);
        else Assert.Equal(histories, tally.Succeeded);
    }
}
