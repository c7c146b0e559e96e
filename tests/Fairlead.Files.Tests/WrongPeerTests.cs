using CsCheck;
using Fairlead.Files.Local;
using Fairlead.Files.Pods;
using Fairlead.Files.Runs;
using Fairlead.Files.Shells;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fairlead.Files.Tests;

/// <summary>A shell that stops, dies, sends too little or too much at any point: the copy comes to an end, and what is placed is right.</summary>
[Trait("Case", "A4"), Trait("Case", "A5")]
public sealed class WrongPeerTests
{
    [Fact]
    public async Task Whatever_goes_wrong_once_is_cured_or_named() => await Gen.Select(
        Gen.Int[0, 200_000].Array[1, 5], Gen.Enum<PeerFault>(), Gen.Int[0, 400_000]).SampleAsync((sizes, fault, at) => CopyAsync(sizes, fault, at, heals: true), iter: 150);

    [Fact]
    public async Task Whatever_goes_wrong_each_time_comes_to_an_end() => await Gen.Select(
        Gen.Int[0, 200_000].Array[1, 3], Gen.Enum<PeerFault>(), Gen.Int[0, 20_000]).SampleAsync((sizes, fault, at) => CopyAsync(sizes, fault, at, heals: false), iter: 60);

    static async Task<bool> CopyAsync(int[] sizes, PeerFault fault, int at, bool heals)
    {
        SortedDictionary<string, byte[]> files = new(StringComparer.Ordinal);
        for (int i = 0; i < sizes.Length; i++)
        {
            files[$"f{i}"] = new byte[sizes[i]];
            new Random(i).NextBytes(files[$"f{i}"]);
        }

        DirectoryInfo folder = Directory.CreateTempSubdirectory("fairlead-peer-");
        try
        {
            bool first = true;
            ShellSource shells = new(
                (_, _) =>
                {
                    ShellPeer peer = new(files, first || !heals ? fault : PeerFault.None, at);
                    first = false;
                    return Task.FromResult<IShellProcess>(peer);
                },
                "there", fault == PeerFault.Stops ? TimeSpan.FromMilliseconds(300) : TimeSpan.FromSeconds(20), TimeProvider.System);
            CopyOptions options = new() { Retries = 2 };
            await using PodSource source = new(shells, "/there", options);
            await using LocalTarget target = new(folder.FullName + "/here", options);
            using CopyRun run = new(source, target, options, NullLogger.Instance);
            CopyResult? result = null;
            try
            {
                result = await run.RunAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
            }
            catch (Exception e) when (e is CopyException or InvalidDataException)
            {
                return !Directory.Exists(folder.FullName + "/here") && !(fault == PeerFault.None || (heals && fault == PeerFault.Dies)); // on a busy machine a second shell may seem to hang too
            }

            string[] placed = Directory.GetFiles(folder.FullName + "/here");
            bool right = placed.All(path => File.ReadAllBytes(path).AsSpan().SequenceEqual(files[Path.GetFileName(path)]));
            return right && (fault is PeerFault.Shortens or PeerFault.Lengthens or PeerFault.FailsTheLine || result.Refused.Count == 0) && placed.Length + result.Refused.Count == files.Count;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
