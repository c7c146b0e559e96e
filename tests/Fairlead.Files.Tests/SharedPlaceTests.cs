using Fairlead.Files.Local;
using Fairlead.Files.Pods;
using Fairlead.Files.Runs;
using Fairlead.Files.Shells;
using Fairlead.Files.Trees;
using Fairlead.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fairlead.Files.Tests;

/// <summary>Two copies to the same place: one of them is placed whole, and neither spoils what the other has.</summary>
[Trait("Case", "A4")]
public sealed class SharedPlaceTests : IDisposable
{
    readonly HostTools _host = new();
    readonly List<string> _notices = [];

    string Source => _host.Here + "/f";

    CopyOptions Options => new() { Notice = _notices.Add };

    [Fact]
    public async Task A_second_copy_down_leaves_what_the_first_one_has()
    {
        CopyTree tree = await WriteAsync('a', 300_000);
        await using LocalTarget first = new(_host.There + "/f", Options), second = new(_host.There + "/f", Options);
        await first.PrepareAsync(tree, "f", "pod:/f", Ct);
        await first.WriteAsync(new Piece(tree.Root, 0, new byte[300_000]), Ct);

        CopyException refused = await Assert.ThrowsAsync<CopyException>(() => second.PrepareAsync(tree, "f", "pod:/f", Ct).AsTask());
        Assert.Contains("another copy", refused.Message, StringComparison.Ordinal);
        await second.AbandonAsync(Ct);

        Assert.True(await first.PlaceAsync(tree, Ct));
        Assert.Equal(300_000, new FileInfo(_host.There + "/f").Length);
        Assert.Empty(_host.Stages);
    }

    [Fact]
    public async Task A_stage_here_that_is_somebody_elses_stays()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "another owner is set by root alone");
        CopyTree tree = await WriteAsync('a', 10);
        await using (LocalTarget first = new(_host.There + "/f", Options)) await first.PrepareAsync(tree, "f", "pod:/f", Ct);
        string stage = Assert.Single(_host.Stages);
        await RunningProcess.RunAsync("chown", ["65534", stage], cancellationToken: Ct);

        await using LocalTarget second = new(_host.There + "/f", Options);
        CopyException refused = await Assert.ThrowsAsync<CopyException>(() => second.PrepareAsync(tree, "f", "pod:/f", Ct).AsTask());
        Assert.Contains("belongs to somebody else", refused.Message, StringComparison.Ordinal);
        await second.AbandonAsync(Ct);
        Assert.True(File.Exists(stage + "/version"));
    }

    [Fact]
    public async Task A_copy_up_whose_place_another_one_has_taken_stops()
    {
        const int Length = 4_000_000;
        CopyTree tree = await WriteAsync('a', Length);
        await using PodTarget former = await OpenAsync();
        await former.PrepareAsync(tree, "f", Source, Ct);
        await former.WriteAsync(new Piece(tree.Root, 0, new byte[Length / 2]), Ct);

        CopyTree newer = await WriteAsync('b', Length + 7);
        await CopyAsync();
        Assert.Equal(new string('b', Length + 7), await File.ReadAllTextAsync(_host.There + "/f", Ct));

        await Assert.ThrowsAsync<CopyException>(async () =>
        {
            await former.WriteAsync(new Piece(tree.Root, Length / 2, new byte[Length - (Length / 2)]), Ct);
            await former.FlushAsync(Ct);
            await former.PlaceAsync(tree, Ct);
        });
        await former.AbandonAsync(Ct);
        Assert.Equal(newer.Root.Size, new FileInfo(_host.There + "/f").Length);
        Assert.Empty(_host.Stages);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)] // after a lost connection
    public async Task Of_two_copies_up_the_later_one_goes_on_and_the_former_one_places_nothing(bool isLost)
    {
        CopyTree tree = await WriteAsync('a', 3_000_000);
        await using PodTarget former = await OpenAsync(), later = await OpenAsync();
        await SendAsync(former, tree);
        CopyTree newer = await WriteAsync('b', 2_000_000);
        await later.PrepareAsync(newer, "f", Source, Ct);

        if (isLost)
        {
            await former.CloseAsync();
            await former.OpenAsync(Ct);
        }

        CopyException stopped = await Assert.ThrowsAsync<CopyException>(() => former.PlaceAsync(tree, Ct).AsTask());
        Assert.Contains("another copy to the same place has begun", stopped.Message, StringComparison.Ordinal);
        stopped = await Assert.ThrowsAsync<CopyException>(() => former.PrepareAsync(tree, "f", Source, Ct).AsTask());
        Assert.Contains("another copy to the same place has begun", stopped.Message, StringComparison.Ordinal);
        await former.AbandonAsync(Ct);
        Assert.False(File.Exists(_host.There + "/f"));

        await later.WriteAsync(new Piece(newer.Root, 0, await File.ReadAllBytesAsync(Source, Ct)), Ct);
        await later.FlushAsync(Ct);
        Assert.True(await later.PlaceAsync(newer, Ct));
        Assert.Equal(2_000_000, new FileInfo(_host.There + "/f").Length);
        Assert.Empty(_host.Stages);
    }

    [Fact]
    public async Task A_later_copy_goes_on_from_what_an_earlier_one_left()
    {
        CopyTree tree = await WriteAsync('a', 4_000_000);
        await using (PodTarget former = await OpenAsync()) await SendAsync(former, tree);
        await CopyAsync();
        Assert.Contains(_notices, notice => notice.StartsWith("going on behind", StringComparison.Ordinal));
        Assert.Equal(new string('a', 4_000_000), await File.ReadAllTextAsync(_host.There + "/f", Ct));
        Assert.Empty(_host.Stages);
    }

    [Fact]
    public async Task What_became_shorter_after_it_was_verified_is_not_placed()
    {
        CopyTree tree = await WriteAsync('a', 3_000_000);
        await using PodTarget target = await OpenAsync();
        await SendAsync(target, tree);
        using (FileStream staged = File.OpenWrite(Assert.Single(_host.Stages) + "/r")) staged.SetLength(10);
        CopyException changed = await Assert.ThrowsAsync<CopyException>(() => target.PlaceAsync(tree, Ct).AsTask());
        Assert.Contains("it has changed since it was verified", changed.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(_host.There + "/f"));
    }

    /// <summary>The first of two tools for one piece says how much it took: that is no reason of the second one.</summary>
    [Fact]
    [Trait("Case", "A9")]
    public async Task A_full_disk_is_the_reason_whichever_tool_finds_it()
    {
        Dictionary<string, string> tools = _host.Instead(
            "dd", "case $* in *ibs=*) echo \"dd: error writing './r': No space left on device\" >&2; exit 1;; esac\nexec $real \"$@\"");
        await WriteAsync('a', 200_000);
        CopyException full = await Assert.ThrowsAsync<CopyException>(() => CopyAsync(HostShell.Source("/", tools)));
        Assert.EndsWith("No space left on device", full.Message, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Case", "A6")]
    public async Task A_connection_that_is_lost_while_the_first_session_opens_is_made_again()
    {
        await WriteAsync('a', 10);
        ShellSource shells = HostShell.Source("/");
        int starts = 0;
        CopyResult result = await CopyAsync(shells with
        {
            Start = (command, token) => starts++ == 0
                ? throw new SessionLostException(SessionLoss.ConnectionBroken, "the connection broke")
                : shells.Start(command, token),
        });
        Assert.Equal((1, 1), (result.Reconnections, result.VerifiedBySha256));
    }

    async Task<CopyTree> WriteAsync(char letter, int length)
    {
        await File.WriteAllTextAsync(Source, new string(letter, length), Ct);
        await using LocalSource source = LocalSource.Open(Source);
        return await source.ListAsync(Ct);
    }

    async Task<PodTarget> OpenAsync()
    {
        PodTarget target = new(HostShell.Source("/"), _host.There + "/f", "f", Options);
        await target.OpenAsync(Ct);
        return target;
    }

    async Task SendAsync(PodTarget target, CopyTree tree)
    {
        await target.PrepareAsync(tree, "f", Source, Ct);
        await target.WriteAsync(new Piece(tree.Root, 0, await File.ReadAllBytesAsync(Source, Ct)), Ct);
        await target.FlushAsync(Ct);
    }

    async Task<CopyResult> CopyAsync(ShellSource? shells = null)
    {
        await using LocalSource source = LocalSource.Open(Source);
        await using PodTarget target = new(shells ?? HostShell.Source("/"), _host.There + "/f", source.Leaf, Options) { OpenHere = source.OpenAgain };
        using CopyRun run = new(source, target, Options, NullLogger.Instance);
        return await run.RunAsync(Ct).WaitAsync(TimeSpan.FromSeconds(60), Ct);
    }

    public void Dispose() => _host.Dispose();

    static CancellationToken Ct => TestContext.Current.CancellationToken;
}
