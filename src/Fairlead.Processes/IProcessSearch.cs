using Fairlead.Processes.Native;

namespace Fairlead.Processes;

/// <summary>Finds the processes that belong together.</summary>
interface IProcessSearch
{
    /// <summary>The living members.</summary>
    /// <param name="known">Members found before: they and their children stay members whatever they changed since.</param>
    List<ProcessStat> Find(IReadOnlySet<(int Id, ulong StartTime)> known);
}
