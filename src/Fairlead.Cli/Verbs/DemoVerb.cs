using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using Fairlead.Cli.CommandLine;
using Fairlead.Cli.Demo;
using Fairlead.Cli.Usage;
using Fairlead.Lab;

namespace Fairlead.Cli.Verbs;

/// <summary><c>fairlead demo</c>: a lab, and a tour through the client against it.</summary>
static class DemoVerb
{
    public static Command Create(Invocation invocation)
    {
        VerbCommand verb = new("demo", "Start a lab, take a short tour through it, and show what was done (Linux).")
        {
            Usage = "",
            Examples = """
                # Everything that this program does, over real sockets, in a few seconds
                fairlead demo
                """,
        };
        verb.SetAction(async (_, cancellationToken) =>
        {
            if (!OperatingSystem.IsLinux())
                throw new UsageException("the demo runs on Linux only: its containers are Linux processes and terminals");
            return await TourAsync(invocation.Output, cancellationToken);
        });
        return verb;
    }

    [SupportedOSPlatform("linux")]
    static async Task<int> TourAsync(TextWriter output, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        DirectoryInfo folder = Directory.CreateTempSubdirectory("fairlead-demo-");
        try
        {
            await using LabServer lab = await LabServer.StartAsync(new LabOptions(), cancellationToken);
            string kubeconfig = Path.Combine(folder.FullName, "kubeconfig");
            await lab.WriteKubeconfigAsync(kubeconfig, cancellationToken);
            await output.WriteLineAsync(
                $"A lab serves the pod demo at {lab.Url.GetLeftPart(UriPartial.Authority)}; its containers are processes on this " +
                "machine.\n");

            using StreamingClient client = StreamingClient.FromKubeconfig(kubeconfig);
            DemoTable table = new(output);
            table.WriteHead();
            int failed = 0;
            await foreach (DemoStep step in new DemoTour(client, new("demo", "default", "shell"), new("demo", "default", "web")).RunAsync())
            {
                table.Write(step);
                if (!step.Succeeded) failed++;
            }

            double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
            await output.WriteLineAsync(
                string.Create(CultureInfo.InvariantCulture,
                $"\n{(failed == 0 ? "All done" : $"{failed} failed")} in {seconds:0.0} s. Try it yourself:"));
            // how the script that runs it from source was called
            string self = Environment.GetEnvironmentVariable("FAIRLEAD_COMMAND") ?? "fairlead";
            await output.WriteLineAsync($"""
                  {self} lab --write-kubeconfig lab.kubeconfig &
                  export KUBECONFIG=$PWD/lab.kubeconfig
                  printf abc | {self} exec -i demo -- wc -c
                """);
            return failed == 0 ? ExitCodes.Success : ExitCodes.Failure;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
