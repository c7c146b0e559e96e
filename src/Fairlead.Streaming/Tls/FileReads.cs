using System.Security.Cryptography;

namespace Fairlead.Streaming.Tls;

/// <summary>Reads files, and remembers which and what was in them, so that a change is seen.</summary>
/// <remarks>
/// What is remembered is a hash of the content: a file may be replaced by another of the same time and size, behind any number of symbolic
/// links, and keys are not kept. Not for concurrent use.
/// </remarks>
public sealed class FileReads
{
    /// <summary>More than this is no certificate, list of users or kubeconfig.</summary>
    public const int LargestFile = 16 * 1024 * 1024;

    /// <summary>How often files are looked at. A change is in force after two looks.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    readonly Dictionary<string, string> _seen = new(StringComparer.Ordinal);
    readonly bool _again;

    /// <summary>Creates one that has read nothing yet.</summary>
    public FileReads()
    {
    }

    FileReads(bool again) => _again = again;

    /// <summary>Reads a file whole.</summary>
    /// <exception cref="InvalidDataException">It cannot be read, or is too large. The message begins with the path.</exception>
    public byte[] Read(string path)
    {
        try
        {
            long length = new FileInfo(path).Length;
            if (length > LargestFile) throw new IOException("it is too large");
            if (length == 0 && _again) throw new IOException("it is empty"); // not opened: a pipe that was read once would be waited for
            byte[] content = File.ReadAllBytes(path);
            _seen[path] = Convert.ToHexString(SHA256.HashData(content));
            return content;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _seen[path] = "failed: " + e.Message;
            throw new InvalidDataException($"{path} cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Forgets what was read so far: changes of it are not looked for.</summary>
    public void Forget() => _seen.Clear();

    /// <summary>For reading anew.</summary>
    internal static FileReads Anew() => new(again: true);

    /// <summary>The same files as they are now.</summary>
    internal FileReads Look()
    {
        FileReads now = Anew();
        foreach (string path in _seen.Keys)
        {
            try
            {
                now.Read(path);
            }
            catch (InvalidDataException)
            {
                // remembered as what it is
            }
        }

        return now;
    }

    /// <summary>Adds what another has read and this one has not.</summary>
    internal void Add(FileReads other)
    {
        foreach ((string path, string mark) in other._seen) _seen.TryAdd(path, mark);
    }

    /// <summary>True where both have seen the same in the same files.</summary>
    internal bool Equal(FileReads other) =>
        _seen.Count == other._seen.Count && _seen.All(seen => other._seen.TryGetValue(seen.Key, out string? mark) && mark == seen.Value);
}
