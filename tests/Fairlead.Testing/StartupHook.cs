using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

/// <summary>
/// Whoever sits at a command's Windows console, for a wine whose own console hears neither of a resized window nor of Ctrl-C in raw mode:
/// loaded into the command by <c>DOTNET_STARTUP_HOOKS</c>, it connects to the port of <c>FAIRLEAD_TEST_CONSOLE</c>, and does what the test
/// says there line by line, by the calls that Windows has for it. Each line is answered by one that begins with "done" or "failed".
/// </summary>
/// <remarks>
/// <c>size COLUMNS ROWS</c> resizes the window and its buffer, <c>key CODE CHARACTER CONTROLS</c> presses and lets go a key, and
/// <c>interrupt</c> is Ctrl-C at a console that is not raw. The name and the absence of a namespace are .NET's.
/// </remarks>
#pragma warning disable MA0047 // it is found by this name alone
static unsafe partial class StartupHook
#pragma warning restore MA0047
{
    const int Input = -10, Output = -11;
    const ushort Key = 1;

    public static void Initialize()
    {
        if (!OperatingSystem.IsWindows() || Environment.GetEnvironmentVariable("FAIRLEAD_TEST_CONSOLE") is not { Length: > 0 } port) return;
        new Thread(() => Follow(int.Parse(port, CultureInfo.InvariantCulture))) { IsBackground = true }.Start();
    }

    [SupportedOSPlatform("windows")]
    static void Follow(int port)
    {
        using TcpClient test = new();
        test.Connect(IPAddress.Loopback, port);
        using StreamReader lines = new(test.GetStream());
        using StreamWriter answers = new(test.GetStream()) { AutoFlush = true };
        while (lines.ReadLine() is { } line)
        {
            string[] words = line.Split(' ');
            int[] numbers = [.. words.Skip(1).Select(static word => int.Parse(word, CultureInfo.InvariantCulture))];
            bool done = words[0] switch
            {
                "size" => Resize((short)numbers[0], (short)numbers[1]),
                "key" => Press((ushort)numbers[0], (ushort)numbers[1], (uint)numbers[2]),
                "interrupt" => GenerateConsoleCtrlEvent(0, 0) != 0,
                _ => throw new InvalidDataException(line),
            };
            answers.WriteLine(done ? "done" : $"failed: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    [SupportedOSPlatform("windows")]
    static bool Resize(short columns, short rows)
    {
        nint output = GetStdHandle(Output);
        short* window = stackalloc short[] { 0, 0, (short)(columns - 1), (short)(rows - 1) };
        uint size = (ushort)columns | ((uint)(ushort)rows << 16);
        _ = SetConsoleScreenBufferSize(output, size); // a window is never larger than its buffer
        _ = SetConsoleWindowInfo(output, 1, window);
        return SetConsoleScreenBufferSize(output, size) != 0 && SetConsoleWindowInfo(output, 1, window) != 0;
    }

    [SupportedOSPlatform("windows")]
    static bool Press(ushort code, ushort character, uint controls)
    {
        Record* records = stackalloc Record[2];
        records[0] = new Record { Kind = Key, IsDown = 1, Repeated = 1, VirtualKey = code, Character = character, Controls = controls };
        records[1] = records[0] with { IsDown = 0 };
        return WriteConsoleInput(GetStdHandle(Input), records, 2, out uint written) != 0 && written == 2;
    }

    [StructLayout(LayoutKind.Sequential)]
    struct Record
    {
        public ushort Kind;
        ushort _filler;
        public int IsDown;
        public ushort Repeated;
        public ushort VirtualKey;
        public ushort ScanCode;
        public ushort Character;
        public uint Controls;
    }

    [LibraryImport("kernel32")]
    private static partial nint GetStdHandle(int which);

    [LibraryImport("kernel32", SetLastError = true)]
    private static partial int SetConsoleScreenBufferSize(nint output, uint size);

    [LibraryImport("kernel32", SetLastError = true)]
    private static partial int SetConsoleWindowInfo(nint output, int isAbsolute, short* window);

    [LibraryImport("kernel32", EntryPoint = "WriteConsoleInputW", SetLastError = true)]
    private static partial int WriteConsoleInput(nint input, Record* records, uint count, out uint written);

    [LibraryImport("kernel32", SetLastError = true)]
    private static partial int GenerateConsoleCtrlEvent(uint what, uint group);
}
