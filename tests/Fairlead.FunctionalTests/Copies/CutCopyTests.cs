using Fairlead.Testing;

namespace Fairlead.FunctionalTests.Copies;

/// <summary>The connection is cut under a copy: it ends verified all the same, and hardly a byte goes twice.</summary>
public sealed class CutCopyTests
{
    const long Spare = 1 << 20; // that a cut may cost

    static readonly int s_cuts = Repository.IsFull ? 40 : 20;
    static readonly long s_size = Repository.IsFull ? 1L << 30 : 64L << 20;

    [Theory(Timeout = 600_000)]
    [InlineData(true, CutKind.Reset)]
    [InlineData(true, CutKind.Fin)]
    [InlineData(false, CutKind.Reset)]
    [InlineData(false, CutKind.Fin)]
    public async Task Many_cuts_cost_less_than_a_MiB_each(bool up, CutKind kind)
    {
        await using CopyLab lab = await CopyLab.StartAsync(Ct);
        string from = (up ? lab.Here : lab.There) + "/file", to = (up ? lab.There : lab.Here) + "/file";
        await CopyLab.WriteAsync(from, s_size);
        CopyCutter cutter = new(lab.Proxy, kind, s_cuts);
        CopyOptions options = lab.Options with { Progress = cutter };

        CopyResult result = up ? await lab.Files.CopyToPodAsync(from, to, options, Ct) : await lab.Files.CopyFromPodAsync(from, to, options, Ct);

        CopyLab.AssertSame(from, to);
        Assert.Equal((s_cuts, s_cuts, 1), (cutter.Done, result.Reconnections, result.VerifiedBySha256));
        long moved = lab.Proxy.BytesToServer + lab.Proxy.BytesToClient;
        Measurement.Tell($"cp {(up ? "up" : "down")}, {s_size >> 20} MiB, {s_cuts} cuts ({kind}): {(moved - s_size) / 1024.0 / 1024 / s_cuts:0.00} MiB more a cut");
        Assert.True(moved < s_size + (s_cuts * Spare), $"{moved} bytes moved for {s_size}");
    }

    [Fact]
    public async Task A_tree_of_small_files_survives_cuts()
    {
        await using CopyLab lab = await CopyLab.StartAsync(Ct);
        Directory.CreateDirectory(lab.Here + "/tree");
        for (int i = 0; i < 400; i++) await CopyLab.WriteAsync($"{lab.Here}/tree/f{i}", 1 + (i * 300), seed: (ulong)i);

        await lab.Files.CopyToPodAsync(lab.Here + "/tree", lab.There + "/tree", lab.Options with { Progress = new CopyCutter(lab.Proxy, CutKind.Reset, 20) }, Ct);
        CopyLab.AssertSame(lab.Here + "/tree", lab.There + "/tree");
        await lab.Files.CopyFromPodAsync(lab.There + "/tree", lab.Here + "/back", lab.Options with { Progress = new CopyCutter(lab.Proxy, CutKind.Fin, 20) }, Ct);
        CopyLab.AssertSame(lab.Here + "/tree", lab.Here + "/back");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_an_earlier_copy_left_is_gone_on_with_unless_the_source_changed(bool up)
    {
        await using CopyLab lab = await CopyLab.StartAsync(Ct);
        string from = (up ? lab.Here : lab.There) + "/file", to = (up ? lab.There : lab.Here) + "/file";
        await CopyLab.WriteAsync(from, 16 << 20);

        await CancelHalfwayAsync();
        Assert.False(File.Exists(to));
        await CopyAsync(lab.Options, Ct);
        CopyLab.AssertSame(from, to);
        Assert.Contains(lab.Notices, notice => notice.StartsWith("going on behind", StringComparison.Ordinal));

        File.Delete(to);
        await CancelHalfwayAsync();
        await CopyLab.WriteAsync(from, 16 << 20, seed: 2);
        File.SetLastWriteTimeUtc(from, DateTime.UtcNow.AddHours(-1));
        await CopyAsync(lab.Options, Ct);
        CopyLab.AssertSame(from, to);
        Assert.Contains(lab.Notices, notice => notice.Contains("changed", StringComparison.Ordinal));

        async Task CancelHalfwayAsync()
        {
            using CancellationTokenSource stop = new();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => CopyAsync(lab.Options with { Progress = new Canceller(stop, 8 << 20) }, stop.Token));
        }

        Task<CopyResult> CopyAsync(CopyOptions options, CancellationToken cancellationToken) =>
            up ? lab.Files.CopyToPodAsync(from, to, options, cancellationToken) : lab.Files.CopyFromPodAsync(from, to, options, cancellationToken);
    }

    [Fact]
    public async Task Retries_that_move_nothing_come_to_an_end()
    {
        await using CopyLab lab = await CopyLab.StartAsync(Ct);
        await CopyLab.WriteAsync(lab.Here + "/file", 8 << 20);
        CopyOptions options = lab.Options with { Retries = 2, Progress = new Always(lab.Proxy) };
        CopyException lost = await Assert.ThrowsAsync<CopyException>(() => lab.Files.CopyToPodAsync(lab.Here + "/file", lab.There + "/file", options, Ct));
        Assert.Contains("the same command goes on", lost.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(lab.There + "/file"));
    }

    sealed class Canceller(CancellationTokenSource stop, long at) : IProgress<CopyProgress>
    {
        public void Report(CopyProgress value)
        {
            if (value.Bytes >= at) stop.Cancel();
        }
    }

    sealed class Always(FaultProxy proxy) : IProgress<CopyProgress>
    {
        public void Report(CopyProgress value) => proxy.Cut(CutKind.Reset);
    }

    static CancellationToken Ct => TestContext.Current.CancellationToken;
}
