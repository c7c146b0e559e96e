using Fairlead.Testing;

namespace Fairlead.FunctionalTests.Copies;

/// <summary>What is copied, and how it is verified, in every kind of container.</summary>
public sealed class ContainerKindTests
{
    [Theory]
    [InlineData("all", true)]
    [InlineData("all", false)]
    [InlineData("busybox", true)]
    [InlineData("busybox", false)]
    [InlineData("no tar", true)]
    [InlineData("no tar", false)]
    [InlineData("no stat", true)]
    [InlineData("no stat", false)]
    [InlineData("cat", true)]
    [InlineData("cat", false)]
    public async Task Files_and_folders_are_copied_both_ways_and_verified(string kind, bool isRoot)
    {
        Assert.SkipUnless(kind != "busybox" || CopyLab.Busybox is not null, Peer.Find(Peer.Busybox).MissingBecause ?? "");
        await using CopyLab lab = await CopyLab.StartAsync(Ct);
        PodFiles files = lab.OfKind(kind, isRoot);
        Directory.CreateDirectory(lab.Here + "/tree/sub");
        (string Name, int Length)[] content = [("empty", 0), ("a", 7), ("b c", 300_000), ("sub/large", 9 << 20), ("sub/-n", 70_000)];
        foreach ((string name, int length) in content) await CopyLab.WriteAsync($"{lab.Here}/tree/{name}", length);

        List<string> told = [];
        await CopyAsync("file up", files.CopyToPodAsync(lab.Here + "/tree/b c", lab.There + "/file", lab.Options, Ct));
        await CopyAsync("file down", files.CopyFromPodAsync(lab.There + "/file", lab.Here + "/file", lab.Options, Ct));
        Assert.Equal(await File.ReadAllBytesAsync(lab.Here + "/tree/b c", Ct), await File.ReadAllBytesAsync(lab.Here + "/file", Ct));

        Task<CopyResult> up = files.CopyToPodAsync(lab.Here + "/tree", lab.There + "/tree", lab.Options, Ct);
        if (kind != "cat") await CopyAsync("tree up", up);
        else
        {
            CopyException refused = await Assert.ThrowsAsync<CopyException>(() => up);
            Assert.Contains("needs mkdir, mv and rm", refused.Message, StringComparison.Ordinal);
            told.Add("tree up: refused: " + refused.Message);
            await RunningProcess.RunAsync("cp", ["-a", lab.Here + "/tree", lab.There + "/tree"], cancellationToken: Ct);
        }

        await CopyAsync("tree down", files.CopyFromPodAsync(lab.There + "/tree", lab.Here + "/back", lab.Options, Ct));
        foreach ((string name, _) in content)
            Assert.Equal(await File.ReadAllBytesAsync($"{lab.Here}/tree/{name}", Ct), await File.ReadAllBytesAsync($"{lab.Here}/back/{name}", Ct));
        Measurement.Tell($"container with {kind}, {(isRoot ? "root" : "not root")}: {string.Join("; ", told)}");

        async Task CopyAsync(string what, Task<CopyResult> copy)
        {
            CopyResult result = await copy;
            told.Add($"{what}: {result.Method}");
            Assert.Equal((result.Files, 0, 0), (result.VerifiedBySha256, result.VerifiedBySize, result.Refused.Count));
        }
    }

    static CancellationToken Ct => TestContext.Current.CancellationToken;
}
