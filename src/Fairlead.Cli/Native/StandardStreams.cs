using System.Runtime.Versioning;

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

    /// <summary>The input; at its end where none can be read, as behind <c>nohup</c>, which opens its /dev/null to write only.</summary>
    public static Stream OpenInput() => OperatingSystem.IsWindows()
        ? Console.OpenStandardInput()
        : LibC.IsWriteOnly(InputDescriptor) ? Stream.Null : Open(InputDescriptor);

    public static Stream OpenOutput() => OperatingSystem.IsWindows() ? Console.OpenStandardOutput() : Open(OutputDescriptor);

    public static Stream OpenError() => OperatingSystem.IsWindows() ? Console.OpenStandardError() : Open(ErrorDescriptor);

    /// <summary>
    /// A descriptor that was closed when the process began is an empty input or takes everything, as for any program. Its number may be
    /// one of the runtime's own by now, which, unlike an inherited one, is closed on exec: to read or write that would be the end.
    /// </summary>
    [UnsupportedOSPlatform("windows")]
    static Stream Open(int descriptor) => LibC.GetDescriptorFlags(descriptor) == 0 ? new DescriptorStream(descriptor) : Stream.Null;

    /// <summary>True where standard input is a terminal.</summary>
    public static bool InputIsTerminal =>
        OperatingSystem.IsWindows() ? !Console.IsInputRedirected : LibC.IsATty(InputDescriptor) == 1;

    /// <summary>True where standard error is a terminal.</summary>
    public static bool ErrorIsTerminal =>
        OperatingSystem.IsWindows() ? !Console.IsErrorRedirected : LibC.IsATty(ErrorDescriptor) == 1;

    /// <summary>How wide that terminal is; 80 where it does not say.</summary>
    public static int ErrorColumns =>
        !OperatingSystem.IsWindows() && LibC.TryGetWindowSize(ErrorDescriptor, out LibC.WindowSize size) && size.Columns > 0
            ? size.Columns
            : 80;
}
