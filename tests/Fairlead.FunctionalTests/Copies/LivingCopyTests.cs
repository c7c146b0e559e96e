namespace Fairlead.FunctionalTests.Copies;

/// <summary>Files that change while they are copied.</summary>
[Trait("Case", "A3")]
public sealed class LivingCopyTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_log_that_is_written_to_all_the_while_is_copied_as_far_as_it_was_listed(bool whole)
    {
        await using CopyLab lab = await CopyLab.StartAsync(Ct);
        string folder = Directory.CreateDirectory(lab.There + "/log").FullName, log = folder + "/app.log";
        await CopyLab.WriteAsync(log, 20_000_000);
        await CopyLab.WriteAsync(folder + "/small.log", 1000);
        byte[] before = await File.ReadAllBytesAsync(log, Ct);
        using CancellationTokenSource stop = new();
        Task writing = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await File.AppendAllTextAsync(log, "x\n", Ct);
                await File.AppendAllTextAsync(folder + "/small.log", "x\n", Ct);
                await Task.Delay(5, Ct); // its pace, which nothing waits for
            }
        }, Ct);

        CopyResult result = whole
            ? await lab.Files.CopyFromPodAsync(folder, lab.Here + "/log", lab.Options, Ct)
            : await lab.Files.CopyFromPodAsync(log, lab.Here + "/app.log", lab.Options, Ct);
        await stop.CancelAsync();
        await writing;

        byte[] copied = await File.ReadAllBytesAsync(lab.Here + (whole ? "/log/app.log" : "/app.log"), Ct), now = await File.ReadAllBytesAsync(log, Ct);
        Assert.InRange(copied.Length, before.Length, now.Length);
        Assert.True(copied.AsSpan().SequenceEqual(now.AsSpan(0, copied.Length)));
        Assert.Equal((whole ? 2 : 1, 0), (result.VerifiedBySha256, result.Refused.Count));
        Assert.Contains(lab.Notices, notice => notice.Contains("app.log", StringComparison.Ordinal) && notice.Contains("grew while it was copied", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_file_that_keeps_being_replaced_is_named_and_the_rest_is_copied()
    {
        await using CopyLab lab = await CopyLab.StartAsync(Ct);
        string folder = Directory.CreateDirectory(lab.There + "/tree").FullName;
        long length = Unread;
        WriteZeros(folder + "/living", length);
        await CopyLab.WriteAsync(folder + "/still", 3_000_000);
        CopyOptions options = lab.Options with
        {
            Progress = new Callback(progress =>
            {
                if (progress is not { Phase: CopyPhase.Copying, Path: "living" }) return;
                WriteZeros(folder + "/new", --length);
                File.Move(folder + "/new", folder + "/living", overwrite: true);
            }),
        };
        CopyResult result = await lab.Files.CopyFromPodAsync(folder, lab.Here + "/tree", options, Ct);
        CopyProblem named = Assert.Single(result.Refused);
        Assert.Equal("living", named.Path);
        Assert.StartsWith("it keeps changing while it is copied", named.Reason, StringComparison.Ordinal);
        Assert.Equal(["still"], Directory.GetFileSystemEntries(lab.Here + "/tree").Select(Path.GetFileName));
        Assert.Equal(await File.ReadAllBytesAsync(folder + "/still", Ct), await File.ReadAllBytesAsync(lab.Here + "/tree/still", Ct));
    }

    [Fact]
    public async Task With_the_strict_rule_a_log_that_keeps_growing_fails()
    {
        await using CopyLab lab = await CopyLab.StartAsync(Ct);
        WriteZeros(lab.There + "/log", Unread);
        CopyOptions options = lab.Options with
        {
            Consistent = true,
            Progress = new Callback(progress =>
            {
                if (progress.Phase == CopyPhase.Copying) File.AppendAllText(lab.There + "/log", "x");
            }),
        };
        CopyException changing = await Assert.ThrowsAsync<CopyException>(() => lab.Files.CopyFromPodAsync(lab.There + "/log", lab.Here + "/log", options, Ct));
        Assert.Equal("the source keeps changing while it is copied: log", changing.Message);
        Assert.Empty(Directory.GetFileSystemEntries(lab.Here));
    }

    [Fact]
    public async Task A_file_here_that_grows_or_is_gone_meanwhile()
    {
        await using CopyLab lab = await CopyLab.StartAsync(Ct);
        string folder = Directory.CreateDirectory(lab.Here + "/tree").FullName;
        foreach (string name in (string[])["a", "b", "c"]) await CopyLab.WriteAsync($"{folder}/{name}", 3_000_000);
        byte[] listed = await File.ReadAllBytesAsync(folder + "/c", Ct);
        CopyOptions options = lab.Options with
        {
            Progress = new Callback(progress =>
            {
                if (progress.Phase != CopyPhase.Copying || !File.Exists(folder + "/b") || progress.Path != "a") return;
                File.Delete(folder + "/b");
                File.AppendAllText(folder + "/c", "more");
            }),
        };
        CopyResult result = await lab.Files.CopyToPodAsync(folder, lab.There + "/tree", options, Ct);
        Assert.Equal([new CopyProblem("b", "it is gone since it was listed")], result.Refused);
        Assert.Equal(listed, await File.ReadAllBytesAsync(lab.There + "/tree/c", Ct));
        Assert.Contains(lab.Notices, notice => notice.StartsWith("c grew while it was copied", StringComparison.Ordinal));
    }

    /// <summary>A file that cannot have been read to its end, into all the buffers on the way, when the first of it is here.</summary>
    const long Unread = 64 << 20;

    static void WriteZeros(string path, long length)
    {
        using FileStream file = File.Create(path);
        file.SetLength(length);
    }

    sealed class Callback(Action<CopyProgress> action) : IProgress<CopyProgress>
    {
        public void Report(CopyProgress value) => action(value);
    }

    static CancellationToken Ct => TestContext.Current.CancellationToken;
}
