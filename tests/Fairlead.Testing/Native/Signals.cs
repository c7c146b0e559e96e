using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Fairlead.Testing.Native;

/// <summary>kill(2).</summary>
static partial class Signals
{
    internal const int Terminate = 15;

    const int NoSuchProcess = 3;

    /// <summary>Sends a signal.</summary>
    /// <returns>False when there is no such process.</returns>
    internal static bool Send(int pid, int signal)
    {
        if (Kill(pid, signal) == 0) return true;
        int error = Marshal.GetLastPInvokeError();
        return error == NoSuchProcess ? false : throw new Win32Exception(error);
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int pid, int signal);
}
