using Fairlead.HostProcesses.Native;

namespace Fairlead.HostProcesses.Trees;

/// <summary>Finds the processes that belong together.</summary>
public interface IProcessSearch
{
    /// <summary>The kernel's start time that none of them is older than; 0 when nothing is known of it.</summary>
    ulong Since { get; }

    /// <summary>The living members. Called on the walk's thread: it must not wait for anything.</summary>
    /// <param name="table">Where to look.</param>
    /// <param name="known">Members found before: they and their children stay members whatever they changed since.</param>
    List<ProcessStat> Find(ProcessTable table, IReadOnlySet<(int Id, ulong StartTime)> known);
}
