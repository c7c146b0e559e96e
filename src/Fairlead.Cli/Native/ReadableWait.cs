using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Fairlead.Cli.Native;

/// <summary>
/// Waits until standard input has something, or until it is told to stop: a read that has begun could not be called back.
/// </summary>
/// <remarks>
/// Its pipe is left to the end of the process: the thread that waits may be looking at it whenever it is told to stop, and there is one
/// such thread in a process.
/// </remarks>
[UnsupportedOSPlatform("windows")]
sealed class ReadableWait
{
    readonly int _descriptor, _wakeIn, _wakeOut;
    readonly bool _isTerminal;

    public unsafe ReadableWait(int descriptor)
    {
        _descriptor = descriptor;
        _isTerminal = LibC.IsATty(descriptor) == 1;
        int* ends = stackalloc int[2];
        if (LibC.Pipe(ends) != 0) throw new IOException(Marshal.GetLastPInvokeErrorMessage());
        (_wakeOut, _wakeIn) = (ends[0], ends[1]);
    }

    /// <returns>True with something to read, the end included; false after <see cref="Stop"/>.</returns>
    /// <remarks>
    /// In the background of its terminal the process is stopped here (SIGTTIN) until it is brought to the front, as by any read; a read of
    /// no bytes asks the kernel for that and for nothing else.
    /// </remarks>
    public unsafe bool Wait()
    {
        if (_isTerminal) _ = LibC.Read(_descriptor, null, 0);
        LibC.PollDescriptor* descriptors = stackalloc LibC.PollDescriptor[2];
        while (true)
        {
            descriptors[0] = new LibC.PollDescriptor { Descriptor = _descriptor, Events = LibC.PollIn };
            descriptors[1] = new LibC.PollDescriptor { Descriptor = _wakeOut, Events = LibC.PollIn };
            if (LibC.Poll(descriptors, 2, -1) < 0) continue; // a signal
            if (descriptors[1].Returned != 0) return false;
            if (descriptors[0].Returned != 0) return true;
        }
    }

    /// <summary>Ends the wait, now and for ever. Safe from any thread.</summary>
    public unsafe void Stop()
    {
        byte wake = 0;
        while (LibC.Write(_wakeIn, &wake, 1) < 0 && Marshal.GetLastPInvokeError() == LibC.Interrupted)
        {
            // a signal came between: once more
        }
    }
}
