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

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Whatever_goes_wrong_with_an_upload_leaves_all_or_nothing(bool heals) => await Gen.Select(
        Gen.Int[0, 200_000].Array[1, 4], Gen.Enum<PeerFault>(), Gen.Int[0, 1200]).SampleAsync(
        (sizes, fault, at) => UploadAsync(sizes, fault, at, heals), iter: 25, threads: 2);

    [Fact]
    public async Task A_shell_that_dies_is_told_to_whoever_still_writes()
    {
        ShellSource there = HostShell.Source("/");
        ShellSource shells = there with { Start = async (command, token) => new FaultyShell((HostShell)await there.Start(command, token), PeerFault.Dies, 0) };
        await using RemoteShell shell = await shells.OpenAsync(TestContext.Current.CancellationToken);
        await shell.SendAsync("echo", TestContext.Current.CancellationToken);
        await Assert.ThrowsAsync<ShellDiedException>(() => shell.ReadTextAsync(TestContext.Current.CancellationToken).AsTask());
        await Assert.ThrowsAsync<ShellDiedException>(async () =>
        {
            while (true) await shell.WriteAsync(new byte[1 << 20], TestContext.Current.CancellationToken);
        });
    }

    static async Task<bool> UploadAsync(int[] sizes, PeerFault fault, int at, bool heals)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("fairlead-upload-");
        try
        {
            DirectoryInfo from = folder.CreateSubdirectory("from");
            for (int i = 0; i < sizes.Length; i++)
            {
                byte[] content = new byte[sizes[i]];
                new Random(i).NextBytes(content);
                await File.WriteAllBytesAsync($"{from.FullName}/f{i}", content, TestContext.Current.CancellationToken);
            }

            int begun = 0;
            ShellSource there = HostShell.Source(folder.FullName);
            ShellSource shells = there with
            {
                Start = async (command, token) => new FaultyShell(
                    (HostShell)await there.Start(command, token), Interlocked.Increment(ref begun) == 1 || !heals ? fault : PeerFault.None, at),
                Patience = fault == PeerFault.None ? there.Patience : TimeSpan.FromSeconds(1),
            };
            CopyOptions options = new() { Retries = 2 };
            await using LocalSource source = LocalSource.Open(from.FullName);
            await using PodTarget target = new(shells, folder.FullName + "/to", source.Leaf, options);
            using CopyRun run = new(source, target, options, NullLogger.Instance);
            bool isDone = true;
            try
            {
                await run.RunAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
            }
            catch (Exception e) when (e is CopyException or InvalidDataException)
            {
                isDone = false;
            }

            string to = folder.FullName + "/to";
            if (!Directory.Exists(to)) return !isDone && fault != PeerFault.None;
            string[] placed = Directory.GetFiles(to);
            return placed.Length == sizes.Length && placed.All(
                path => File.ReadAllBytes(path).AsSpan().SequenceEqual(File.ReadAllBytes($"{from.FullName}/{Path.GetFileName(path)}")));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

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
