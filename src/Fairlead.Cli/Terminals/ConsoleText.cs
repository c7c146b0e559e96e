using System.Runtime.Versioning;
using Fairlead.Cli.Native;

namespace Fairlead.Cli.Terminals;

/// <summary>
/// A Windows console that takes what is written for UTF-8 and obeys escape sequences, as every terminal elsewhere does. The code page is
/// the console's, not the process's: it is put back for whoever uses the console next.
/// </summary>
[SupportedOSPlatform("windows")]
sealed class ConsoleText : IDisposable
{
    readonly uint _codePage = WindowsConsole.GetOutputCodePage();

    public ConsoleText()
    {
        if (_codePage is not (0 or WindowsConsole.Utf8)) _ = WindowsConsole.SetOutputCodePage(WindowsConsole.Utf8);
        nint error = WindowsConsole.StandardHandle(WindowsConsole.Error);
        if (WindowsConsole.GetMode(error, out uint mode) != 0)
            _ = WindowsConsole.SetMode(error, mode | WindowsConsole.SequencesOut); // for the bar of a copy; refused by old consoles
        AppDomain.CurrentDomain.ProcessExit += OnExit;
    }

    void OnExit(object? sender, EventArgs e) => Dispose();

    /// <inheritdoc/>
    public void Dispose()
    {
        AppDomain.CurrentDomain.ProcessExit -= OnExit;
        if (_codePage is not (0 or WindowsConsole.Utf8)) _ = WindowsConsole.SetOutputCodePage(_codePage);
    }
}
