using System.Runtime.Versioning;
using Fairlead.Cli.Sessions;

namespace Fairlead.Cli.Native;

/// <summary>The process's three standard streams, raw.</summary>
static class StandardStreams
{
    public const int InputDescriptor = 0;
    public const int OutputDescriptor = 1;
    const int ErrorDescriptor = 2;

    /// <summary>
    /// Opens /dev/null for each of the three that was closed when the process began, as Go's programs do: whatever is opened first would
    /// get its number, and be read as input or written into as output. Call it before anything else.
    /// </summary>
    public static void FillClosed()
    {
        if (OperatingSystem.IsWindows()) return;
        for (int descriptor = InputDescriptor; descriptor <= ErrorDescriptor; descriptor++)
        {
            if (LibC.GetDescriptorFlags(descriptor) < 0) _ = LibC.Open("/dev/null", LibC.ReadWrite); // gets the lowest number that is free
        }
    }

    /// <summary>
    /// True for what a stream of ours throws when whoever read it has gone, as in <c>fairlead … | head</c>.
    /// </summary>
    public static bool IsClosedOutput(IOException failure) => OperatingSystem.IsWindows()
        ? WindowsConsole.IsClosedPipe(failure.HResult)
        : failure.HResult == LibC.BrokenPipe;

    /// <summary>The input; at its end where none can be read, as behind <c>nohup</c>, which opens its /dev/null to write only.</summary>
    public static Stream OpenInput() => OperatingSystem.IsWindows()
        ? WindowsConsole.IsConsole(WindowsConsole.Input) ? Console.OpenStandardInput() : OpenHandle(WindowsConsole.Input)
        : LibC.IsWriteOnly(InputDescriptor) ? Stream.Null : Open(InputDescriptor);

    public static Stream OpenOutput() =>
        OperatingSystem.IsWindows() ? OpenHandle(WindowsConsole.Output) : Open(OutputDescriptor);

    public static Stream OpenError() =>
        OperatingSystem.IsWindows() ? OpenHandle(WindowsConsole.Error) : Open(ErrorDescriptor);

    /// <summary>
    /// The output for text: a reader that has gone is <see cref="OutputClosedException"/>, and what else stands in the way is told with the
    /// name of what cannot be written.
    /// </summary>
    public static Stream OpenTextOutput() => new ToldStream(OpenOutput(), static failure => IsClosedOutput(failure)
        ? new OutputClosedException(failure)
        : new IOException($"standard output cannot be written: {failure.Message}", failure));

    /// <summary>
    /// The error output for messages. What cannot be written there is for nobody, and no reason to end what goes well: a remote command
    /// whose messages nobody can read runs on and has its own exit code, as with kubectl.
    /// </summary>
    public static Stream OpenMessages() => new ToldStream(OpenError(), static _ => null);

    /// <summary>
    /// A descriptor that was closed when the process began is an empty input or takes everything, as for any program. Its number may be
    /// one of the runtime's own by now, which, unlike an inherited one, is closed on exec: to read or write that would be the end.
    /// </summary>
    [UnsupportedOSPlatform("windows")]
    static Stream Open(int descriptor) => LibC.GetDescriptorFlags(descriptor) == 0 ? new DescriptorStream(descriptor) : Stream.Null;

    /// <summary>A process may be started without some of the three.</summary>
    [SupportedOSPlatform("windows")]
    static Stream OpenHandle(int which) => WindowsConsole.StandardHandle(which) is not (0 or -1) and var handle
        ? new HandleStream(handle, isInput: which == WindowsConsole.Input)
        : Stream.Null;

    /// <summary>True where standard input is a terminal.</summary>
    public static bool InputIsTerminal =>
        OperatingSystem.IsWindows() ? WindowsConsole.IsConsole(WindowsConsole.Input) : LibC.IsATty(InputDescriptor) == 1;

    /// <summary>True where standard output is a terminal.</summary>
    public static bool OutputIsTerminal =>
        OperatingSystem.IsWindows() ? WindowsConsole.IsConsole(WindowsConsole.Output) : LibC.IsATty(OutputDescriptor) == 1;

    /// <summary>True where standard error is a terminal.</summary>
    public static bool ErrorIsTerminal =>
        OperatingSystem.IsWindows() ? WindowsConsole.IsConsole(WindowsConsole.Error) : LibC.IsATty(ErrorDescriptor) == 1;

    /// <summary>How wide that terminal is; 80 where it does not say.</summary>
    public static int ErrorColumns
    {
        get
        {
            const int Unknown = 80;
            if (OperatingSystem.IsWindows())
                return WindowsConsole.TryGetSize(WindowsConsole.Error, out ushort columns, out _) ? columns : Unknown;
            return LibC.TryGetWindowSize(ErrorDescriptor, out LibC.WindowSize size) && size.Columns > 0 ? size.Columns : Unknown;
        }
    }
}
