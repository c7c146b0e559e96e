using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Fairlead.Files.Trees;
using Fairlead.Files.Native;
using Microsoft.Win32.SafeHandles;

namespace Fairlead.Files.Local;

/// <summary>A folder on Linux or macOS: the kernel is handed the open folder and one name, and told not to follow a link.</summary>
[SupportedOSPlatform("linux"), SupportedOSPlatform("macos")]
sealed class UnixFolder : LocalFolder
{
    const int LongestTarget = 4096, LongestPath = 64 * 1024;

    const uint OwnerOnly = 0x180; // 0600

    static readonly long s_latest = DateTimeOffset.MaxValue.ToUnixTimeSeconds();

    readonly SafeFileHandle _handle;

    UnixFolder(SafeFileHandle handle) => _handle = handle;

    int Descriptor => (int)_handle.DangerousGetHandle(); // the folder outlives every call on it: one owner, one thread

    /// <inheritdoc cref="LocalFolder.Open"/>
    internal static UnixFolder OpenNamed(string path) => new(OpenAt(LibC.AT_FDCWD, path, LibC.O_RDONLY | LibC.O_DIRECTORY, path));

    /// <summary>The folder in which this process works, as bytes.</summary>
    internal static unsafe string Working()
    {
        byte* path = stackalloc byte[LongestPath];
        if (LibC.getcwd(path, LongestPath) is null)
            throw new CopyException($"the working directory here: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
        return NameBytes.Decode(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(path));
    }

    /// <summary>What the link says that a user has named; null where there is no link.</summary>
    internal static string? LinkAt(string path) =>
        LocalStatus.Of(LibC.AT_FDCWD, path) is { } status && TreeEntry.KindOf(status.Mode) == EntryKind.Link
            ? ReadLink(LibC.AT_FDCWD, path)
            : null;

    internal override UnixFolder OpenFolder(string name)
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

    internal override UnixFolder OpenOrCreateFolder(string name, uint mode)
    {
        if (LibC.mkdirat(Descriptor, name, mode) != 0 && Marshal.GetLastPInvokeError() is var error && error != LibC.EEXIST)
            throw Fault(name, error);
        return OpenFolder(name);
    }

    internal override SafeFileHandle OpenFile(string name, bool isOurs = false)
    {
        SafeFileHandle handle = OpenAt(Descriptor, name, LibC.O_RDONLY | LibC.O_NOFOLLOW | LibC.O_NONBLOCK, name);
        if (LocalStatus.Of((int)handle.DangerousGetHandle(), "") is { } status && TreeEntry.KindOf(status.Mode) == EntryKind.File)
            return handle;
        handle.Dispose();
        throw new LocalFaultException(name, 0, "it is no file any more");
    }

    internal override SafeFileHandle OpenOrCreateFile(string name, bool begins = false) => OpenAt(Descriptor, name,
        LibC.O_RDWR | LibC.O_CREAT | LibC.O_NOFOLLOW | LibC.O_NONBLOCK | (begins ? LibC.O_TRUNC : 0), name, OwnerOnly);

    internal override LocalStatus? Status(string name) => LocalStatus.Of(Descriptor, name);

    internal override LocalStatus Status() => LocalStatus.Of(Descriptor, "")!.Value;

    internal override string ReadLink(string name) => ReadLink(Descriptor, name);

    static unsafe string ReadLink(int folder, string name)
    {
        byte* target = stackalloc byte[LongestTarget];
        nint length = LibC.readlinkat(folder, name, target, LongestTarget);
        return length >= 0 ? NameBytes.Decode(new ReadOnlySpan<byte>(target, (int)length)) : throw Fault(
            name, Marshal.GetLastPInvokeError());
    }

    internal override void CreateLink(string name, string target) => Check(LibC.symlinkat(target, Descriptor, name), name);

    internal override void MoveTo(string name, LocalFolder folder, string newName) =>
        Check(LibC.renameat(Descriptor, name, ((UnixFolder)folder).Descriptor, newName), newName);

    internal override void SetMode(int mode) => Check(LibC.fchmod(Descriptor, (uint)mode), "folder");

    internal override void SetOwner(int user, int group) => Check(LibC.fchown(Descriptor, user, group), "folder");

    internal override void SetModified(long seconds) => SetFileModified(_handle, seconds);

    internal override void SetModified(SafeFileHandle handle, long seconds) => SetFileModified(handle, seconds);

    /// <summary>A time that .NET has no date for becomes the latest one that it has.</summary>
    static unsafe void SetFileModified(SafeFileHandle handle, long seconds)
    {
        long* times = stackalloc long[] { 0, LibC.UTIME_OMIT, Math.Min(seconds, s_latest), 0 };
        Check(LibC.futimens((int)handle.DangerousGetHandle(), times), "file");
    }

    internal override void SetMode(SafeFileHandle handle, int mode) =>
        Check(LibC.fchmod((int)handle.DangerousGetHandle(), (uint)mode), "file");

    internal override void SetOwner(SafeFileHandle handle, int user, int group) =>
        Check(LibC.fchown((int)handle.DangerousGetHandle(), user, group), "file");

    internal override bool TryLock() => LibC.flock(Descriptor, LibC.LockWithoutWaiting) == 0;

    internal override bool IsOwn => (uint)Status().UserId == LibC.geteuid();

    internal override unsafe IReadOnlyList<string> Names()
    {
        SafeFileHandle own = OpenAt(Descriptor, ".", LibC.O_RDONLY | LibC.O_DIRECTORY, "."); // a place of its own in the listing
        nint listing = LibC.OpenListing((int)own.DangerousGetHandle());
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
                byte* entry = LibC.ReadListing(listing);
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

    internal override void Remove(string name)
    {
        if (Status(name) is not { } status) return;
        bool isFolder = TreeEntry.KindOf(status.Mode) == EntryKind.Folder;
        if (isFolder)
        {
            using UnixFolder folder = OpenFolder(name);
            foreach (string inner in folder.Names()) folder.Remove(inner);
        }

        Check(LibC.unlinkat(Descriptor, name, isFolder ? LibC.AT_REMOVEDIR : 0), name);
    }

    /// <summary>The lock is held until it is gone: the next copy that wants it makes a folder of its own.</summary>
    internal override void RemoveLocked(string name, IDisposable held) => Remove(name);

    static SafeFileHandle OpenAt(int folder, string path, int flags, string name, uint mode = 0)
    {
        while (true)
        {
            int descriptor = LibC.OpenAt(folder, path, flags | LibC.O_CLOEXEC, mode);
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

    public override void Dispose() => _handle.Dispose();
}
