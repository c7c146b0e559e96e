using Fairlead.HostProcesses.Native;
using Fairlead.HostProcesses.Starting;

namespace Fairlead.HostProcesses.Trees;

/// <summary>
/// Finds what commands started, wherever it went: by the marker in its environment, by a leader's session and group, by a command's own
/// pipes or terminal held as 0, 1 or 2, and by descent from any of these.
/// </summary>
public sealed class ProcessSearch : IProcessSearch
{
    readonly Func<ProcessTable, IEnumerable<ProcessStat>> _marked;
    readonly IReadOnlyCollection<LocalProcess> _leaders;

    ProcessSearch(Func<ProcessTable, IEnumerable<ProcessStat>> marked, IReadOnlyCollection<LocalProcess> leaders, ulong since) =>
        (_marked, _leaders, Since) = (marked, leaders, since);

    /// <inheritdoc/>
    public ulong Since { get; }

    /// <summary>What this process started, itself included.</summary>
    public static ProcessSearch Of(LocalProcess leader) => new(table => table.Marked(leader.Marker), [leader], leader.StartTime);

    /// <summary>Whatever carries a marker that begins so, or is found by one of these commands.</summary>
    public static ProcessSearch OfMarkersFrom(string beginning, IReadOnlyCollection<LocalProcess> leaders) =>
        new(table => table.MarkedFrom(beginning), leaders, since: 0);

    /// <inheritdoc/>
    public List<ProcessStat> Find(ProcessTable table, IReadOnlySet<(int Id, ulong StartTime)> known)
    {
        List<ProcessStat> evident = [.. table.Among(known), .. _marked(table)];
        foreach (LocalProcess leader in _leaders)
        {
            // not reaped now, after the walk: so its number was its session's and its group's all the time
            if (!leader.IsReaped) evident.AddRange(table.Led(leader.Id).Where(process => process.StartTime >= leader.StartTime));
            foreach (FileIdentity file in leader.Io.Files)
                evident.AddRange(table.Holding(file).Where(process => process.StartTime >= leader.StartTime));
        }

        return table.WithDescendants(evident);
    }
}
