using Fairlead.Files.Local;
using Fairlead.Files.Pods;
using Fairlead.Files.Runs;
using Fairlead.Files.Shells;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fairlead.Files.Tests;

/// <summary>A large file is compared part by part while it is sent, by a tool that reads the file which grows.</summary>
public sealed class FollowingTests : IDisposable
{
    const int Length = (40 << 20) + 12_345;

    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fairlead-following-");

    string Root => _folder.FullName;

    string Asked => Root + "/asked";

    /// <summary>A tool for SHA-256 that notes what it is asked for, and a dd that runs a line when it has written.</summary>
    Dictionary<string, string> Tools(string afterWriting)
    {
        Directory.CreateDirectory(Root + "/bin");
        foreach ((string name, string text) in ((string, string)[])[
            ("openssl", $"echo \"$*\" >>{Asked}; shift 3; exec {Find("sha256sum")} \"$@\""),
            ("dd", $"{Find("dd")} \"$@\"; s=$?; case $* in *of=*r) {afterWriting};; esac; exit $s")])
        {
            File.WriteAllText($"{Root}/bin/{name}", $"#!/bin/sh\n{text}\n");
            File.SetUnixFileMode($"{Root}/bin/{name}", (UnixFileMode)0x1ED);
        }

        return new() { ["PATH"] = $"{Root}/bin:{Environment.GetEnvironmentVariable("PATH")}" };

        static string Find(string program) => new[] { "/usr/bin/", "/bin/" }.Select(folder => folder + program).First(File.Exists);
    }

    async Task<CopyResult> CopyAsync(string afterWriting, TimeProvider clock)
    {
        byte[] content = new byte[Length];
        new Random(1).NextBytes(content);
        await File.WriteAllBytesAsync(Root + "/from", content, Ct);
        CopyOptions options = new();
        await using LocalSource source = LocalSource.Open(Root + "/from");
        ShellSource shells = HostShell.Source(Root, Tools(afterWriting)) with { Time = clock };
        await using PodTarget target = new(shells, Root + "/to", source.Leaf, options) { OpenHere = source.OpenAgain };
        using CopyRun run = new(source, target, options, NullLogger.Instance);
        return await run.RunAsync(Ct).WaitAsync(TimeSpan.FromSeconds(60), Ct);
    }

    [Fact]
    public async Task What_was_compared_beside_the_copy_is_not_hashed_once_more()
    {
        CopyResult result = await CopyAsync(":", new Clock(TimeSpan.Zero));
        Assert.Equal((1, 1), (result.Files, result.VerifiedBySha256));
        Assert.Equal(await File.ReadAllBytesAsync(Root + "/from", Ct), await File.ReadAllBytesAsync(Root + "/to", Ct));
        string[] asked = await File.ReadAllLinesAsync(Asked, Ct);
        Assert.True(asked.Length > 2, "in parts"); // the first one is the try whether it works
        Assert.All(asked, arguments => Assert.Equal("dgst -sha256 -r", arguments)); // from its input, never a file by name
    }

    [Fact]
    public async Task Where_the_line_is_long_it_is_hashed_at_once_behind_its_last_byte()
    {
        Assert.Equal(1, (await CopyAsync(":", new Clock(TimeSpan.FromMilliseconds(50)))).VerifiedBySha256);
        string[] asked = await File.ReadAllLinesAsync(Asked, Ct);
        Assert.Equal(["dgst -sha256 -r", "dgst -sha256 -r ./r"], asked);
    }

    [Theory]
    [InlineData("printf x | /bin/dd of=./r bs=1 seek=5000000 conv=notrunc 2>/dev/null")] // a byte that was hashed, or is yet to be
    [InlineData("printf x >>./r")]
    public async Task What_is_otherwise_there_is_never_placed(string damage)
    {
        CopyException wrong = await Assert.ThrowsAsync<CopyException>(() => CopyAsync(damage, new Clock(TimeSpan.Zero)));
        Assert.Contains("what arrived is not what was sent", wrong.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(Root + "/to"));
    }

    /// <summary>Each look at it is so much later than the one before.</summary>
    sealed class Clock(TimeSpan step) : TimeProvider
    {
        long _looks;

        public override long GetTimestamp() => step.Ticks * Interlocked.Increment(ref _looks);

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;
    }

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);
}
