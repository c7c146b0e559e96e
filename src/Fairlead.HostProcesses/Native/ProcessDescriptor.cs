using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Fairlead.HostProcesses.Native;

/// <summary>A pidfd: one process, never another one that got its number later.</summary>
public sealed class ProcessDescriptor : IDisposable
{
    const int ENOSYS = 38;

    readonly SafeFileHandle _pidfd;

    ProcessDescriptor(SafeFileHandle pidfd)
    {
        _pidfd = pidfd;
        Exited = ExitWatcher.WatchAsync(pidfd);
    }

    /// <summary>Completes when the process ended, reaped or not. Never faults; stays pending when this was disposed before.</summary>
    public Task Exited { get; }

    /// <summary>Opens the process that has this number now; null when there is none.</summary>
    public static ProcessDescriptor? Open(int pid)
    {
        SafeFileHandle pidfd = LibC.OpenPidfd(pid);
        if (!pidfd.IsInvalid) return new ProcessDescriptor(pidfd);
        int error = Marshal.GetLastPInvokeError();
        pidfd.Dispose();
        if (error == ENOSYS) throw new PlatformNotSupportedException("Local processes need a Linux kernel of 5.3 or later (pidfd_open).");
        return error == LibC.ESRCH ? null : throw NativeError.Of("pidfd_open", error);
    }

    /// <returns>False when this process may not be signalled: it changed its user. A process that has ended takes no harm: true.</returns>
    public bool Signal(int signal)
    {
        if (LibC.SendSignal(_pidfd, signal) == 0) return true;
        int error = Marshal.GetLastPInvokeError();
        return error switch
        {
            LibC.ESRCH => true,
            LibC.EPERM => false,
            _ => throw NativeError.Of("pidfd_send_signal", error),
        };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ExitWatcher.Forget(Exited);
        _pidfd.Dispose();
    }
}
