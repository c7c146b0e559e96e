using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Fairlead.Testing.Native;

/// <summary>Which descriptors reach the programs that a test starts.</summary>
public static partial class Descriptors
{
    const int SetFlags = 2, CloseOnExec = 1;

    /// <summary>Lets a descriptor reach them, or keeps it from them.</summary>
    public static void Inherit(SafeHandle handle, bool reaches)
    {
        ArgumentNullException.ThrowIfNull(handle);
        if (Control((int)handle.DangerousGetHandle(), SetFlags, reaches ? 0 : CloseOnExec) != 0) throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Control(int descriptor, int command, int argument);
}
