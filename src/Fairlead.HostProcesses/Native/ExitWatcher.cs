using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Fairlead.HostProcesses.Native;

/// <summary>
/// Tells when processes end: one thread for all of them waits in epoll on their pidfds. A process that ended before it was added is
/// reported at once, so there is no race to lose, and no SIGCHLD is shared with other parts of the host.
/// </summary>
static unsafe class ExitWatcher
{
    const int Batch = 64;

    // struct epoll_event is packed on x86-64 and nowhere else
    static readonly int EventSize = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;
    static readonly int DataOffset = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;

    static readonly ConcurrentDictionary<long, TaskCompletionSource> Waiting = new();
    static readonly SafeFileHandle Epoll = Start();
    static long _last;

    internal static Task WatchAsync(SafeFileHandle pidfd)
    {
        long id = Interlocked.Increment(ref _last);
        TaskCompletionSource exited = new(id, TaskCreationOptions.RunContinuationsAsynchronously);
        Waiting[id] = exited;

        byte* change = stackalloc byte[16];
        *(uint*)change = LibC.EPOLLIN | LibC.EPOLLONESHOT;
        Marshal.WriteInt64((nint)(change + DataOffset), id);
        if (LibC.epoll_ctl(Epoll, LibC.EPOLL_CTL_ADD, pidfd, change) == 0) return exited.Task;

        IOException error = NativeError.Last(nameof(LibC.epoll_ctl));
        Waiting.TryRemove(id, out _);
        throw error;
    }

    /// <summary>Nobody waits for this one any more. Closing its pidfd takes it out of the kernel's set.</summary>
    internal static void Forget(Task exited) => Waiting.TryRemove((long)exited.AsyncState!, out _);

    static SafeFileHandle Start()
    {
        int fd = LibC.epoll_create1(LibC.EPOLL_CLOEXEC);
        if (fd < 0) throw NativeError.Last(nameof(LibC.epoll_create1));
        SafeFileHandle epoll = new(fd, ownsHandle: true);
        new Thread(() => Loop(epoll)) { IsBackground = true, Name = "process exits" }.Start();
        return epoll;
    }

    static void Loop(SafeFileHandle epoll)
    {
        byte* events = stackalloc byte[Batch * 16];
        while (true)
        {
            int count = LibC.epoll_wait(epoll, events, Batch, -1);
            if (count < 0 && Marshal.GetLastPInvokeError() != LibC.EINTR) throw NativeError.Last(nameof(LibC.epoll_wait));
            for (int i = 0; i < count; i++)
            {
                long id = Marshal.ReadInt64((nint)(events + (i * EventSize) + DataOffset));
                if (Waiting.TryRemove(id, out TaskCompletionSource? exited)) exited.TrySetResult();
            }
        }
    }
}
