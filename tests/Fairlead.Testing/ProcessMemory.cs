using System.Globalization;

namespace Fairlead.Testing;

/// <summary>What a process holds of anonymous memory, and how much of that the C library's allocator does.</summary>
/// <param name="Private">Anonymous resident memory in bytes.</param>
/// <param name="Native">The part in the allocator's heap and arenas, in bytes: what native libraries such as OpenSSL have asked for.</param>
public sealed record ProcessMemory(long Private, long Native)
{
    /// <summary>An arena of the GNU C library: reserved as a whole, at a multiple of its size.</summary>
    const long ArenaBytes = 64L << 20;

    /// <summary>Reads it from /proc now.</summary>
    public static ProcessMemory Of(int pid)
    {
        List<(long Start, long End, string Access, string Name, long Anonymous)> maps = [];
        foreach (string line in File.ReadLines($"/proc/{pid}/smaps"))
        {
            string[] parts = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (parts[0] == "Anonymous:") maps[^1] = maps[^1] with { Anonymous = long.Parse(parts[1], CultureInfo.InvariantCulture) * 1024 };
            else if (!parts[0].EndsWith(':'))
            {
                string[] range = parts[0].Split('-');
                maps.Add((Hex(range[0]), Hex(range[1]), parts[1], parts.Length > 5 ? parts[5] : "", 0));
            }
        }

        long native = 0;
        for (int i = 0; i < maps.Count; i++)
        {
            bool isArena = maps[i].Name.Length == 0 && maps[i].Start % ArenaBytes == 0
                && (maps[i].End - maps[i].Start == ArenaBytes || (i + 1 < maps.Count && maps[i + 1] is { Access: "---p" } rest && rest.Start == maps[i].End && rest.End - maps[i].Start == ArenaBytes));
            if (isArena || maps[i].Name == "[heap]") native += maps[i].Anonymous;
        }

        return new ProcessMemory(maps.Sum(static map => map.Anonymous), native);

        static long Hex(string text) => long.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }
}
