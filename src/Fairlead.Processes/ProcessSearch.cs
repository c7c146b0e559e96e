using System.Globalization;
using System.Text;
using Fairlead.Processes.Native;

namespace Fairlead.Processes;

/// <summary>
/// Finds what a command started, wherever it went: by the marker in its environment, by the leader's session and group, by the
/// command's own pipes or terminal held as 0, 1 or 2, and by descent from any of these.
/// </summary>
sealed class ProcessSearch : IProcessSearch
{
    readonly byte[] _marker;
    readonly LocalProcess? _leader;
    readonly IReadOnlyCollection<ProcessIo> _io;

    ProcessSearch(string marker, LocalProcess? leader, IReadOnlyCollection<ProcessIo> io)
    {
        _io = io;
        _marker = Encoding.UTF8.GetBytes($"{LocalProcess.MarkerVariable}={marker}");
        _leader = leader;
    }

    /// <summary>What this process started, itself included. It must not be reaped while the search is used.</summary>
    internal static ProcessSearch Of(LocalProcess leader) => new(leader.Marker + "\0", leader, [leader.Io]);

    /// <summary>Whatever carries a marker that begins so, or holds one of these open.</summary>
    internal static ProcessSearch OfMarkersWith(string beginning, IReadOnlyCollection<ProcessIo> io) => new(beginning, null, io);

    /// <inheritdoc/>
    public List<ProcessStat> Find(IReadOnlySet<(int Id, ulong StartTime)> known)
    {
        List<ProcessStat> candidates = ProcessStat.ReadAll();
        candidates.RemoveAll(p => p.Id == Environment.ProcessId || (_leader is not null && p.StartTime < _leader.StartTime));

        HashSet<int> members = [];
        foreach (ProcessStat process in candidates)
        {
            if (known.Contains((process.Id, process.StartTime)) || IsEvident(process)) members.Add(process.Id);
        }

        int before;
        do
        {
            before = members.Count;
            foreach (ProcessStat process in candidates)
            {
                if (members.Contains(process.Parent)) members.Add(process.Id);
            }
        }
        while (members.Count > before);

        candidates.RemoveAll(p => p.IsDead || !members.Contains(p.Id));
        return candidates;
    }

    bool IsEvident(ProcessStat process)
    {
        // the leader is a zombie at most, so its number is the session's and the group's own
        if (_leader is not null && (process.Id == _leader.Id || process.Session == _leader.Id || process.Group == _leader.Id)) return true;
        return !process.IsDead && (HasMarker(process.Id) || HoldsOurFiles(process.Id));
    }

    bool HasMarker(int id)
    {
        try
        {
            ReadOnlySpan<byte> environment = File.ReadAllBytes(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/environ"));
            for (int at; (at = environment.IndexOf(_marker)) >= 0; environment = environment[(at + 1)..])
            {
                if (at == 0 || environment[at - 1] == 0) return true;
            }

            return false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // it ended, or it is another user's: no evidence
        }
    }

    bool HoldsOurFiles(int id)
    {
        if (_io.Count == 0) return false;
        for (int fd = 0; fd <= 2; fd++)
        {
            FileIdentity? file = FileIdentity.Of(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/fd/{fd}"));
            if (file is not null && _io.Any(io => io.Files.Contains(file.Value))) return true;
        }

        return false;
    }
}
