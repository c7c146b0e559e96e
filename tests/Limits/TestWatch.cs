using System.Diagnostics;
using Xunit.Sdk;

namespace Fairlead.Testing.Limits;

/// <summary>
/// Sees tests begin and end, and prints what one waits for shortly before its limit is over: afterwards its calls are cancelled and
/// tell nothing. One that does not end then either, in its own code or in what comes before and after, ends the process, by name.
/// </summary>
/// <remarks>On a thread of its own: the thread pool may be what hangs.</remarks>
sealed class TestWatch : IMessageSink, IDisposable
{
    const int MostStacks = 3;

    readonly Lock _lock = new();
    readonly Dictionary<string, RunningTest> _running = [];
    readonly IMessageSink _next;
    readonly ManualResetEventSlim _over = new();
    readonly Thread _thread;
    long _changed = Stopwatch.GetTimestamp();
    string _last = "(no test yet)";
    int _stacks;

    internal TestWatch(IMessageSink next)
    {
        _next = next;
        _thread = new Thread(Watch) { IsBackground = true, Name = "test watch" };
        _thread.Start();
    }

    public bool OnMessage(IMessageSinkMessage message)
    {
        lock (_lock)
        {
            _changed = Stopwatch.GetTimestamp();
            if (message is ITestStarting started)
            {
                TimeSpan limit = started.Timeout > 0 ? TimeSpan.FromMilliseconds(started.Timeout) : TestLimit.Default;
                _running[started.TestUniqueID] = new RunningTest(_last = started.TestDisplayName, limit, _changed);
            }
            else if (message is ITestFinished finished)
            {
                _running.Remove(finished.TestUniqueID);
            }
        }

        return _next.OnMessage(message);
    }

    public void Dispose()
    {
        _over.Set();
        _thread.Join();
        _over.Dispose();
    }

    void Watch()
    {
        while (!_over.Wait(250))
        {
            (RunningTest[] late, RunningTest? stuck) = Look();
            if (late.Length > 0) Tell(string.Join('\n', late.Select(static test => $"{test.Name} runs for {test.Age:0} s{OfLimit(test)}")));
            if (stuck is null) continue;
            Tell($"    {stuck.Name} [FAIL]\n      It did not end within {stuck.Age:0} s, cancelled or not{OfLimit(stuck)}: the process ends.");
            Process.GetCurrentProcess().Kill();
        }
    }

    /// <summary>The tests that come near their limit, each once, and one that has not ended long after it.</summary>
    (RunningTest[] Late, RunningTest? Stuck) Look()
    {
        lock (_lock)
        {
            RunningTest[] late = [.. _running.Values.Where(static test => test.BecomesLate())];
            RunningTest? stuck = _running.Values.FirstOrDefault(static test => test.Age > (test.Limit + TestLimit.Grace).TotalSeconds);
            RunningTest between = new($"What comes before or after a test, the last was {_last}", TestLimit.BetweenTests, _changed);
            return (late, stuck ?? (_running.Count == 0 && between.Age > between.Limit.TotalSeconds ? between : null));
        }
    }

    static string OfLimit(RunningTest test) => $" (limit {test.Limit.TotalSeconds:0} s)";

    void Tell(string what)
    {
        Console.Error.WriteLine($"{what}\nIts waits are among these:\n{(_stacks++ < MostStacks ? Stacks() : "(stacks were printed often enough)")}");
        Console.Error.Flush();
    }

    static string Stacks()
    {
        using Process? script = Process.Start(new ProcessStartInfo(Path.Combine(Repository.Root, "tests", "stacks"), [$"{Environment.ProcessId}"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        });
        if (script is null) return "(no stacks)";
        script.ErrorDataReceived += static (_, line) => Console.Error.WriteLine(line.Data);
        script.BeginErrorReadLine();
        return script.StandardOutput.ReadToEnd(); // the script has limits of its own
    }
}
