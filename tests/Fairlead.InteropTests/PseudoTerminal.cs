using System.Globalization;

namespace Fairlead.InteropTests;

/// <summary>Runs a command on a real terminal, which util-linux's <c>script</c> opens and stty sizes.</summary>
static class PseudoTerminal
{
    const string Script = "/usr/bin/script";

    internal static bool IsHere => File.Exists(Script);

    /// <summary>Runs it to its end; its output and its errors come on the one terminal.</summary>
    internal static async Task<RunResult> RunAsync(
        int rows, int columns, string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string?> environment, CancellationToken cancellationToken)
    {
        string size = string.Create(CultureInfo.InvariantCulture, $"stty rows {rows} cols {columns}");
        string command = $"{size} && exec {string.Join(' ', arguments.Prepend(program).Select(Quote))}";

        // its input stays open: the end of it would be typed into the terminal as the end of the session
        await using RunningProcess process = RunningProcess.Start(Script, ["-qefc", command, "/dev/null"], new RunOptions { Stdin = true, Environment = environment });
        int code = await process.WaitForExitAsync(cancellationToken);
        return new RunResult(code, process.Stdout!.Text, process.Stderr.Text);
    }

    static string Quote(string argument) => $"'{argument.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
