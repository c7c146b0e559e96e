using System.Diagnostics;
using Fairlead.HostProcesses.Native;

namespace Fairlead.HostProcesses.Trees;

/// <summary>Ends all processes that a search finds: asks first, then kills, until none is found.</summary>
/// <remarks>Processes are looked for and signalled on the walk's thread, so that many ends at once hold up nobody's sessions.</remarks>
public static class ProcessTermination
{
    /// <summary>How long a killed process may take to go: one in uninterruptible sleep goes when it wakes.</summary>
    static readonly TimeSpan KillTime = TimeSpan.FromSeconds(10);

    static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// SIGTERM (before it SIGHUP on a terminal, as interactive shells ignore the other), the grace, then SIGKILL. Without a grace nobody is
    /// asked.
    /// </summary>
    /// <returns>True when none is left that this process may signal; false when some have not gone yet although they were killed.</returns>
    /// <param name="search">What to end.</param>
    /// <param name="grace">The time between asking and killing.</param>
    /// <param name="walk">What looks for them.</param>
    /// <param name="asked">Called once, when those found at first were asked: the time to hang up their terminal.</param>
    public static async Task<bool> RunAsync(IProcessSearch search, TimeSpan grace, ProcessWalk walk, Action? asked = null)
    {
        Dictionary<(int Id, ulong StartTime), ProcessDescriptor> members = [];
        HashSet<(int, ulong)> known = [], beyond = [];
        long? asking = null; // from the first look: to wait for a walk takes nobody's grace
        try
        {
            while (true)
            {
                (bool Found, bool Kill) seen;
                try
                {
                    seen = await walk.AskAsync(search.Since, SignalThose);
                }
                catch (IOException full) when (NativeError.IsOutOfDescriptors(full))
                {
                    // the search could not run for want of descriptors, and nothing tells when one is free
                    await Task.Delay(s_pause, TimeProvider.System);
                    continue;
                }

                (bool found, bool kill) = seen;
                asked?.Invoke();
                asked = null;
                if (!found) return true;
                TimeSpan left = (kill ? grace + KillTime : grace) - Stopwatch.GetElapsedTime(asking!.Value);
                if (left <= TimeSpan.Zero && kill) return false;
                Task gone = Task.WhenAll(members.Where(m => !beyond.Contains(m.Key)).Select(m => m.Value.Exited));
                try
                {
                    await gone.WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, TimeProvider.System);
                }
                catch (TimeoutException)
                {
                    // the grace is over, or the time to die: the next round acts on it
                }
            }
        }
        finally
        {
            foreach (ProcessDescriptor member in members.Values) member.Dispose();
        }

        (bool Found, bool Kill) SignalThose(ProcessTable table)
        {
            asking ??= Stopwatch.GetTimestamp();
            bool found = false, kill = Stopwatch.GetElapsedTime(asking.Value) >= grace;
            foreach (ProcessStat process in search.Find(table, known))
            {
                (int, ulong) key = (process.Id, process.StartTime);
                if (beyond.Contains(key)) continue;
                if (!members.TryGetValue(key, out ProcessDescriptor? member))
                {
                    member = OpenSame(process);
                    if (member is null) continue;
                    members.Add(key, member);
                    known.Add(key);
                    if (grace > TimeSpan.Zero && !Ask(member, process)) beyond.Add(key);
                }

                found = true;
                if (kill && !member.Signal(LibC.SIGKILL)) beyond.Add(key);
            }

            return (found, kill);
        }
    }

    /// <summary>The descriptor of the process that was found, and not of one that got its number since.</summary>
    static ProcessDescriptor? OpenSame(ProcessStat process)
    {
        ProcessDescriptor? opened = ProcessDescriptor.Open(process.Id);
        if (opened is null || ProcessStat.Read(process.Id) is { IsDead: false } now && now.StartTime == process.StartTime) return opened;
        opened.Dispose();
        return null;
    }

    /// <summary>A stopped process takes the signal only when it goes on.</summary>
    static bool Ask(ProcessDescriptor member, ProcessStat process) =>
        (!process.HasTerminal || member.Signal(LibC.SIGHUP)) && member.Signal(LibC.SIGTERM) && member.Signal(LibC.SIGCONT);
}
