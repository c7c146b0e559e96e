using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Fairlead.HostProcesses.Native;

/// <summary>The C library's functions as Linux on 64 bits has them. Constants are the kernel's, the same on x86-64 and arm64.</summary>
static unsafe partial class LibC
{
    internal const int O_RDONLY = 0, O_WRONLY = 1, O_RDWR = 2, O_NOCTTY = 0x100, O_CLOEXEC = 0x80000;
    internal const int F_DUPFD_CLOEXEC = 1030, F_SETPIPE_SZ = 1031;
    internal const short POSIX_SPAWN_SETSIGDEF = 0x04, POSIX_SPAWN_SETSIGMASK = 0x08, POSIX_SPAWN_SETSID = 0x80;
    internal const uint TCGETS = 0x5401, TIOCSWINSZ = 0x5414, FIONREAD = 0x541B;
    internal const int P_PID = 1, WNOHANG = 1, WEXITED = 4, WNOWAIT = 0x01000000;
    internal const int EPERM = 1, ENOENT = 2, ESRCH = 3, EINTR = 4, ENOEXEC = 8, ECHILD = 10, EACCES = 13, ENOTDIR = 20, ENFILE = 23,
        EMFILE = 24, ELOOP = 40;
    internal const int SIGHUP = 1, SIGINT = 2, SIGKILL = 9, SIGTERM = 15, SIGCONT = 18;
    internal const int EPOLL_CLOEXEC = 0x80000, EPOLL_CTL_ADD = 1;
    internal const uint EPOLLIN = 1, EPOLLONESHOT = 1u << 30;
    internal const int X_OK = 1, AT_FDCWD = -100, AT_EMPTY_PATH = 0x1000;
    internal const uint STATX_BASIC_STATS = 0x7ff;
    const nint PidfdSendSignal = 424, PidfdOpen = 434;

    [LibraryImport("libc")]
    internal static partial int posix_spawn(
        out int pid, byte* path, void* fileActions, void* attributes, byte** arguments, byte** environment);

    [LibraryImport("libc")] internal static partial int posix_spawnattr_init(void* attributes);
    [LibraryImport("libc")] internal static partial int posix_spawnattr_destroy(void* attributes);
    [LibraryImport("libc")] internal static partial int posix_spawnattr_setflags(void* attributes, short flags);
    [LibraryImport("libc")] internal static partial int posix_spawnattr_setsigdefault(void* attributes, void* signals);
    [LibraryImport("libc")] internal static partial int posix_spawnattr_setsigmask(void* attributes, void* signals);
    [LibraryImport("libc")] internal static partial int posix_spawn_file_actions_init(void* actions);
    [LibraryImport("libc")] internal static partial int posix_spawn_file_actions_destroy(void* actions);
    [LibraryImport("libc")] internal static partial int posix_spawn_file_actions_adddup2(void* actions, int from, int to);
    [LibraryImport("libc")]
    internal static partial int posix_spawn_file_actions_addopen(
        void* actions, int fd, byte* path, int flags, uint mode);
    [LibraryImport("libc")] internal static partial int posix_spawn_file_actions_addchdir_np(void* actions, byte* path);
    [LibraryImport("libc")] internal static partial int sigfillset(void* signals);
    [LibraryImport("libc")] internal static partial int sigemptyset(void* signals);

    [LibraryImport("libc", SetLastError = true)] internal static partial int pipe2(int* ends, int flags);
    [LibraryImport("libc", SetLastError = true)] internal static partial int fcntl(int fd, int command, int argument);
    [LibraryImport("libc", SetLastError = true)] internal static partial int close(int fd);
    [LibraryImport("libc", SetLastError = true)] internal static partial int posix_openpt(int flags);
    [LibraryImport("libc", SetLastError = true)] internal static partial int grantpt(int fd);
    [LibraryImport("libc", SetLastError = true)] internal static partial int unlockpt(int fd);
    [LibraryImport("libc")] internal static partial int ptsname_r(int fd, byte* name, nuint length);
    [LibraryImport("libc", SetLastError = true)] internal static partial int ioctl(SafeHandle fd, nuint request, void* argument);
    [LibraryImport("libc", SetLastError = true)] internal static partial int waitid(int idType, int id, void* info, int options);
    [LibraryImport("libc", SetLastError = true)] internal static partial int kill(int pid, int signal);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int access(string path, int mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int statx(int directory, string path, int flags, uint mask, void* result);

    [LibraryImport("libc", SetLastError = true)] internal static partial int epoll_create1(int flags);
    [LibraryImport("libc", SetLastError = true)]
    internal static partial int epoll_ctl(
        SafeHandle epoll, int operation, SafeHandle fd, void* change);
    [LibraryImport("libc", SetLastError = true)]
    internal static partial int epoll_wait(
        SafeHandle epoll, void* events, int count, int timeout);

    [LibraryImport("libc", SetLastError = true)] private static partial nint syscall(nint number, nint a, nint b);
    [LibraryImport("libc", SetLastError = true)]
    private static partial nint syscall(
        nint number, SafeHandle fd, nint signal, nint info, nint flags);

    /// <summary>A descriptor of a process; invalid, with the error in errno, when it is gone. Close-on-exec by itself.</summary>
    internal static SafeFileHandle OpenPidfd(int pid) => new(syscall(PidfdOpen, pid, 0), ownsHandle: true);

    /// <summary>0, or -1 with errno.</summary>
    internal static int SendSignal(SafeFileHandle pidfd, int signal) => (int)syscall(PidfdSendSignal, pidfd, signal, 0, 0);
}
