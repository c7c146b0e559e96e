namespace Fairlead.Cli.Native;

/// <summary>The process's three standard streams, raw.</summary>
static class StandardStreams
{
    public const int InputDescriptor = 0;
    public const int OutputDescriptor = 1;
    const int ErrorDescriptor = 2;

    public static Stream OpenInput() => OperatingSystem.IsWindows() ? Console.OpenStandardInput() : new DescriptorStream(InputDescriptor);

    public static Stream OpenOutput() => OperatingSystem.IsWindows() ? Console.OpenStandardOutput() : new DescriptorStream(OutputDescriptor);

    public static Stream OpenError() => OperatingSystem.IsWindows() ? Console.OpenStandardError() : new DescriptorStream(ErrorDescriptor);

    /// <summary>True where standard input is a terminal.</summary>
    public static bool InputIsTerminal =>
        OperatingSystem.IsWindows() ? !Console.IsInputRedirected : LibC.IsATty(InputDescriptor) == 1;
}
