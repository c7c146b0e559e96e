using System.Runtime.InteropServices;
using Fairlead.Cli.Native;

namespace Fairlead.Cli.Logging;

/// <summary>A file that several runs may log to at the same time: it is appended to, whoever else does.</summary>
static class LogFile
{
    /// <summary>Opens it; one that is not there is made, for its owner alone, because a log says who asked which server for what.</summary>
    /// <exception cref="IOException">It cannot be made or written.</exception>
    /// <exception cref="UnauthorizedAccessException">It is a folder, or somebody else's.</exception>
    public static Stream Open(string path)
    {
        if (OperatingSystem.IsWindows()) return new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        if (!Path.Exists(path))
        {
            using FileStream made = new(path, new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.Write,
                Share = FileShare.ReadWrite,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
        }

        // A FileStream would write at a position of its own, over what others have appended meanwhile.
        int descriptor = LibC.Open(path, LibC.AppendFlags);
        return descriptor >= 0 ? new DescriptorStream(descriptor) : throw new IOException(Marshal.GetLastPInvokeErrorMessage());
    }
}
