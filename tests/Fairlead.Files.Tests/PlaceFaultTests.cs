using System.Runtime.InteropServices;
using System.Text;
using Fairlead.Files.Local;
using Fairlead.Files.Pods;
using Fairlead.Files.Runs;
using Fairlead.Files.Shells;
using Fairlead.Files.Trees;
using Fairlead.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fairlead.Files.Tests;

/// <summary>What stands in the way is named, with the side that it is on, and costs nothing but itself.</summary>
public sealed partial class PlaceFaultTests : IDisposable
{
    readonly HostTools _host = new();

    /// <summary>A folder of root's, that nobody else may enter.</summary>
    [Theory]
    [InlineData("closed/inner")]
    [InlineData("closed/deep/inner")]
    [InlineData("closed")]
    [Trait("Case", "A1")]
    public async Task A_folder_on_the_way_that_may_not_be_entered_is_told_as_that(string path)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "another user is taken by root alone");
        Directory.CreateDirectory(_host.There + "/closed/deep");
        await File.WriteAllTextAsync(_host.There + "/closed/inner", "x", Ct);
        await File.WriteAllTextAsync(_host.Here + "/f", "x", Ct);
        File.SetUnixFileMode(_host.There + "/closed", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

        foreach (bool up in (bool[])[true, false])
        {
            ShellSource shells = HostShell.Source("/", isNobody: true);
            CopyException refused = await Assert.ThrowsAsync<CopyException>(() =>
                up ? UpAsync("f", $"{_host.There}/{path}", shells) : DownAsync($"{_host.There}/{path}", "d", shells));
            Assert.Contains("Permission denied", refused.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("no such", refused.Message, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Theory]
    [InlineData("gone/inner")]
    [InlineData("gone")]
    public async Task What_is_not_there_is_told_as_that(string path)
    {
        CopyException refused = await Assert.ThrowsAsync<CopyException>(() => DownAsync($"{_host.There}/{path}", "d", HostShell.Source("/")));
        Assert.Equal($"{_host.There}/{path}: no such file or directory in the container", refused.Message);
        refused = await Assert.ThrowsAsync<CopyException>(() => DownAsync(path, "d", HostShell.Source("/")));
        Assert.Equal($"{path}: no such file or directory in the container", refused.Message);
    }

    [Fact]
    [Trait("Case", "A9")]
    public async Task A_path_here_that_leads_through_a_file_is_told_by_what_the_system_says()
    {
        await File.WriteAllTextAsync(_host.Here + "/f", "x", Ct);
        CopyException refused = Assert.Throws<CopyException>(() => LocalSource.Open(_host.Here + "/f/inner"));
        Assert.Equal($"{_host.Here}/f/inner: Not a directory here", refused.Message);
        refused = await Assert.ThrowsAsync<CopyException>(() => DownAsync(_host.Here + "/f", "none/f", HostShell.Source("/")));
        Assert.Equal($"{_host.Here}/none: no such directory here", refused.Message);
    }

    [Theory]
    [InlineData(2_000)]
    [InlineData(600_000)]
    [Trait("Case", "A3")]
    public async Task A_file_there_that_becomes_a_pipe_costs_nothing_but_itself(int length)
    {
        string tree = Directory.CreateDirectory(_host.There + "/tree").FullName;
        foreach (string name in (string[])["a", "pipe", "z"]) await File.WriteAllTextAsync($"{tree}/{name}", new string('x', length), Ct);
        await CopyLargeAsync(tree + "/large"); // so that nothing comes with the listing
        await using PodSource source = new(HostShell.Source("/"), tree, new CopyOptions());
        await source.OpenAsync(Ct);
        CopyTree listed = await source.ListAsync(Ct);
        File.Delete(tree + "/pipe");
        await RunningProcess.RunAsync("mkfifo", [tree + "/pipe"], cancellationToken: Ct);

        List<string> told = [];
        await foreach (Piece piece in source.ReadAsync([.. listed.Files.Select(file => new FilePart(file, 0))], Ct))
            if (piece.Fault is not null) told.Add($"{piece.File.Path}: {piece.Fault.Reason}");
        Assert.Equal([$"pipe: {tree}/pipe: it is no file any more"], told);
        TreeEntry pipe = listed.Find("pipe")!;
        Assert.Equal(listed.Files.Count - 1, (await source.HashAsync(listed.Files, Ct)).Count);
        Assert.Empty((await source.HashPrefixAsync(pipe, 1000, Ct)).Value);
    }

    [Fact]
    [Trait("Case", "A3")]
    public async Task Whatever_opens_a_file_there_opens_no_pipe()
    {
        string pipe = _host.There + "/pipe";
        await RunningProcess.RunAsync("mkfifo", [pipe], cancellationToken: Ct);
        await using RemoteShell shell = await HostShell.Source("/").OpenAsync(Ct);
        foreach (string line in (string[])["get 0 1", "pour", "why", "hashes", "digest", "prefix 10", "filled"])
        {
            (_, byte[] said) = await shell.RunAsync($"{line} {pipe}", Ct).AsTask().WaitAsync(TimeSpan.FromSeconds(20), Ct);
            Assert.Equal("", Encoding.UTF8.GetString(said).Trim());
        }
    }

    [Fact]
    public async Task Without_stat_there_a_link_that_the_user_names_is_followed()
    {
        await File.WriteAllTextAsync(_host.There + "/f", "text", Ct);
        File.CreateSymbolicLink(_host.There + "/link", "f");
        CopyResult result = await DownAsync(_host.There + "/link", "f", HostShell.Source("/", _host.Instead("stat", "exit 1")));
        Assert.Equal((1, 1), (result.Files, result.VerifiedBySha256));
        Assert.Equal("text", await File.ReadAllTextAsync(_host.Here + "/f", Ct));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_the_destination_has_something_else_for_is_refused_and_the_rest_is_placed(bool up)
    {
        (string from, string to) = up ? (_host.Here + "/tree", _host.There + "/tree") : (_host.There + "/tree", _host.Here + "/tree");
        foreach (string folder in (string[])["clash/deep", "sub"]) Directory.CreateDirectory($"{from}/{folder}");
        foreach (string file in (string[])["a", "b", "clash/c", "clash/deep/d", "sub/e", "sub/g"]) await File.WriteAllTextAsync($"{from}/{file}", file, Ct);
        Directory.CreateDirectory(to + "/sub/g");
        Directory.CreateDirectory(to + "/b");
        await File.WriteAllTextAsync(to + "/clash", "mine", Ct);
        File.SetUnixFileMode(to + "/b", (UnixFileMode)0x1C8);

        CopyResult result = up ? await UpAsync("tree", _host.There, HostShell.Source("/")) : await DownAsync(from, "tree", HostShell.Source("/"));

        Assert.Equal(["b", "clash", "sub/g"], result.Refused.Select(refused => refused.Path).Order(StringComparer.Ordinal));
        Assert.All(result.Refused, refused => Assert.EndsWith("in the destination", refused.Reason, StringComparison.Ordinal));
        Assert.Equal((2, 2), (result.Files, result.VerifiedBySha256));
        Assert.Equal("a", await File.ReadAllTextAsync(to + "/a", Ct));
        Assert.Equal("sub/e", await File.ReadAllTextAsync(to + "/sub/e", Ct));
        Assert.Equal("mine", await File.ReadAllTextAsync(to + "/clash", Ct));
        Assert.Equal((UnixFileMode)0x1C8, File.GetUnixFileMode(to + "/b"));
        Assert.Empty(_host.Stages);
    }

    [Fact]
    public async Task A_link_that_cannot_be_made_there_is_refused_and_the_rest_is_placed()
    {
        Directory.CreateDirectory(_host.Here + "/tree");
        await File.WriteAllTextAsync(_host.Here + "/tree/a", "a", Ct);
        foreach (string name in (string[])["good", "two\nlines", "bad"]) File.CreateSymbolicLink($"{_host.Here}/tree/{name}", "a");
        Dictionary<string, string> tools = _host.Instead(
            "ln", "case $4 in */bad) echo \"ln: failed to create symbolic link '$4': Operation not permitted\" >&2; exit 1;; esac\nexec $real \"$@\"");
        CopyResult result = await UpAsync("tree", _host.There + "/tree", HostShell.Source("/", tools));
        Assert.Equal([new CopyProblem("bad", "this link cannot be made there: Operation not permitted")], result.Refused);
        Assert.Equal((1, 2), (result.Files, result.Links));
        Assert.Equal(["a", "good", "two\nlines"], Directory.GetFileSystemEntries(_host.There + "/tree").Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    [Trait("Case", "A8")]
    public async Task A_file_that_is_shorter_than_it_says_is_told_as_that()
    {
        const string File = "/sys/kernel/uevent_seqnum"; // says that it is as long as a page
        Assert.SkipUnless(System.IO.File.Exists(File), "there is no /sys here");
        foreach (bool up in (bool[])[true, false])
        {
            CopyException refused = await Assert.ThrowsAsync<CopyException>(() => up
                ? UpAsync(File, _host.There + "/f", HostShell.Source("/"))
                : DownAsync(File, "f", HostShell.Source("/")));
            Assert.StartsWith("uevent_seqnum was not copied: it has another length than it says", refused.Message, StringComparison.Ordinal);
        }
    }

    /// <summary>A thread has a working folder of its own here, so that no other test is disturbed.</summary>
    [Fact]
    [Trait("Case", "A10")]
    public async Task A_relative_path_leads_below_a_working_folder_whose_name_is_no_text()
    {
        byte[] odd = [.. Encoding.UTF8.GetBytes(_host.Here), (byte)'/', (byte)'d', 0xFF, 0];
        string folder = NameBytes.Decode(odd.AsSpan(0, odd.Length - 1));
        using LocalFolder here = LocalFolder.Open(_host.Here);
        here.OpenOrCreateFolder(Path.GetFileName(folder), 0x1C0).Dispose();
        TaskCompletionSource<LocalSource> opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() =>
        {
            try
            {
                Assert.Equal((0, 0), (unshare(0x200 /* CLONE_FS */), chdir(in odd[0])));
                Assert.Equal(folder + "/sub/f", LocalPath.Full("sub/../sub/f"));
                using (LocalFolder working = LocalFolder.Open(LocalPath.Full("."))) working.OpenOrCreateFile("f").Dispose();
                opened.SetResult(LocalSource.Open("f"));
            }
            catch (Exception e)
            {
                opened.SetException(e);
            }
        }).Start();
        await using LocalSource source = await opened.Task.WaitAsync(TimeSpan.FromSeconds(30), Ct);
        Assert.Equal(folder + "/f", source.Description);
        Assert.Equal(EntryKind.File, LocalPath.KindOf(folder + "/f"));
        Assert.Single((await source.ListAsync(Ct)).Files);
        here.Remove(Path.GetFileName(folder)); // .NET finds no such name
    }

    [LibraryImport("libc")] private static partial int unshare(int flags);

    [LibraryImport("libc")] private static partial int chdir(in byte path);

    static async Task CopyLargeAsync(string path)
    {
        await using FileStream file = File.Create(path);
        file.SetLength(2 << 20);
    }

    async Task<CopyResult> UpAsync(string name, string to, ShellSource shells)
    {
        await using LocalSource source = LocalSource.Open(Path.Combine(_host.Here, name));
        await using PodTarget target = new(shells, to, source.Leaf, new CopyOptions()) { OpenHere = source.OpenAgain };
        return await RunAsync(source, target);
    }

    async Task<CopyResult> DownAsync(string path, string name, ShellSource shells)
    {
        await using PodSource source = new(shells, path, new CopyOptions());
        await using LocalTarget target = new($"{_host.Here}/{name}", new CopyOptions());
        return await RunAsync(source, target);
    }

    static async Task<CopyResult> RunAsync(ICopySource source, ICopyTarget target)
    {
        using CopyRun run = new(source, target, new CopyOptions(), NullLogger.Instance);
        return await run.RunAsync(Ct).WaitAsync(TimeSpan.FromSeconds(60), Ct);
    }

    public void Dispose() => _host.Dispose();

    static CancellationToken Ct => TestContext.Current.CancellationToken;
}
