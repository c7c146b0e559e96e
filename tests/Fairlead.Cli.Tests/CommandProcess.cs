using System.Diagnostics;

namespace Fairlead.Cli.Tests;

/// <summary>The real program as a child process.</summary>
static class CommandProcess
{
    /// <summary>
    /// The native command where ./test has built it (it starts in a tenth of the time); else where it was built with all that it needs: the copy
    /// beside the tests lacks what their own framework has.
    /// </summary>
    public static string Path { get; } = Environment.GetEnvironmentVariable("FAIRLEAD_TEST_COMMAND") is { Length: > 0 } native
        ? native
        : System.IO.Path.GetFullPath(System.IO.Path.Combine(
            AppContext.BaseDirectory, "..", "..", "Fairlead.Cli", System.IO.Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/')), "fairlead"));

    public sealed record Result(int ExitCode, string Output, string Error);

    /// <summary>Runs a shell line in which <c>fairlead</c> is the program and KUBECONFIG is set.</summary>
    public static Task<Result> RunAsync(FakeCluster cluster, string line, CancellationToken cancellationToken) =>
        RunAsync(cluster.Kubeconfig, line, cancellationToken);

    /// <summary>The same with another kubeconfig.</summary>
    public static async Task<Result> RunAsync(string kubeconfig, string line, CancellationToken cancellationToken)
    {
        ProcessStartInfo start = new("bash", ["-c", $"fairlead() {{ '{Path}' \"$@\"; }}\n{line}"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["KUBECONFIG"] = kubeconfig;
        using Process process = Process.Start(start)!;
        try
        {
            // standard input stays open and silent: a command line that needs its end must not get it from us
            Task<string> output = process.StandardOutput.ReadToEndAsync(cancellationToken), error = process.StandardError.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            return new Result(process.ExitCode, await output, await error);
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }
}
