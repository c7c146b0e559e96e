using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Fairlead.Cli.Native;

/// <summary>The C library's calls for descriptors and terminals, on Linux and macOS.</summary>
[UnsupportedOSPlatform("windows")]
static partial class LibC
{
    public const int Interrupted = 4; // EINTR, the same on both
    public const int BrokenPipe = 32; // EPIPE, the same on both

    public const short PollIn = 1;
    public const short PollOut = 4;

    public const int TryAgainLinux = 11;

    /// <summary>EAGAIN.</summary>
    public static int TryAgain => OperatingSystem.IsMacOS() ? 35 : TryAgainLinux;

    [StructLayout(LayoutKind.Sequential)]
    public struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct WindowSize
    {
        public ushort Rows;
        public ushort Columns;
        public ushort PixelWidth;
        public ushort PixelHeight;
    }

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    public static unsafe partial nint Read(int descriptor, byte* buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    public static unsafe partial nint Write(int descriptor, byte* buffer, nuint count);

    /// <summary>Linux: what would have to wait is not done. Not for terminals, nor for files of every file system.</summary>
    public const int WithoutWaiting = 8;

    [StructLayout(LayoutKind.Sequential)]
    public unsafe struct Vector
    {
        public byte* Base;
        public nuint Length;
    }

    /// <summary>Linux. At the descriptor's own position for the offset -1.</summary>
    [LibraryImport("libc", EntryPoint = "pwritev2", SetLastError = true)]
    public static unsafe partial nint WriteVectors(int descriptor, Vector* vectors, int count, long offset, int flags);

    /// <summary>-1 for a closed descriptor, 0 for an inherited one, 1 for one that is closed on exec.</summary>
    public static int GetDescriptorFlags(int descriptor) => FileControl(descriptor, 1);

    /// <summary>True for a descriptor that was opened to write only: a read of it fails.</summary>
    public static bool IsWriteOnly(int descriptor) => (FileControl(descriptor, 3) & 3) == 1;

    /// <summary>The flag to read and write, the same on both.</summary>
    public const int ReadWrite = 2;

    /// <summary>The flags to append to what is there, closed on exec; a pipe without a reader is refused rather than waited for.</summary>
    public static int AppendFlags => OperatingSystem.IsMacOS() ? 0x1 | 0x8 | 0x4 | 0x1000000 : 0x1 | 0x400 | 0x800 | 0x80000;

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int FileControl(int descriptor, int command);

    [LibraryImport("libc", EntryPoint = "pipe", SetLastError = true)]
    public static unsafe partial int Pipe(int* ends);

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int SetEnvironment(string name, string value, int overwrite);

    [LibraryImport("libc", EntryPoint = "unsetenv", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int UnsetEnvironment(string name);

    [LibraryImport("libc", EntryPoint = "isatty")]
    public static partial int IsATty(int descriptor);

    /// <summary>The modes go into an opaque buffer: <c>termios</c> differs between systems and is never looked into.</summary>
    [LibraryImport("libc", EntryPoint = "tcgetattr", SetLastError = true)]
    public static unsafe partial int GetModes(int descriptor, byte* modes);

    [LibraryImport("libc", EntryPoint = "tcsetattr", SetLastError = true)]
    public static unsafe partial int SetModes(int descriptor, int when, byte* modes);

    [LibraryImport("libc", EntryPoint = "cfmakeraw")]
    public static unsafe partial void MakeRaw(byte* modes);

    [LibraryImport("libc", EntryPoint = "getpgrp")]
    public static partial int GetProcessGroup();

    /// <summary>-1 for what is no terminal, or not the one that controls this process.</summary>
    [LibraryImport("libc", EntryPoint = "tcgetpgrp")]
    public static partial int GetForegroundGroup(int descriptor);

    /// <summary>TCOON: output that was held by its counterpart goes on; nothing of ours holds any.</summary>
    public static int FlowOn => OperatingSystem.IsMacOS() ? 2 : 1;

    [LibraryImport("libc", EntryPoint = "tcflow", SetLastError = true)]
    public static partial int ControlFlow(int descriptor, int action);

    /// <summary>nfds_t is long on Linux and int on macOS; a small number looks the same in a register.</summary>
    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    public static unsafe partial int Poll(PollDescriptor* descriptors, nuint count, int milliseconds);

    /// <summary>
    /// The runtime's own call, on Linux and on macOS: <c>ioctl</c> takes its arguments in a way of each system's, and its requests have
    /// numbers of each system's, which the runtime was compiled with.
    /// </summary>
    [LibraryImport("libSystem.Native", EntryPoint = "SystemNative_GetWindowSize", SetLastError = true)]
    private static partial int GetWindowSize(nint descriptor, out WindowSize size);

    /// <returns>False where the descriptor is no terminal.</returns>
    public static bool TryGetWindowSize(int descriptor, out WindowSize size) => GetWindowSize(descriptor, out size) == 0;
}
