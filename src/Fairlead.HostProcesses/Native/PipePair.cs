using Microsoft.Win32.SafeHandles;

namespace Fairlead.HostProcesses.Native;

/// <summary>A pipe between this process and a new one. Both ends are close-on-exec and above 2.</summary>
sealed unsafe class PipePair : IDisposable
{
    /// <summary>
    /// Asked for where bulk is likely: with the kernel's 64 KiB a quarter more processor time goes into wake-ups (measured with 1 GiB).
    /// Unprivileged users have a quota for it; above it the kernel refuses and the default stays.
    /// </summary>
    const int Capacity = 256 * 1024;

    PipePair(SafePipeHandle reader, SafePipeHandle writer) => (Reader, Writer) = (reader, writer);

    /// <summary>The end to read from.</summary>
    internal SafePipeHandle Reader { get; }

    /// <summary>The end to write to.</summary>
    internal SafePipeHandle Writer { get; }

    /// <param name="bulk">Much may go through it.</param>
    internal static PipePair Create(bool bulk)
    {
        int* ends = stackalloc int[2];
        if (LibC.pipe2(ends, LibC.O_CLOEXEC) != 0) throw NativeError.Last(nameof(LibC.pipe2));
        if (bulk) _ = LibC.fcntl(ends[0], LibC.F_SETPIPE_SZ, Capacity); // a wish: see Capacity
        SafePipeHandle reader = Lift(ends[0]);
        return new PipePair(reader, Lift(ends[1]));
    }

    /// <summary>A host that was started without 0 to 2 gets them here; the new process's dup2 would overwrite them.</summary>
    static SafePipeHandle Lift(int fd)
    {
        if (fd > 2) return new SafePipeHandle(fd, ownsHandle: true);
        int lifted = LibC.fcntl(fd, LibC.F_DUPFD_CLOEXEC, 3);
        IOException? error = lifted < 0 ? NativeError.Last(nameof(LibC.fcntl)) : null;
        _ = LibC.close(fd);
        return error is null ? new SafePipeHandle(lifted, ownsHandle: true) : throw error;
    }

    public void Dispose()
    {
        Reader.Dispose();
        Writer.Dispose();
    }
}
