using System.Runtime.InteropServices;

namespace Fairlead.HostProcesses.Native;

/// <summary>A system call's failure as an exception with the kernel's own words.</summary>
public static class NativeError
{
    /// <summary>What the last call that set errno said.</summary>
    public static IOException Last(string call) => Of(call, Marshal.GetLastPInvokeError());

    /// <summary>What this errno says.</summary>
    public static IOException Of(string call, int error) => new($"{call}: {Describe(error)}", error);

    /// <summary>What /proc says of a process that is gone, or hidden. Any other failure says nothing of it.</summary>
    public static bool IsGone(Exception failure) =>
        failure is FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException
            or IOException { HResult: LibC.ESRCH };

    /// <summary>This process, or the machine, has no descriptor left: what needed one may be tried again.</summary>
    public static bool IsOutOfDescriptors(IOException failure) => failure.HResult is LibC.EMFILE or LibC.ENFILE;

    /// <summary>The error in lower case, as command line programs print it.</summary>
    public static string Describe(int error)
    {
        string text = Marshal.GetPInvokeErrorMessage(error);
        return text.Length == 0 ? $"error {error}" : char.ToLowerInvariant(text[0]) + text[1..];
    }
}
