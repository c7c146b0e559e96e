using System.ComponentModel;
using System.Runtime.InteropServices;
using Fairlead.Containerd.Native;
using Fairlead.Node.Native;

namespace Fairlead.Node.Host;

/// <summary>The folder that a machine's files are below: <c>/</c>, or where that machine's root is mounted.</summary>
/// <remarks>What is written in files stays as the machine itself sees it; only the look at a file goes through here.</remarks>
public sealed record HostRoot
{
    /// <summary>As many as Linux follows.</summary>
    const int MostLinks = 40;

    /// <summary>This machine's own root.</summary>
    public static HostRoot Own { get; } = new("/");

    /// <summary>Names one.</summary>
    /// <param name="folder">The folder; one that is relative is below the present one.</param>
    public HostRoot(string folder) => Folder = Path.GetFullPath(folder);

    /// <summary>The folder, absolute.</summary>
    public string Folder { get; }

    /// <summary>It is this machine's own root.</summary>
    public bool IsOwn => Folder == "/";

    /// <summary>Where a file of the machine is found.</summary>
    /// <param name="path">The path as the machine sees it, absolute.</param>
    /// <exception cref="InvalidDataException">It is not absolute, or leads out of the root.</exception>
    public string PathOf(string path)
    {
        if (!path.StartsWith('/')) throw new InvalidDataException($"{path}: the path of a file has to begin with /");
        return Path.GetFullPath(path) == path
            ? Path.Join(Folder, path)
            : throw new InvalidDataException($"{path}: write the path without //, . and .., and without / at its end");
    }

    /// <summary>
    /// Where a file of the machine is found once links are followed as the machine itself follows them: an absolute one stays below the
    /// root.
    /// </summary>
    /// <param name="path">The path as the machine sees it, absolute.</param>
    /// <exception cref="InvalidDataException">It is not absolute, or goes from link to link.</exception>
    public string Find(string path)
    {
        string full = PathOf(path);
        if (IsOwn) return full;
        Stack<string> ahead = new(path.Split('/').Reverse());
        string at = "/";
        for (int links = 0; ahead.TryPop(out string? name);)
        {
            if (name is "" or ".") continue;
            string next = name == ".." ? Path.GetDirectoryName(at) ?? "/" : Path.Join(at, name);
            if (new FileInfo(Path.Join(Folder, next)).LinkTarget is not { } target)
            {
                at = next;
                continue;
            }

            if (++links > MostLinks) throw new InvalidDataException($"{path}: it goes from link to link");
            if (target.StartsWith('/')) at = "/";
            foreach (string part in target.Split('/').Reverse()) ahead.Push(part);
        }

        return Path.Join(Folder, at);
    }

    /// <summary>
    /// There is a file, or a link to one: where a link leads is the machine's own business, and may not be seen from outside it.
    /// </summary>
    /// <param name="path">The path as the machine sees it.</param>
    public bool HasFile(string path) => new FileInfo(PathIn(path)) is var file && (file.Exists || file.LinkTarget is not null);

    /// <summary>Links of its folder are followed, but not one that it is itself.</summary>
    string PathIn(string path) => PathOf(path) is var full && IsOwn
        ? full
        : Path.Join(Find(Path.GetDirectoryName(path)!), Path.GetFileName(path));

    /// <summary>Reads a whole text file.</summary>
    /// <param name="path">The path as the machine sees it.</param>
    /// <exception cref="InvalidDataException">It cannot be read. The message names it as the machine does.</exception>
    public string ReadText(string path)
    {
        try
        {
            return File.ReadAllText(Find(path));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InvalidDataException($"{path}: there is no such file", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException($"{path}: it cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Reads a whole file.</summary>
    /// <param name="path">The path as the machine sees it.</param>
    /// <returns>Null where there is none.</returns>
    /// <exception cref="InvalidDataException">It cannot be read.</exception>
    public byte[]? ReadBytes(string path)
    {
        try
        {
            return File.ReadAllBytes(Find(path));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException($"{path}: it cannot be read: {e.Message}", e);
        }
    }

    /// <summary>
    /// Writes a file whole or not at all. One that is there keeps its owner and mode; a new one is readable by everybody, or by its owner
    /// alone.
    /// </summary>
    /// <param name="path">The path as the machine sees it. Folders that are missing are made.</param>
    /// <param name="content">What it holds afterwards.</param>
    /// <param name="ownerOnly">A new one is its owner's alone, and so are folders that are made for it.</param>
    public void Write(string path, byte[] content, bool ownerOnly = false)
    {
        string full = PathIn(path);
        if (new FileInfo(full).LinkTarget is not null) throw new IOException($"{path}: it is a link, which is not followed");
        const UnixFileMode own = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        const UnixFileMode everybody = own | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
        string folder = Path.GetDirectoryName(full)!;
        if (ownerOnly) Directory.CreateDirectory(folder, own | UnixFileMode.UserExecute);
        else Directory.CreateDirectory(folder);
        string part = $"{full}.{Environment.ProcessId}.part";
        try
        {
            File.Delete(part);
            using (FileStream file = new(part, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = own
            }))
            {
                file.Write(content);
                file.Flush(flushToDisk: true);
            }

            FileFacts? former = FileFacts.Read(full, followLink: false);
            if (ownerOnly) former = null; // whosever it was, it is this user's alone now
            if (former is { User: var user, Group: var group } && LibC.chown(part, user, group) != 0)
                throw new IOException($"{path}: its owner cannot be kept: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
            File.SetUnixFileMode(part, former is { Mode: var mode } ? mode : ownerOnly ? own : everybody);
            File.Move(part, full, overwrite: true);
        }
        finally
        {
            File.Delete(part);
        }
    }

    /// <summary>Removes a file; one that is gone is no fault.</summary>
    /// <param name="path">The path as the machine sees it.</param>
    public void Delete(string path)
    {
        string full = PathIn(path);
        if (HasFile(path)) File.Delete(full);
    }
}
