using System.Globalization;
using System.Security.Cryptography;
using Fairlead.Containerd.Native;

namespace Fairlead.Containerd.Tasks;

/// <summary>
/// One folder for each native command, made before it and deleted after it: what a crash leaves behind is found by these. Those of one
/// process lie together beside a lock that goes with the process.
/// </summary>
sealed class ExecFolders : IDisposable
{
    const string Prefix = "fairlead-", LockName = "lock";
    readonly string _root, _own, _name;
    readonly FileStream _lock;
    long _last;

    /// <param name="stateFolder">Where this and other runtimes' folders are.</param>
    /// <param name="socket">The runtime's socket: commands of other runtimes are none of ours.</param>
    /// <exception cref="IOException">It is somebody else's, or others may write there: what is done in it is done with this process's
    /// rights.</exception>
    public ExecFolders(string stateFolder, UnixSocketAddress socket)
    {
        TrustedFolder.Require(stateFolder, mayBeShared: false);
        _root = Path.Combine(stateFolder, "exec-" + socket.ShortHash);
        _name = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6));
        _own = Path.Combine(_root, _name);
        TrustedFolder.Require(_root, mayBeShared: false);
        TrustedFolder.Require(_own, mayBeShared: false);
        _lock = Take(_own) ?? throw new IOException($"{_own} is locked");
    }

    /// <summary>Makes the folder of a command that is about to be started.</summary>
    public ExecFolder Create(string containerId)
    {
        string execId = string.Create(CultureInfo.InvariantCulture, $"{Prefix}{_name}-{Interlocked.Increment(ref _last)}");
        ExecFolder folder = new(Path.Combine(_own, execId), new ExecReference(containerId, execId));
        folder.Make();
        return folder;
    }

    /// <summary>Takes over a command of a process that is gone: its folder is among this one's from here on.</summary>
    public ExecFolder Adopt(ExecFolder abandoned) => abandoned.MoveTo(_own);

    /// <summary>The folders of processes that are gone, each with its lock, which the caller disposes when it has dealt with it.</summary>
    public IEnumerable<(string Path, FileStream Lock)> Abandoned()
    {
        foreach (string path in Directory.EnumerateDirectories(_root).Where(path => path != _own && TrustedFolder.IsOwn(path)))
        {
            if (Take(path) is { } taken) yield return (path, taken);
        }
    }

    /// <summary>The commands that a folder of <see cref="Abandoned"/> tells of.</summary>
    public static IEnumerable<ExecFolder> In(string path) =>
        Directory.EnumerateDirectories(path).Where(TrustedFolder.IsOwn).Select(ExecFolder.Read).OfType<ExecFolder>();

    static FileStream? Take(string folder)
    {
        string path = Path.Combine(folder, LockName);
        if (FileFacts.Read(path, followLink: false) is { IsFile: false }) return null; // what is a link is not ours
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return null; // its process lives, or another one has just dealt with it
        }
    }

    public void Dispose()
    {
        _lock.Dispose();
        if (!Directory.EnumerateDirectories(_own).Any()) Directory.Delete(_own, recursive: true);
    }
}
