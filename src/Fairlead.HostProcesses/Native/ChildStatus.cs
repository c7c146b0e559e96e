using System.Runtime.InteropServices;

namespace Fairlead.HostProcesses.Native;

/// <summary>How one child of this process ended, asked for by its number and no other's.</summary>
static unsafe class ChildStatus
{
    /// <summary>siginfo_t of a 64-bit Linux.</summary>
    const int Size = 128, CodeOffset = 8, PidOffset = 16, StatusOffset = 24;

    const int CLD_EXITED = 1;

    /// <summary>Reads the exit code and leaves the child a zombie, so that its number is nobody else's until <see cref="Reap"/>.</summary>
    /// <returns>The exit code, 128+n for signal n; null while it runs; -1 when another part of the host has reaped it.</returns>
    internal static int? Peek(int pid)
    {
        byte* info = stackalloc byte[Size];
        new Span<byte>(info, Size).Clear();
        while (LibC.waitid(LibC.P_PID, pid, info, LibC.WEXITED | LibC.WNOHANG | LibC.WNOWAIT) != 0)
        {
            int error = Marshal.GetLastPInvokeError();
            if (error == LibC.ECHILD) return -1;
            if (error != LibC.EINTR) throw NativeError.Of(nameof(LibC.waitid), error);
        }

        if (*(int*)(info + PidOffset) == 0) return null;
        int status = *(int*)(info + StatusOffset);
        return *(int*)(info + CodeOffset) == CLD_EXITED ? status : 128 + status;
    }

    /// <summary>Gives the number of an ended child back to the system.</summary>
    /// <param name="pid">The child.</param>
    /// <param name="wait">It was killed and its end is to be awaited here.</param>
    internal static void Reap(int pid, bool wait = false)
    {
        byte* info = stackalloc byte[Size];
        while (LibC.waitid(LibC.P_PID, pid, info, wait ? LibC.WEXITED : LibC.WEXITED | LibC.WNOHANG) != 0)
        {
            int error = Marshal.GetLastPInvokeError();
            if (error == LibC.ECHILD) return; // somebody waits for all children of this process: it is reaped, which is all that is owed
            if (error != LibC.EINTR) throw NativeError.Of(nameof(LibC.waitid), error);
        }
    }
}
