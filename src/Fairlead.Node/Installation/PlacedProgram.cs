using System.Security.Cryptography;
using Fairlead.Node.Host;

namespace Fairlead.Node.Installation;

/// <summary>The command on a machine, put there from somewhere else: whole or not at all, and only where it runs there.</summary>
/// <remarks>Who puts one there holds <see cref="InstallationLock"/>.</remarks>
/// <param name="root">The machine.</param>
/// <param name="path">Where it is to be, as the machine sees it.</param>
public sealed class PlacedProgram(HostRoot root, string path)
{
    const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    (string Hash, long Length, DateTime Written)? _known;

    /// <summary>What a file holds.</summary>
    /// <param name="file">Its path here.</param>
    /// <returns>The SHA-256, in hexadecimal digits; null where there is no such file.</returns>
    static string? HashOf(string file)
    {
        if (!File.Exists(file)) return null;
        using FileStream content = File.OpenRead(file);
        return Convert.ToHexStringLower(SHA256.HashData(content));
    }

    /// <summary>
    /// Puts it there, unless it is there. One that is there and runs goes on: its file is replaced, not written to.
    /// </summary>
    /// <param name="source">Where it is now, as this process sees it.</param>
    /// <param name="tryOut">Runs it on the machine, by the path that it is given; throws where it does not run.</param>
    /// <returns>Its SHA-256, in hexadecimal digits.</returns>
    /// <exception cref="IOException">It cannot be copied.</exception>
    public async Task<string> PlaceAsync(string source, Func<string, Task> tryOut)
    {
        ArgumentNullException.ThrowIfNull(tryOut);
        FileInfo file = new(root.Find(path));
        if (_known is { } known && file.Exists && (known.Length, known.Written) == (file.Length, file.LastWriteTimeUtc)) return known.Hash;
        string hash = HashOf(source) ?? throw new IOException($"{source}: there is no such file");
        string full = file.FullName;
        if (HashOf(full) != hash) await CopyAsync(source, full, tryOut);
        file.Refresh();
        _known = (hash, file.Length, file.LastWriteTimeUtc);
        return hash;
    }

    async Task CopyAsync(string source, string full, Func<string, Task> tryOut)
    {
        string part = path + ".part", fullPart = root.Find(part);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        try
        {
            File.Delete(fullPart);
            await using (FileStream from = File.OpenRead(source), to = new(fullPart, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = Mode,
            }))
            {
                await from.CopyToAsync(to);
                to.Flush(flushToDisk: true);
            }

            File.SetUnixFileMode(fullPart, Mode);
            await tryOut(part);
            File.Move(fullPart, full, overwrite: true);
        }
        finally
        {
            File.Delete(fullPart);
        }
    }
}
