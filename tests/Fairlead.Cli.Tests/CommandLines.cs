using Fairlead.Cli.CommandLine;

namespace Fairlead.Cli.Tests;

/// <summary>Command lines run in this process, up to where they would connect.</summary>
static class CommandLines
{
    public sealed record Result(int ExitCode, string Output, string Error);

    public static async Task<Result> RunAsync(params string[] arguments)
    {
        using StringWriter output = new() { NewLine = "\n" }, error = new() { NewLine = "\n" };
        int code = await FairleadCommand.RunAsync(arguments, output, error);
        return new Result(code, output.ToString(), error.ToString());
    }
}
