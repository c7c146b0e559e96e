using System.Globalization;

namespace Fairlead.Testing;

/// <summary>What a process holds, read from /proc.</summary>
/// <param name="Descriptors">Open descriptors, but for code and symbols: the runtime opens those when first used, and keeps them.</param>
/// <param name="Children">Its children that live.</param>
/// <param name="Zombies">Its children that ended and were not waited for.</param>
/// <param name="Threads">Its threads.</param>
/// <param name="PrivateMemory">Anonymous resident memory in bytes (RssAnon).</param>
/// <param name="PeakMemory">The largest resident size it ever had, in bytes (VmHWM).</param>
public sealed record ProcessFootprint(int Descriptors, int Children, int Zombies, int Threads, long PrivateMemory, long PeakMemory)
{
    /// <summary>Reads it now.</summary>
    /// <param name="pid">The process; null for this one.</param>
    public static ProcessFootprint Of(int? pid = null)
    {
        string folder = $"/proc/{pid ?? Environment.ProcessId}";
        Dictionary<string, long> status = [];
        foreach (string line in File.ReadLines($"{folder}/status"))
        {
            string[] parts = line.Split([':', '\t', ' '], StringSplitOptions.RemoveEmptyEntries);
            if (parts.Length > 1 && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out long value)) status[parts[0]] = value;
        }

        (int living, int dead) = CountChildren(pid ?? Environment.ProcessId);
        return new ProcessFootprint(
            new DirectoryInfo($"{folder}/fd").EnumerateFileSystemInfos().Count(file => !IsCode(file.LinkTarget)), living, dead, (int)status["Threads"],
            status.GetValueOrDefault("RssAnon") * 1024, status.GetValueOrDefault("VmHWM") * 1024);
    }

    /// <summary>The processes that live and have exactly these arguments, the program's name among them, joined by spaces.</summary>
    public static IReadOnlyList<int> Running(string commandLine)
    {
        List<int> found = [];
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out int pid) || pid == Environment.ProcessId) continue;
            if (ReadOrEmpty($"{folder}/cmdline").TrimEnd('\0').Replace('\0', ' ') == commandLine) found.Add(pid);
        }

        return found;
    }

    static bool IsCode(string? file) => Path.GetExtension(file) is ".dll" or ".pdb" or ".so";

    static (int Living, int Dead) CountChildren(int parent)
    {
        int living = 0, dead = 0;
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!char.IsAsciiDigit(Path.GetFileName(folder)[0])) continue;
            string stat = ReadOrEmpty($"{folder}/stat");
            int name = stat.LastIndexOf(')'); // the name before it may hold spaces and parentheses
            if (name < 0) continue;
            string[] fields = stat[(name + 2)..].Split(' ');
            if (fields[1] != parent.ToString(CultureInfo.InvariantCulture)) continue;
            if (fields[0] == "Z") dead++;
            else living++;
        }

        return (living, dead);
    }

    static string ReadOrEmpty(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return ""; // it ended between the listing and the look
        }
    }
}
