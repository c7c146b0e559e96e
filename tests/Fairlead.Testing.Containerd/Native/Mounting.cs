using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Fairlead.Testing.Containerd.Native;

/// <summary>umount2(2).</summary>
static partial class Mounting
{
    const int Detached = 2; // MNT_DETACH: also while something still has a file open there

    internal static void Detach(string path)
    {
        if (Unmount(path, Detached) != 0) throw new Win32Exception(Marshal.GetLastPInvokeError(), $"umount {path}: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    [LibraryImport("libc", EntryPoint = "umount2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Unmount(string path, int flags);
}
