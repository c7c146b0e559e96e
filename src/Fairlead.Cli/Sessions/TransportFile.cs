using System.Globalization;
using Fairlead.Server.Hosting;

namespace Fairlead.Cli.Sessions;

/// <summary>
/// Which transport worked with which server, in a small file of the user's cache folder, so that a second command does not try in vain
/// first. A cache: what cannot be read or written is as if nothing were known.
/// </summary>
/// <remarks>A line an entry: server, transport, and until when in seconds since 1970.</remarks>
sealed class TransportFile : ITransportMemory
{
    const int MostEntries = 100;

    readonly string _path = Path.Combine(CacheFolder(), "fairlead", "transports");

    public Transport Recall(Uri server) => Entries()
        .FirstOrDefault(entry => entry.Server == server.AbsoluteUri) is { Server: not null } entry ? entry.Transport : Transport.Auto;

    public void Remember(Uri server, Transport transport)
    {
        List<Entry> entries = [.. Entries().Where(entry => entry.Server != server.AbsoluteUri).TakeLast(MostEntries - 1)];
        if (transport != Transport.Auto)
            entries.Add(new Entry(server.AbsoluteUri, transport, DateTimeOffset.UtcNow + TransportMemory.Lifetime));
        string part = $"{_path}.{Environment.ProcessId}";
        try
        {
            OwnerOnlyFolder.Make(Path.GetDirectoryName(_path)!);
            File.WriteAllLines(
                part,
                entries.Select(
                entry =>
                string.Create(CultureInfo.InvariantCulture, $"{entry.Server} {entry.Transport} {entry.Until.ToUnixTimeSeconds()}")));
            File.Move(part, _path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // a cache that cannot be written costs the next command one request
        }
    }

    IEnumerable<Entry> Entries()
    {
        string[] lines;
        try
        {
            lines = File.ReadAllLines(_path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            yield break; // nothing is known
        }

        foreach (string line in lines)
        {
            if (line.Split(' ') is [var server, var transport, var until]
                && Enum.TryParse(transport, out Transport known)
                && long.TryParse(until, NumberStyles.None, CultureInfo.InvariantCulture, out long seconds)
                && DateTimeOffset.UtcNow.ToUnixTimeSeconds() < seconds)
                yield return new Entry(server, known, DateTimeOffset.FromUnixTimeSeconds(seconds));
        }
    }

    static string CacheFolder() => Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } folder
        ? folder
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");

    readonly record struct Entry(string Server, Transport Transport, DateTimeOffset Until);
}
