using System.Globalization;
using Fairlead.HostProcesses.Native;
using Fairlead.HostProcesses.Trees;

namespace Fairlead.Containerd.Tasks;

/// <summary>
/// Finds what a native command started: by its session and group, by its own pipes or terminal held as 0, 1 or 2, and by descent from
/// any of these. Only ever in the command's container, by cgroup, so that a number that was given anew can harm nobody else.
/// </summary>
/// <remarks>What has left the command's tree, session and pipes before the search is not found: nothing tells it from the container's
/// own.</remarks>
sealed class ExecProcessSearch : IProcessSearch
{
    readonly string _containerId;
    readonly int _leader;
    readonly ulong _started;
    readonly HashSet<FileIdentity> _files = [];

    /// <param name="containerId">The command's container.</param>
    /// <param name="leader">The command's number. It leads a session of its own.</param>
    /// <param name="started">The kernel's start time of it; null where it has just been started.</param>
    public ExecProcessSearch(string containerId, int leader, ulong? started = null)
    {
        (_containerId, _leader) = (containerId, leader);
        _started = started ?? ProcessStat.Read(leader)?.StartTime ?? ulong.MaxValue;
        if (started is not null && !SeesLeader) return; // it has ended meanwhile, and its number may be somebody else's
        for (int fd = 0; fd <= 2; fd++)
        {
            string path = string.Create(CultureInfo.InvariantCulture, $"/proc/{leader}/fd/{fd}");
            if (IsOwn(path) && FileIdentity.Of(path) is { } file) _files.Add(file);
        }
    }

    public ulong Since => _started;

    /// <summary>The command itself is seen to live. False also where this process does not see the container's.</summary>
    public bool SeesLeader => ProcessStat.Read(_leader) is { IsDead: false } now && now.StartTime == _started;

    public List<ProcessStat> Find(ProcessTable table, IReadOnlySet<(int Id, ulong StartTime)> known)
    {
        IEnumerable<ProcessStat> evident = table.Among(known).Concat(table.Led(_leader)).Concat(_files.SelectMany(table.Holding));
        List<ProcessStat> found = table.WithDescendants(evident.Where(process => process.StartTime >= _started));
        found.RemoveAll(process => !IsInContainer(process.Id));
        return found;
    }

    bool IsInContainer(int id)
    {
        try
        {
            return File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/cgroup"))
                .Contains(_containerId, StringComparison.Ordinal);
        }
        catch (Exception failure) when (NativeError.IsGone(failure))
        {
            return false; // it ended, or is hidden
        }
    }

    /// <summary>A pipe or a terminal: what a command does not share with others, as it does <c>/dev/null</c>.</summary>
    static bool IsOwn(string path)
    {
        try
        {
            string target = File.ResolveLinkTarget(path, returnFinalTarget: false)?.FullName ?? "";
            return target.Contains("pipe:[", StringComparison.Ordinal) || target.Contains("/dev/pts/", StringComparison.Ordinal);
        }
        catch (Exception failure) when (NativeError.IsGone(failure))
        {
            return false; // it has ended already
        }
    }
}
