using System.IO.Pipes;
using System.Runtime.Versioning;

namespace Fairlead.Cli.Native;

/// <summary>Waits until standard input has something, or until it is told to stop: a read that has begun could not be called back.</summary>
[UnsupportedOSPlatform("windows")]
sealed class ReadableWait : IDisposable
{
    readonly AnonymousPipeServerStream _wake = new(PipeDirection.Out, HandleInheritability.None);
    readonly int _descriptor;
    volatile bool _stopped;

    public ReadableWait(int descriptor) => _descriptor = descriptor;

    /// <returns>True with something to read, the end included; false after <see cref="Stop"/>.</returns>
    public unsafe bool Wait()
    {
        LibC.PollDescriptor* descriptors = stackalloc LibC.PollDescriptor[2];
        while (!_stopped)
        {
            descriptors[0] = new LibC.PollDescriptor { Descriptor = _descriptor, Events = LibC.PollIn };
            descriptors[1] = new LibC.PollDescriptor { Descriptor = (int)_wake.ClientSafePipeHandle.DangerousGetHandle(), Events = LibC.PollIn };
            if (LibC.Poll(descriptors, 2, -1) < 0) continue; // a signal
            if (descriptors[1].Returned != 0) return false;
            if (descriptors[0].Returned != 0) return true;
        }

        return false;
    }

    /// <summary>Ends the wait, now and for ever. Safe from any thread.</summary>
    public void Stop()
    {
        _stopped = true;
        _wake.WriteByte(0);
    }

    /// <inheritdoc/>
    public void Dispose() => _wake.Dispose();
}
