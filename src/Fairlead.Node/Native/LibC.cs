using System.Runtime.InteropServices;

namespace Fairlead.Node.Native;

/// <summary>The calls of the C library that this room needs.</summary>
static partial class LibC
{
    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    internal static partial int chown(string path, uint user, uint group);
}
