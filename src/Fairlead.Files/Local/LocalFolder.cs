using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Fairlead.Files.Trees;
using Fairlead.Files.Native;
using Microsoft.Win32.SafeHandles;

namespace Fairlead.Files.Local;

/// <summary>
/// An open folder. Everything is done by one name in it and without following a link, so that a path which somebody changes meanwhile
/// cannot lead elsewhere.
/// </summary>
[SupportedOSPlatform("linux")]
sealed class LocalFolder : IDisposable
{
    const int LongestTarget = 4096;

    static readonly long s_latest = DateTimeOffset.MaxValue.ToUnixTimeSeconds();

    readonly SafeFileHandle _handle;

    LocalFolder(SafeFileHandle handle) => _handle = handle;

    int Descriptor => (int)_handle.DangerousGetHandle(); // the folder outlives every call on it: one owner, one thread

    /// <summary>Opens the folder that a user has named; links in that name are the user's own.</summary>
    internal static LocalFolder Open(string path) => new(OpenAt(LibC.AT_FDCWD, path, LibC.O_RDONLY | LibC.O_DIRECTORY, path));

    internal LocalFolder OpenFolder(string name)
    {
        try
        {
            return new(OpenAt(Descriptor, name, LibC.O_RDONLY | LibC.O_DIRECTORY | LibC.O_NOFOLLOW, name));
        }
        catch (LocalFaultException) when (Status(name) is { } status && TreeEntry.KindOf(status.Mode) == EntryKind.Link)
        {
            throw Fault(name, LibC.ELOOP); // the kernel says only that it is no folder
        }
    }

    /// <summary>Opens a folder that may be there already, and makes it otherwise.</summary>
    internal LocalFolder OpenOrCreateFolder(string name, uint mode)
    {
        if (LibC.mkdirat(Descriptor, name, mode) != 0 && Marshal.GetLastPInvokeError() is var error && error != LibC.EEXIST)
            throw Fault(name, error);
        return OpenFolder(name);
    }

    /// <summary>Opens a file for reading. A pipe or a device that took its place is not waited for, and refused.</summary>
    internal SafeFileHandle OpenFile(string name)
    {
        SafeFileHandle handle = OpenAt(Descriptor, name, LibC.O_RDONLY | LibC.O_NOFOLLOW | LibC.O_NONBLOCK, name);
        if (LocalStatus.Of((int)handle.DangerousGetHandle(), "") is { } status && TreeEntry.KindOf(status.Mode) == EntryKind.File)
            return handle;
        handle.Dispose();
        throw new LocalFaultException(name, 0, "it is no file any more");
    }

    /// <summary>Opens a file for reading and writing, made where it is not there, for its owner alone; emptied where it begins.</summary>
    internal SafeFileHandle OpenOrCreateFile(string name, bool begins = false) => OpenAt(Descriptor, name,
        LibC.O_RDWR | LibC.O_CREAT | LibC.O_NOFOLLOW | LibC.O_NONBLOCK | (begins ? LibC.O_TRUNC : 0), name, 0x180 /* 0600 */);

    internal LocalStatus? Status(string name) => LocalStatus.Of(Descriptor, name);

    internal LocalStatus Status() => LocalStatus.Of(Descriptor, "")!.Value;

    internal unsafe string ReadLink(string name)
    {
        byte* target = stackalloc byte[LongestTarget];
        nint length = LibC.readlinkat(Descriptor, name, target, LongestTarget);
        return length >= 0 ? NameBytes.Decode(new ReadOnlySpan<byte>(target, (int)length)) : throw Fault(
            name, Marshal.GetLastPInvokeError());
    }

    internal void CreateLink(string name, string target) => Check(LibC.symlinkat(target, Descriptor, name), name);

    /// <summary>Moves an entry; what was there before is replaced, a link itself rather than what it points to.</summary>
    internal void MoveTo(string name, LocalFolder folder, string newName) =>
        Check(LibC.renameat(Descriptor, name, folder.Descriptor, newName), newName);

    internal void SetMode(int mode) => Check(LibC.fchmod(Descriptor, (uint)mode), "folder");

    internal void SetOwner(int user, int group) => Check(LibC.fchown(Descriptor, user, group), "folder");

    internal void SetModified(long seconds) => SetModified(_handle, seconds);

    /// <summary>A time that .NET has no date for becomes the latest one that it has.</summary>
    internal static unsafe void SetModified(SafeFileHandle handle, long seconds)
    {
        long* times = stackalloc long[] { 0, LibC.UTIME_OMIT, Math.Min(seconds, s_latest), 0 };
        Check(LibC.futimens((int)handle.DangerousGetHandle(), times), "file");
    }

    internal static void SetMode(SafeFileHandle handle, int mode) =>
        Check(LibC.fchmod((int)handle.DangerousGetHandle(), (uint)mode), "file");

    /// <summary>False where another process holds it.</summary>
    internal bool TryLock() => LibC.flock(Descriptor, LibC.LockWithoutWaiting) == 0;

    internal static bool IsOwn(LocalStatus status) => (uint)status.UserId == LibC.geteuid();

    /// <summary>The names in it, in order. The open folder is listed, whatever its path leads to by now.</summary>
    internal unsafe IReadOnlyList<string> Names()
    {
        SafeFileHandle own = OpenAt(Descriptor, ".", LibC.O_RDONLY | LibC.O_DIRECTORY, "."); // a place of its own in the listing
        nint listing = LibC.fdopendir((int)own.DangerousGetHandle());
        if (listing == 0)
        {
            int error = Marshal.GetLastPInvokeError();
            own.Dispose();
            throw Fault(".", error);
        }

        own.SetHandleAsInvalid(); // closed with the listing
        try
        {
            List<string> names = [];
            while (true)
            {
                byte* entry = LibC.readdir(listing);
                if (entry is null) break;
                string name = NameBytes.Decode(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(entry + LibC.NameOffset));
                if (name is not ("." or "..")) names.Add(name);
            }

            if (Marshal.GetLastPInvokeError() is var error and not 0) throw Fault(".", error);
            names.Sort(StringComparer.Ordinal);
            return names;
        }
        finally
        {
            _ = LibC.closedir(listing);
        }
    }

    /// <summary>Removes an entry with all below it; nothing happens where there is none.</summary>
    internal void Remove(string name)
    {
        if (Status(name) is not { } status) return;
        bool isFolder = TreeEntry.KindOf(status.Mode) == EntryKind.Folder;
        if (isFolder)
        {
            using LocalFolder folder = OpenFolder(name);
            foreach (string inner in folder.Names()) folder.Remove(inner);
        }

        Check(LibC.unlinkat(Descriptor, name, isFolder ? LibC.AT_REMOVEDIR : 0), name);
    }

    static SafeFileHandle OpenAt(int folder, string path, int flags, string name, uint mode = 0)
    {
        while (true)
        {
            int descriptor = LibC.openat(folder, path, flags | LibC.O_CLOEXEC, mode);
            if (descriptor >= 0) return new SafeFileHandle(descriptor, ownsHandle: true);
            if (Marshal.GetLastPInvokeError() is var error && error != LibC.EINTR) throw Fault(name, error);
        }
    }

    static void Check(int result, string name)
    {
        if (result != 0) throw Fault(name, Marshal.GetLastPInvokeError());
    }

    /// <summary>A link where there was none ends a copy: somebody has put it there. All else is told of the one name.</summary>
    static IOException Fault(string name, int error) =>
        error == LibC.ELOOP ? new CopyException($"\"{name}\" is a symbolic link, which is not followed") : new LocalFaultException(
            name, error);

    public void Dispose() => _handle.Dispose();
}
