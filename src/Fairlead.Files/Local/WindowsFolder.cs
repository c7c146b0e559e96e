using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Security.AccessControl;
using System.Security.Principal;
using Fairlead.Files.Native;
using Microsoft.Win32.SafeHandles;

namespace Fairlead.Files.Local;

/// <summary>
/// A folder on Windows. It is held open without sharing its deletion, and while it is, Windows lets nobody move or replace it, nor any
/// folder that it is in: a path through it leads where it led when it was opened. What is opened by a path of one more name is opened
/// itself, be it a link, and a link is refused.
/// </summary>
[SupportedOSPlatform("windows")]
sealed class WindowsFolder : LocalFolder
{
    const string LockName = "lock";

    readonly string _path;
    readonly SafeFileHandle _handle;
    FileStream? _lock;

    WindowsFolder(string path, SafeFileHandle handle)
    {
        _path = path;
        _handle = handle;
    }

    /// <inheritdoc cref="LocalFolder.Open"/>
    internal static WindowsFolder OpenNamed(string path)
    {
        SafeFileHandle handle = OpenHandle(path, path, Kernel32.ListFolder, Kernel32.ShareReadWrite, Kernel32.OpenExisting,
            Kernel32.BackupSemantics);
        try
        {
            return new WindowsFolder(Kernel32.FinalPath(handle) ?? throw Fault(path, Marshal.GetLastPInvokeError()), handle);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    string PathOf(string name) => WindowsNames.Problem(name) is { } problem
        ? throw new LocalFaultException(name, Kernel32.InvalidName, problem)
        : Below(name);

    string Below(string name) => $@"{_path.TrimEnd('\\')}\{name}";

    internal override WindowsFolder OpenFolder(string name)
    {
        if (name == ".") return OpenNamed(_path);
        SafeFileHandle handle = OpenHandle(PathOf(name), name, Kernel32.ListFolder, Kernel32.ShareReadWrite, Kernel32.OpenExisting,
            Kernel32.BackupSemantics | Kernel32.LinkItself);
        return Checked(handle, name, isFolder: true) ? new WindowsFolder(PathOf(name), handle) : throw Fault(name, Kernel32.NotAFolder);
    }

    internal override WindowsFolder OpenOrCreateFolder(string name, uint mode)
    {
        Do(name, () => Directory.CreateDirectory(PathOf(name)));
        return OpenFolder(name);
    }

    internal override SafeFileHandle OpenFile(string name, bool isOurs = false)
    {
        SafeFileHandle handle = OpenHandle(PathOf(name), name, Kernel32.Read | (isOurs ? Kernel32.WriteAttributes : 0),
            Kernel32.ShareReadWrite | Kernel32.ShareDelete, Kernel32.OpenExisting, Kernel32.LinkItself);
        return Checked(handle, name, isFolder: false) ? handle : throw new LocalFaultException(name, 0, "it is no file any more");
    }

    internal override SafeFileHandle OpenOrCreateFile(string name, bool begins = false)
    {
        SafeFileHandle handle = OpenHandle(PathOf(name), name, Kernel32.Read | Kernel32.Write, Kernel32.ShareRead, Kernel32.OpenAlways,
            Kernel32.LinkItself);
        if (!Checked(handle, name, isFolder: false)) throw new LocalFaultException(name, 0, "it is no file any more");
        if (begins) RandomAccess.SetLength(handle, 0);
        return handle;
    }

    /// <summary>False, and closed, where it is of the other kind.</summary>
    /// <exception cref="CopyException">It is a link.</exception>
    static bool Checked(SafeFileHandle handle, string name, bool isFolder)
    {
        FileAttributes attributes = File.GetAttributes(handle);
        bool isLink = attributes.HasFlag(FileAttributes.ReparsePoint);
        if (!isLink && attributes.HasFlag(FileAttributes.Directory) == isFolder) return true;
        handle.Dispose();
        return !isLink ? false : throw new CopyException($"\"{name}\" is a symbolic link, which is not followed");
    }

    internal override LocalStatus? Status(string name)
    {
        if (!WindowsNames.IsText(name)) throw new LocalFaultException(name, Kernel32.InvalidName, "its name is no text, and has no bytes");
        return Do(name, () => WindowsStatus.Of(new FileInfo(Below(name))));
    }

    internal override LocalStatus Status() => WindowsStatus.Of(new FileInfo(_path)) ?? throw Fault(".", Kernel32.NotFound);

    internal override string ReadLink(string name) =>
        Do(name, () => new FileInfo(Below(name)).LinkTarget)?.Replace('\\', '/') ?? throw Fault(name, Kernel32.NotFound);

    internal override void CreateLink(string name, string target) =>
        throw new LocalFaultException(name, 0, "links are not made on Windows");

    internal override void MoveTo(string name, LocalFolder folder, string newName)
    {
        (string from, string to) = (PathOf(name), ((WindowsFolder)folder).PathOf(newName));
        Do(newName, () =>
        {
            if (Directory.Exists(from)) Directory.Move(from, to);
            else File.Move(from, to, overwrite: true);
        });
    }

    internal override void SetMode(int mode)
    {
        // a folder's access is what it inherits from the one that it is in
    }

    internal override void SetMode(SafeFileHandle handle, int mode)
    {
        // as for folders
    }

    internal override void SetOwner(int user, int group) => throw NoOwners();

    internal override void SetOwner(SafeFileHandle handle, int user, int group) => throw NoOwners();

    static CopyException NoOwners() => new("Windows has no numbers for owners: copy without --owner");

    internal override void SetModified(long seconds) => Do(".", () => Directory.SetLastWriteTimeUtc(_path, WindowsStatus.Date(seconds)));

    internal override void SetModified(SafeFileHandle handle, long seconds) =>
        Do("file", () => File.SetLastWriteTimeUtc(handle, WindowsStatus.Date(seconds)));

    internal override bool TryLock()
    {
        try
        {
            _lock = new FileStream(PathOf(LockName), new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.None,
                Options = FileOptions.DeleteOnClose,
                BufferSize = 0,
            });
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>By the user's own identity, or by the group that owns what administrators make.</summary>
    internal override bool IsOwn
    {
        get
        {
            IdentityReference? owner = new DirectoryInfo(_path).GetAccessControl(AccessControlSections.Owner)
                .GetOwner(typeof(SecurityIdentifier));
            using WindowsIdentity self = WindowsIdentity.GetCurrent();
            return owner is not null && (owner.Equals(self.User) || owner.Equals(self.Owner));
        }
    }

    internal override IReadOnlyList<string> Names()
    {
        EnumerationOptions all = new() { AttributesToSkip = 0, IgnoreInaccessible = false, MatchType = MatchType.Simple };
        List<string> names = Do(".", () => new List<string>(
            Directory.EnumerateFileSystemEntries(_path, "*", all).Select(static entry => Path.GetFileName(entry)!)));
        names.Sort(StringComparer.Ordinal);
        return names;
    }

    internal override void Remove(string name)
    {
        string path = PathOf(name);
        FileInfo entry = new(path);
        if ((int)entry.Attributes == -1) return;
        bool isFolder = entry.Attributes.HasFlag(FileAttributes.Directory);
        if (isFolder && !entry.Attributes.HasFlag(FileAttributes.ReparsePoint))
        {
            using WindowsFolder folder = OpenFolder(name);
            foreach (string inner in folder.Names()) folder.Remove(inner);
        }

        Do(name, () =>
        {
            if (entry.Attributes.HasFlag(FileAttributes.ReadOnly)) entry.Attributes &= ~FileAttributes.ReadOnly;
            if (isFolder) Directory.Delete(path, recursive: false); // of a link the link itself
            else File.Delete(path);
        });
    }

    internal override void RemoveLocked(string name, IDisposable held)
    {
        held.Dispose();
        try
        {
            Remove(name);
        }
        catch (LocalFaultException e) when (e.Error == Kernel32.InUse)
        {
            // the next copy has it already, and removes it at its own end
        }
    }

    static SafeFileHandle OpenHandle(string path, string name, uint access, uint share, uint disposition, uint flags)
    {
        nint handle = Kernel32.CreateFile(path, access, share, 0, disposition, flags, 0);
        return handle != -1 ? new SafeFileHandle(handle, ownsHandle: true) : throw Fault(name, Marshal.GetLastPInvokeError());
    }

    static void Do(string name, Action action) => Do(name, () =>
    {
        action();
        return true;
    });

    static T Do<T>(string name, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception e) when (e is (IOException and not FairleadException and not LocalFaultException) or UnauthorizedAccessException)
        {
            throw Fault(name, e.HResult & 0xFFFF);
        }
    }

    static LocalFaultException Fault(string name, int error) => new(name, error,
        error is Kernel32.NotFound or Kernel32.NoSuchPath ? "No such file or directory" : new Win32Exception(error).Message);

    public override void Dispose()
    {
        _lock?.Dispose();
        _handle.Dispose();
    }
}
