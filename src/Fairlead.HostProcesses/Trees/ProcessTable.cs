using System.Globalization;
using Fairlead.HostProcesses.Native;

namespace Fairlead.HostProcesses.Trees;

/// <summary>
/// The processes of this machine as one walk through /proc found them. What tells whose they are, their markers and their open files, is
/// read when the first search asks for it and then serves them all: a thousand searches cost little more than one.
/// </summary>
public sealed class ProcessTable
{
    readonly Dictionary<int, ProcessStat> _byId;
    readonly ILookup<int, ProcessStat> _byParent, _byGroup, _bySession;
    readonly Lazy<ILookup<string, ProcessStat>> _byMarker;
    readonly Lazy<ILookup<FileIdentity, ProcessStat>> _byFile;

    /// <param name="all">The processes.</param>
    /// <param name="markersOf">The markers in a process's environment.</param>
    /// <param name="filesOf">What a process holds open as 0, 1 and 2.</param>
    public ProcessTable(IReadOnlyCollection<ProcessStat> all, Func<int, IEnumerable<string>> markersOf,
        Func<int, IEnumerable<FileIdentity>> filesOf)
    {
        _byId = all.ToDictionary(process => process.Id);
        _byParent = all.ToLookup(process => process.Parent);
        _byGroup = all.ToLookup(process => process.Group);
        _bySession = all.ToLookup(process => process.Session);
        _byMarker = new(() => Evidence(all, markersOf), LazyThreadSafetyMode.None);
        _byFile = new(() => Evidence(all, filesOf), LazyThreadSafetyMode.None);
    }

    /// <summary>Walks through /proc.</summary>
    /// <param name="since">Processes that are older are left out.</param>
    /// <param name="pace">Held all the way, and when evidence is read later.</param>
    public static ProcessTable Read(ulong since, WalkPace pace)
    {
        Dictionary<int, ProcessStat> all = []; // a number that is given anew during the walk may come twice
        foreach (string directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out int id)
                && ProcessStat.Read(id) is { } stat && stat.StartTime >= since) all[id] = stat;
            pace.Keep();
        }

        return new ProcessTable(all.Values, Paced(ProcessEvidence.MarkersOf), Paced(ProcessEvidence.StandardFilesOf));

        Func<int, IEnumerable<T>> Paced<T>(Func<int, IEnumerable<T>> read) => id =>
        {
            pace.Keep();
            return read(id);
        };
    }

    /// <summary>Those of these that are still there, dead ones too.</summary>
    public IEnumerable<ProcessStat> Among(IReadOnlySet<(int Id, ulong StartTime)> known) =>
        known.Where(key => _byId.TryGetValue(key.Id, out ProcessStat now) && now.StartTime == key.StartTime).Select(key => _byId[key.Id]);

    /// <summary>A leader and its session and group, dead ones too. Its number must be its own still, if only as a zombie's.</summary>
    public IEnumerable<ProcessStat> Led(int leader) =>
        (_byId.TryGetValue(leader, out ProcessStat itself) ? [itself] : Enumerable.Empty<ProcessStat>()).Concat(_bySession[leader])
            .Concat(_byGroup[leader]);

    /// <summary>What this process has started and not reaped, and what others left to it.</summary>
    public IEnumerable<ProcessStat> ChildrenOf(int id) => _byParent[id];

    /// <summary>Those that carry this marker.</summary>
    public IEnumerable<ProcessStat> Marked(string marker) => _byMarker.Value[marker];

    /// <summary>Those that carry a marker that begins so.</summary>
    public IEnumerable<ProcessStat> MarkedFrom(string beginning) =>
        _byMarker.Value.Where(group => group.Key.StartsWith(beginning, StringComparison.Ordinal)).SelectMany(group => group);

    /// <summary>Those that hold this open as 0, 1 or 2.</summary>
    public IEnumerable<ProcessStat> Holding(FileIdentity file) => _byFile.Value[file];

    /// <summary>The living among these and all their descendants; never this process.</summary>
    public List<ProcessStat> WithDescendants(IEnumerable<ProcessStat> evident)
    {
        Dictionary<int, ProcessStat> members = [];
        Stack<ProcessStat> left = new(evident);
        while (left.TryPop(out ProcessStat process))
        {
            if (process.Id == Environment.ProcessId || !members.TryAdd(process.Id, process)) continue;
            foreach (ProcessStat child in ChildrenOf(process.Id)) left.Push(child);
        }

        return [.. members.Values.Where(process => !process.IsDead)];
    }

    static ILookup<T, ProcessStat> Evidence<T>(IEnumerable<ProcessStat> all, Func<int, IEnumerable<T>> read) where T : notnull =>
        all.Where(process => !process.IsDead && process.Id != Environment.ProcessId)
            .SelectMany(process => read(process.Id).Distinct().Select(what => (what, process)))
            .ToLookup(found => found.what, found => found.process);
}
