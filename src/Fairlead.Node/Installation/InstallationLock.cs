using System.ComponentModel;
using System.Runtime.InteropServices;
using Fairlead.Node.Host;
using Fairlead.Node.Native;
using Microsoft.Win32.SafeHandles;

namespace Fairlead.Node.Installation;

/// <summary>Only one at a time changes a machine: the holder of this, until it is disposed of or its process ends.</summary>
public sealed class InstallationLock : IDisposable
{
    const string Path = "/run/fairlead/node-installation.lock";
    const uint OwnersAlone = 0x180; // 0600

    readonly SafeFileHandle _file;

    InstallationLock(SafeFileHandle file) => _file = file;

    /// <summary>Waits until nobody else has it, and takes it.</summary>
    /// <param name="root">The machine.</param>
    /// <exception cref="IOException">It cannot be taken.</exception>
    public static Task<InstallationLock> TakeAsync(HostRoot root)
    {
        ArgumentNullException.ThrowIfNull(root);
        return Task.Factory.StartNew(() => Take(root), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    static InstallationLock Take(HostRoot root)
    {
        string path = root.PathOf(Path);
        Directory.CreateDirectory(
            System.IO.Path.GetDirectoryName(path)!, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        // Not by File, which takes a lock of its own on whatever it opens, and does not wait for it.
        SafeFileHandle file = LibC.open(path, LibC.O_RDWR | LibC.O_CREAT | LibC.O_CLOEXEC, OwnersAlone);
        while (file.IsInvalid || LibC.flock(file, LibC.LOCK_EX) != 0)
        {
            int error = Marshal.GetLastPInvokeError();
            if (!file.IsInvalid && error == LibC.EINTR) continue;
            file.Dispose();
            throw new IOException($"{Path}: {new Win32Exception(error).Message}");
        }

        return new InstallationLock(file);
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
