using Fairlead.Files.Native;
using Microsoft.Win32.SafeHandles;

namespace Fairlead.Files.Local;

/// <summary>
/// An open folder. Everything is done by one name in it and without following a link, so that a path which somebody changes meanwhile
/// cannot lead elsewhere. How that is done is the system's own: <see cref="UnixFolder"/>, <see cref="WindowsFolder"/>.
/// </summary>
abstract class LocalFolder : IDisposable
{
    /// <summary>Opens the folder that a user has named; links in that name are the user's own.</summary>
    /// <exception cref="PlatformNotSupportedException">This is neither Linux, macOS nor Windows.</exception>
    internal static LocalFolder Open(string path) =>
        OperatingSystem.IsLinux() || OperatingSystem.IsMacOS() ? UnixFolder.OpenNamed(path)
        : OperatingSystem.IsWindows() ? WindowsFolder.OpenNamed(path)
        : throw Elsewhere();

    /// <summary>Refuses a copy before anything is asked of a server.</summary>
    internal static void CheckSystem()
    {
        if (OperatingSystem.IsMacOS()) FolderProof.HoldsHere();
        else if (!OperatingSystem.IsLinux() && !OperatingSystem.IsWindows()) throw Elsewhere();
    }

    static PlatformNotSupportedException Elsewhere() => new(
        "files of this machine are copied on Linux, macOS and Windows only: elsewhere nothing keeps a link from leading out of the " +
        "destination");

    internal abstract LocalFolder OpenFolder(string name);

    /// <summary>Opens a folder that may be there already, and makes it otherwise.</summary>
    internal abstract LocalFolder OpenOrCreateFolder(string name, uint mode);

    /// <summary>Opens a file for reading. A pipe or a device that took its place is not waited for, and refused.</summary>
    /// <param name="name">Which.</param>
    /// <param name="isOurs">This copy made it, and may set its time and permissions by what is returned.</param>
    internal abstract SafeFileHandle OpenFile(string name, bool isOurs = false);

    /// <summary>Opens a file for reading and writing, made where it is not there, for its owner alone; emptied where it begins.</summary>
    internal abstract SafeFileHandle OpenOrCreateFile(string name, bool begins = false);

    /// <summary>Null where there is no such name.</summary>
    internal abstract LocalStatus? Status(string name);

    internal abstract LocalStatus Status();

    internal abstract string ReadLink(string name);

    internal abstract void CreateLink(string name, string target);

    /// <summary>Moves an entry; what was there before is replaced, a link itself rather than what it points to.</summary>
    internal abstract void MoveTo(string name, LocalFolder folder, string newName);

    internal abstract void SetMode(int mode);

    internal abstract void SetMode(SafeFileHandle handle, int mode);

    internal abstract void SetOwner(int user, int group);

    internal abstract void SetOwner(SafeFileHandle handle, int user, int group);

    internal abstract void SetModified(long seconds);

    internal abstract void SetModified(SafeFileHandle handle, long seconds);

    /// <summary>False where another process holds it.</summary>
    internal abstract bool TryLock();

    /// <summary>True where it belongs to whoever runs this process.</summary>
    internal abstract bool IsOwn { get; }

    /// <summary>The names in it, in order. The open folder is listed, whatever its path leads to by now.</summary>
    internal abstract IReadOnlyList<string> Names();

    /// <summary>Removes an entry with all below it; nothing happens where there is none.</summary>
    internal abstract void Remove(string name);

    /// <summary>The same for a folder that this process holds open and locked.</summary>
    /// <param name="name">Which.</param>
    /// <param name="held">What holds it; disposed first where the system removes nothing that is open.</param>
    internal abstract void RemoveLocked(string name, IDisposable held);

    /// <inheritdoc/>
    public abstract void Dispose();
}
