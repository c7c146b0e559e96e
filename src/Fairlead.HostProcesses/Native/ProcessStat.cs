using System.Globalization;

namespace Fairlead.HostProcesses.Native;

/// <summary>What /proc/PID/stat says of a process. Number and start time together name one process and no later one.</summary>
public readonly record struct ProcessStat(int Id, char State, int Parent, int Group, int Session, bool HasTerminal, ulong StartTime)
{
    /// <summary>Ended, and only waiting for its parent to ask how.</summary>
    public bool IsDead => State is 'Z' or 'X' or 'x';

    /// <summary>Reads it; null when there is no such process.</summary>
    /// <exception cref="IOException">It could not be read, as without a descriptor: nothing is known of the process.</exception>
    public static ProcessStat? Read(int id)
    {
        try
        {
            return Parse(id, File.ReadAllText($"/proc/{id.ToString(CultureInfo.InvariantCulture)}/stat"));
        }
        catch (Exception failure) when (NativeError.IsGone(failure))
        {
            return null; // before or while it was read; or hidden (hidepid), and nothing of ours
        }
    }

    /// <summary>The name stands in parentheses and may hold any character: what counts comes after the last one.</summary>
    public static ProcessStat? Parse(int id, string text)
    {
        int end = text.LastIndexOf(')');
        if (end < 0) return null;
        string[] fields = text[(end + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length < 20) return null;
        ulong start = ulong.Parse(fields[19], CultureInfo.InvariantCulture);
        return new ProcessStat(id, fields[0][0], Number(fields[1]), Number(fields[2]), Number(fields[3]), fields[4] != "0", start);
    }

    static int Number(string field) => int.Parse(field, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
}
