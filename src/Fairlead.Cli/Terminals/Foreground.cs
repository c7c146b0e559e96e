using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Fairlead.Cli.Native;

namespace Fairlead.Cli.Terminals;

/// <summary>The foreground of the terminal at standard input: which process group it belongs to, and the wait for it.</summary>
[UnsupportedOSPlatform("windows")]
static class Foreground
{
    /// <summary>True where the terminal belongs to this process's group, or controls no job of ours.</summary>
    public static bool IsOurs => LibC.GetForegroundGroup(StandardStreams.InputDescriptor) is var group
        && (group < 0 || group == LibC.GetProcessGroup());

    /// <summary>
    /// Waits for the foreground as every program does that wants to change its terminal: the kernel stops its group (SIGTTOU) until a shell
    /// brings it to the front. Signals that end it do so meanwhile.
    /// </summary>
    /// <returns>False where nobody could bring it there: its shell has gone.</returns>
    public static bool Await()
    {
        if (IsOurs) return true;
        using KernelSignals kernels = new();
        while (LibC.ControlFlow(StandardStreams.InputDescriptor, LibC.FlowOn) != 0) // changes nothing, and has to wait like what does
        {
            if (Marshal.GetLastPInvokeError() != LibC.Interrupted) return false;
        }

        return true;
    }
}
