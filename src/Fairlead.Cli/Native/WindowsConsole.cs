using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Fairlead.Cli.Native;

/// <summary>Windows' calls for its console and for the three standard handles.</summary>
[SupportedOSPlatform("windows")]
static unsafe partial class WindowsConsole
{
    /// <summary>What <see cref="StandardHandle"/> takes.</summary>
    public const int Input = -10, Output = -11, Error = -12;

    /// <summary>Modes of an input: Ctrl-C is a signal, input comes in lines, it is shown, changes of the window are told, keys come as
    /// escape sequences, the mouse selects.</summary>
    public const uint Processed = 0x1, Lines = 0x2, Echo = 0x4, WindowEvents = 0x8, Mouse = 0x10, QuickEdit = 0x40,
        SequencesIn = 0x200;

    /// <summary>Modes of an output: control characters act, escape sequences do, and a line feed is nothing but one.</summary>
    public const uint ProcessedOut = 0x1, SequencesOut = 0x4, NoReturn = 0x8;

    public const uint Utf8 = 65001;

    /// <summary>The reader of a pipe has gone; it had gone before; and no process is at its other end.</summary>
    public const int BrokenPipe = 109, NoData = 232, NotConnected = 233;

    [StructLayout(LayoutKind.Sequential)]
    public struct Record
    {
        public const ushort Key = 1, Window = 4;

        public ushort Kind;
        ushort _filler;
        public int IsDown;
        public ushort Repeated;
        public ushort VirtualKey;
        public ushort ScanCode;
        public ushort Character;
        public uint Controls;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct ScreenBuffer
    {
        public short Columns, Rows, CursorColumn, CursorRow;
        public ushort Attributes;
        public short Left, Top, Right, Bottom, MostColumns, MostRows;
    }

    [LibraryImport("kernel32", EntryPoint = "GetStdHandle")]
    public static partial nint StandardHandle(int which);

    [LibraryImport("kernel32", EntryPoint = "GetConsoleMode", SetLastError = true)]
    public static partial int GetMode(nint console, out uint mode);

    [LibraryImport("kernel32", EntryPoint = "SetConsoleMode", SetLastError = true)]
    public static partial int SetMode(nint console, uint mode);

    [LibraryImport("kernel32", EntryPoint = "GetConsoleOutputCP")]
    public static partial uint GetOutputCodePage();

    [LibraryImport("kernel32", EntryPoint = "SetConsoleOutputCP")]
    public static partial int SetOutputCodePage(uint codePage);

    [LibraryImport("kernel32", EntryPoint = "GetConsoleScreenBufferInfo", SetLastError = true)]
    private static partial int GetScreenBuffer(nint console, out ScreenBuffer buffer);

    [LibraryImport("kernel32", EntryPoint = "ReadConsoleInputW", SetLastError = true)]
    public static partial int ReadRecords(nint console, Record* records, uint room, out uint count);

    [LibraryImport("kernel32", EntryPoint = "ReadFile", SetLastError = true)]
    public static partial int Read(nint file, byte* buffer, uint room, out uint count, nint overlapped);

    [LibraryImport("kernel32", EntryPoint = "WriteFile", SetLastError = true)]
    public static partial int Write(nint file, byte* bytes, uint length, out uint count, nint overlapped);

    /// <summary>What <see cref="KindOf"/> says of a pipe.</summary>
    public const uint Pipe = 3;

    [LibraryImport("kernel32", EntryPoint = "GetFileType")]
    public static partial uint KindOf(nint file);

    /// <returns>0 where the pipe has nothing more, and nobody who could write into it.</returns>
    [LibraryImport("kernel32", EntryPoint = "PeekNamedPipe", SetLastError = true)]
    public static partial int Peek(nint pipe, byte* buffer, uint room, uint* count, uint* waiting, uint* left);

    /// <summary>What a failed call's exception says of a pipe that nobody reads any more.</summary>
    public static bool IsClosedPipe(int error) => error is BrokenPipe or NoData or NotConnected;

    /// <summary>True for a console; false for a file, a pipe, or nothing at all.</summary>
    public static bool IsConsole(int which) => GetMode(StandardHandle(which), out _) != 0;

    /// <summary>How many columns and rows of a console's buffer its window shows.</summary>
    /// <returns>False where the handle is no console's output.</returns>
    public static bool TryGetSize(int which, out ushort columns, out ushort rows)
    {
        bool isConsole = GetScreenBuffer(StandardHandle(which), out ScreenBuffer buffer) != 0;
        columns = isConsole ? (ushort)(buffer.Right - buffer.Left + 1) : (ushort)0;
        rows = isConsole ? (ushort)(buffer.Bottom - buffer.Top + 1) : (ushort)0;
        return columns > 0 && rows > 0;
    }
}
