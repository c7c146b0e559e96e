using System.Security.Cryptography;
using System.Text;
using Fairlead.Files.Local;
using Fairlead.Files.Pods;
using Fairlead.Files.Runs;
using Fairlead.Files.Shells;
using Fairlead.Files.Trees;
using Fairlead.Testing;
using Microsoft.Win32.SafeHandles;

namespace Fairlead.Files.Tests;

/// <summary>What becomes of one file between its listing and its end is told of that file alone.</summary>
[Trait("Case", "A3")]
public sealed class ChangingFilesTests : IDisposable
{
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fairlead-changing-");

    string Root => _folder.FullName;

    [Fact]
    public async Task A_file_here_that_has_become_something_else_is_a_fault_of_its_own()
    {
        foreach (string name in (string[])["folder", "gone", "pipe", "still"]) await File.WriteAllTextAsync($"{Root}/{name}", name, Ct);
        await using LocalSource source = LocalSource.Open(Root);
        CopyTree tree = await source.ListAsync(Ct);
        foreach (string name in (string[])["folder", "gone", "pipe"]) File.Delete($"{Root}/{name}");
        Directory.CreateDirectory(Root + "/folder");
        await RunningProcess.RunAsync("mkfifo", [Root + "/pipe"], cancellationToken: Ct);

        List<string> told = [];
        await foreach (Piece piece in source.ReadAsync([.. tree.Files.Select(file => new FilePart(file, 0))], Ct))
            told.Add($"{piece.File.Path} {piece.Fault?.Reason.Replace(Root, "", StringComparison.Ordinal)}");
        Assert.Equal(
            ["folder /folder: it is no file any more", "gone it is gone since it was listed", "pipe /pipe: it is no file any more", "still "],
            told);
    }

    [Fact]
    public async Task A_file_here_that_goes_behind_its_first_piece_is_not_followed()
    {
        await File.WriteAllBytesAsync(Root + "/large", new byte[600_000], Ct);
        await using LocalSource source = LocalSource.Open(Root);
        TreeEntry file = (await source.ListAsync(Ct)).Files[0];
        File.Delete(Root + "/large");
        Assert.Null(source.Follow(file, IncrementalHash.CreateHash(HashAlgorithmName.SHA256), 0));
    }

    [Fact]
    public async Task A_small_file_there_that_has_grown_large_costs_only_its_archive()
    {
        // more than comes with a listing
        foreach (char name in "abc") await File.WriteAllTextAsync($"{Root}/{name}", new string(name, 100_000), Ct);
        await using PodSource source = new(HostShell.Source("/"), Root, new CopyOptions());
        await source.OpenAsync(Ct);
        CopyTree tree = await source.ListAsync(Ct);
        using (FileStream grown = File.OpenWrite(Root + "/b")) grown.SetLength(200 << 20);

        List<string> told = [];
        await foreach (Piece piece in source.ReadAsync([.. tree.Files.Select(file => new FilePart(file, 0))], Ct))
            told.Add($"{piece.File.Path} {(piece.Fault is null ? (char)piece.Bytes.Span[0] : piece.Fault.Reason)}");
        Assert.Equal(["a a", "b b", "b it grew", "c c"], told.Distinct().Order(StringComparer.Ordinal)); // alone, a file comes in pieces
    }

    [Fact]
    public async Task Few_small_files_come_with_their_listing_and_what_else_is_there_does_no_harm()
    {
        string[] names = ["a", "-n", "two\nlines", "sub/b", "empty"];
        Directory.CreateDirectory(Root + "/sub");
        foreach (string name in names) await File.WriteAllTextAsync($"{Root}/{name}", name == "empty" ? "" : "of " + name, Ct);
        await using PodSource source = new(HostShell.Source("/"), Root, new CopyOptions());
        await source.OpenAsync(Ct);
        CopyTree tree = await source.ListAsync(Ct);
        foreach (string name in names) File.Delete($"{Root}/{name}");

        TreeEntry[] some = [.. tree.Files.Where(file => file.Path != "a")];
        List<(string, string)> come = [];
        await foreach (Piece piece in source.ReadAsync([.. some.Select(file => new FilePart(file, 0))], Ct))
            come.Add((piece.File.Path, Encoding.UTF8.GetString(piece.Bytes.Span)));
        Assert.Equal([("-n", "of -n"), ("empty", ""), ("sub/b", "of sub/b"), ("two\nlines", "of two\nlines")], come.OrderBy(one => one.Item1, StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(300, 10)] // more than come early
    [InlineData(3, 100_000)]
    public async Task More_than_few_files_come_when_they_are_asked_for(int count, int length)
    {
        for (int i = 0; i < count; i++) await File.WriteAllBytesAsync($"{Root}/f{i}", new byte[length], Ct);
        await using PodSource source = new(HostShell.Source("/"), Root, new CopyOptions());
        await source.OpenAsync(Ct);
        CopyTree tree = await source.ListAsync(Ct);
        for (int i = 0; i < count; i++) await File.WriteAllBytesAsync($"{Root}/f{i}", Enumerable.Repeat((byte)1, length).ToArray(), Ct);
        await foreach (Piece piece in source.ReadAsync([.. tree.Files.Select(file => new FilePart(file, 0))], Ct)) Assert.Equal(1, piece.Bytes.Span[0]);
    }

    [Fact]
    public void A_time_that_has_no_date_is_set_as_far_as_there_are_dates()
    {
        using SafeFileHandle file = File.OpenHandle(Root + "/file", FileMode.Create, FileAccess.Write);
        using LocalFolder folder = LocalFolder.Open(Root);
        folder.SetModified(file, 1L << 40);
        Assert.True(File.GetLastWriteTimeUtc(file) > DateTime.UtcNow);
    }

    [Fact]
    public async Task A_stage_may_hold_as_much_as_is_known_to_be_copied()
    {
        const string Line = "seq -f '81a4 1 1:1 0 0 ./r/f%.0f//' 300000";
        await using RemoteShell shell = await HostShell.Source("/").OpenAsync(Ct);
        await shell.SendAsync(Line, Ct);
        Assert.Equal(300_000, (await ListingReader.ReadAsync(shell, "./r", 2 * ListingReader.MostCost, Ct)).Count);
        await shell.SendAsync(Line, Ct);
        await Assert.ThrowsAsync<InvalidDataException>(() => ListingReader.ReadAsync(shell, "./r", ListingReader.MostCost, Ct).AsTask());
    }

    [Fact]
    public async Task A_reason_behind_a_long_path_is_told()
    {
        string path = string.Concat(Enumerable.Repeat("/" + new string('x', 200), 19));
        await using RemoteShell shell = await HostShell.Source("/").OpenAsync(Ct);
        (ShellEnding ending, _) = await shell.RunAsync($"why {path}", Ct);
        Assert.StartsWith("No such file", ending.Reason, StringComparison.Ordinal);
        (ending, _) = await shell.RunAsync("e=$(printf %030000d 7);false", Ct);
        Assert.Equal(2048, ending.Said.Length);
    }

    [Fact]
    [Trait("Case", "A5")]
    public async Task A_shell_that_ends_its_output_and_lives_on_is_silent()
    {
        ShellSource shells = HostShell.Source("/");
        shells = shells with
        {
            Start = (_, token) => HostShell.Source("/").Start(["sh", "-c", "exec >&- 2>&-; exec sleep 1000"], token),
            Patience = TimeSpan.FromMilliseconds(300),
        };
        await using RemoteShell shell = await shells.OpenAsync(Ct);
        await Assert.ThrowsAsync<ShellSilentException>(() => shell.ReadTextAsync(Ct).AsTask().WaitAsync(TimeSpan.FromSeconds(30), Ct));
    }

    [Fact]
    [Trait("Case", "A5")]
    public async Task A_shell_that_says_a_byte_now_and_then_is_silent_too()
    {
        ShellSource shells = HostShell.Source("/");
        shells = shells with
        {
            Start = (_, token) => HostShell.Source("/").Start(["sh", "-c", "while printf x; do sleep 0.05; done"], token),
            Patience = TimeSpan.FromSeconds(1),
        };
        await using RemoteShell shell = await shells.OpenAsync(Ct);
        await Assert.ThrowsAsync<ShellSilentException>(() => shell.ReadTextAsync(Ct).AsTask().WaitAsync(TimeSpan.FromSeconds(90), Ct));
    }

    public void Dispose() => _folder.Delete(recursive: true);

    static CancellationToken Ct => TestContext.Current.CancellationToken;
}
