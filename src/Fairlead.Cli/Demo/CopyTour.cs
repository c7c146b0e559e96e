using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;

namespace Fairlead.Cli.Demo;

/// <summary>The tour's copies: a thousand small files and a large one, to the pod and back.</summary>
sealed class CopyTour(StreamingClient client, PodReference shell)
{
    const int SmallFiles = 1000, Large = 16 * 1024 * 1024;

    internal async Task<IReadOnlyList<DemoStep>> RunAsync()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("fairlead-demo-");
        try
        {
            // The lab's containers are processes of this machine, so both sides are in one folder.
            string here = Path.Combine(folder.FullName, "here"), there = Path.Combine(folder.FullName, "there"),
                back = Path.Combine(folder.FullName, "back");
            Directory.CreateDirectory(here);
            for (int i = 0; i < SmallFiles; i++)
                await File.WriteAllBytesAsync(
                    Path.Combine(here, i.ToString(CultureInfo.InvariantCulture)), RandomNumberGenerator.GetBytes(i));
            await File.WriteAllBytesAsync(Path.Combine(here, "large"), RandomNumberGenerator.GetBytes(Large));
            PodFiles files = client.Files(shell);
            return
            [
                await StepAsync("cp: 1,001 files up", () => files.CopyToPodAsync(here, there)),
                await StepAsync("cp: 1,001 files down", () => files.CopyFromPodAsync(there, back)),
            ];
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    static async Task<DemoStep> StepAsync(string what, Func<Task<CopyResult>> copy)
    {
        long started = Stopwatch.GetTimestamp();
        CopyResult result = await copy();
        bool whole = result.VerifiedBySha256 == SmallFiles + 1;
        return new DemoStep(what, "exec", result.Bytes, Stopwatch.GetElapsedTime(started), result.Method, whole);
    }
}
