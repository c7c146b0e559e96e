namespace Fairlead.FunctionalTests.Copies;

/// <summary>Containers that lie, links that lead out, sources that change, tools that fail: nothing leaves the destination, nothing unverified is placed.</summary>
public sealed class HostileCopyTests
{
    static readonly string[] s_tools = ["sh", "dd", "tar", "mkdir", "mv", "rm", "chmod", "touch", "ln", "readlink", "sha256sum", "head", "cat"];

    [Theory]
    [InlineData("./../escaped")]
    [InlineData("./sub/../../escaped")]
    [InlineData("/tmp/escaped")]
    [InlineData("./nowhere/escaped")]
    public async Task A_listing_with_a_name_that_leads_out_ends_the_copy(string name)
    {
        await using CopyLab lab = await CopyLab.StartAsync(Ct);
        Directory.CreateDirectory(lab.There + "/tree/sub");
        PodFiles files = lab.WithTools(
        [
            .. s_tools, "stat=echo 81a4 3 0 0 0 x//",
            $"find=echo '41ed 0 0 0 0 .//'; echo '41ed 0 0 0 0 ./sub//'; echo '81a4 3 0 0 0 {name}//'",
        ]);
        await Assert.ThrowsAsync<CopyException>(() => files.CopyFromPodAsync(lab.There + "/tree", lab.Here + "/out", lab.Options, Ct));
        Assert.Empty(Directory.GetFileSystemEntries(lab.Here));
    }

    [Fact]
    public async Task A_tar_that_sends_what_was_not_asked_for_ends_the_copy()
    {
        await using CopyLab lab = await CopyLab.StartAsync(Ct);
        Directory.CreateDirectory(lab.There + "/tree");
        await File.WriteAllTextAsync(lab.There + "/tree/a", "one", Ct);
        await File.WriteAllTextAsync(lab.There + "/evil", "bad", Ct);
        PodFiles files = lab.WithTools([.. s_tools.Where(tool => tool != "tar"), "stat", "find", "tar=cd ..; exec /usr/bin/tar cPf - ../there/evil"]);
        await Assert.ThrowsAsync<CopyException>(() => files.CopyFromPodAsync(lab.There + "/tree", lab.Here + "/out", lab.Options, Ct));
        Assert.Empty(Directory.GetFileSystemEntries(lab.Here));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Links_that_lead_out_and_pipes_are_refused_by_name_and_the_rest_is_copied(bool up)
    {
        await using CopyLab lab = await CopyLab.StartAsync(Ct);
        (string from, string to) = up ? (lab.Here, lab.There) : (lab.There, lab.Here);
        Directory.CreateDirectory(from + "/tree/sub");
        await File.WriteAllTextAsync(from + "/tree/a", "one", Ct);
        File.CreateSymbolicLink(from + "/tree/absolute", "/etc/passwd");
        File.CreateSymbolicLink(from + "/tree/above", "../x");
        File.CreateSymbolicLink(from + "/tree/sub/through", "../sub/../../x");
        File.CreateSymbolicLink(from + "/tree/sub/good", "../a");
        await Fairlead.Testing.RunningProcess.RunAsync("mkfifo", [from + "/tree/pipe"], cancellationToken: Ct);

        CopyResult result = up
            ? await lab.Files.CopyToPodAsync(from + "/tree", to + "/out", lab.Options, Ct)
            : await lab.Files.CopyFromPodAsync(from + "/tree", to + "/out", lab.Options, Ct);

        Assert.Equal(["above", "absolute", "pipe", "sub/through"], result.Refused.Select(refused => refused.Path).Order(StringComparer.Ordinal));
        Assert.Equal(["a", "sub", "sub/good"], Directory.GetFileSystemEntries(to + "/out", "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(to + "/out", path)).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_link_in_the_place_of_a_folder_of_the_destination_is_not_followed(bool up)
    {
        await using CopyLab lab = await CopyLab.StartAsync(Ct);
        (string from, string to) = up ? (lab.Here, lab.There) : (lab.There, lab.Here);
        string outside = Directory.CreateDirectory(to + "/outside").FullName;
        Directory.CreateDirectory(from + "/tree/sub");
        await File.WriteAllTextAsync(from + "/tree/sub/a", "one", Ct);
        Directory.CreateDirectory(to + "/tree");
        File.CreateSymbolicLink(to + "/tree/sub", outside);

        CopyException refused = await Assert.ThrowsAsync<CopyException>(() => up
            ? lab.Files.CopyToPodAsync(from + "/tree", to, lab.Options, Ct)
            : lab.Files.CopyFromPodAsync(from + "/tree", to + "/tree", lab.Options, Ct));

        Assert.Contains("symbolic link", refused.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(outside));
        Assert.Equal([to + "/tree/sub"], Directory.GetFileSystemEntries(to + "/tree"));
    }

    [Fact]
    public async Task A_link_in_the_place_of_the_copied_folder_is_not_followed_in_a_pod()
    {
        await using CopyLab lab = await CopyLab.StartAsync(Ct);
        string outside = Directory.CreateDirectory(lab.There + "/outside").FullName;
        Directory.CreateDirectory(lab.There + "/destination");
        Directory.CreateDirectory(lab.Here + "/tree");
        await File.WriteAllTextAsync(lab.Here + "/tree/a", "one", Ct);
        File.CreateSymbolicLink(lab.There + "/destination/tree", outside);
        CopyException refused = await Assert.ThrowsAsync<CopyException>(
            () => lab.Files.CopyToPodAsync(lab.Here + "/tree", lab.There + "/destination", lab.Options, Ct));
        Assert.Contains("symbolic link", refused.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(outside));

        await lab.Files.CopyToPodAsync(lab.Here + "/tree/.", lab.There + "/destination/tree", lab.Options, Ct); // this one the user has named
        Assert.Equal([outside + "/a"], Directory.GetFileSystemEntries(outside));
    }

    [Fact]
    public async Task A_link_swapped_in_while_files_arrive_is_not_followed()
    {
        await using CopyLab lab = await CopyLab.StartAsync(Ct);
        string outside = Directory.CreateDirectory(lab.Here + "/outside").FullName;
        foreach (string name in (string[])["s1/a", "s2/b", "s3/c"])
        {
            Directory.CreateDirectory(Path.GetDirectoryName($"{lab.There}/tree/{name}")!);
            await CopyLab.WriteAsync($"{lab.There}/tree/{name}", 1 << 20);
        }

        bool swapped = false;
        CopyOptions options = lab.Options with
        {
            Progress = new Callback(progress =>
            {
                if (progress.Phase != CopyPhase.Copying || swapped) return;
                swapped = true;
                foreach (string stage in Directory.GetDirectories(lab.Here, ".fairlead-*"))
                {
                    foreach (string folder in Directory.GetDirectories(stage + "/r"))
                    {
                        Directory.Move(folder, folder + ".old");
                        File.CreateSymbolicLink(folder, outside);
                    }
                }
            }),
        };
        CopyException refused = await Assert.ThrowsAsync<CopyException>(() => lab.Files.CopyFromPodAsync(lab.There + "/tree", lab.Here + "/out", options, Ct));
        Assert.True(swapped);
        Assert.Contains("\"s", refused.Message, StringComparison.Ordinal);
        Assert.Equal([outside], Directory.GetFileSystemEntries(lab.Here));
        Assert.Empty(Directory.GetFileSystemEntries(outside));
    }

    [Fact]
    public async Task A_link_swapped_in_for_a_file_that_is_read_is_not_followed()
    {
        await using CopyLab lab = await CopyLab.StartAsync(Ct);
        await File.WriteAllTextAsync(lab.Here + "/secret", "secret", Ct);
        Directory.CreateDirectory(lab.Here + "/tree");
        foreach (string name in (string[])["a", "b"]) await CopyLab.WriteAsync($"{lab.Here}/tree/{name}", 4 << 20);
        CopyOptions options = lab.Options with
        {
            Progress = new Callback(progress =>
            {
                if (progress.Phase != CopyPhase.Copying || File.Exists(lab.Here + "/b.old")) return;
                string other = $"{lab.Here}/tree/{(progress.Path == "a" ? "b" : "a")}";
                File.Move(other, lab.Here + "/b.old");
                File.CreateSymbolicLink(other, lab.Here + "/secret");
            }),
        };
        CopyException refused = await Assert.ThrowsAsync<CopyException>(() => lab.Files.CopyToPodAsync(lab.Here + "/tree", lab.There + "/tree", options, Ct));
        Assert.Contains("symbolic link", refused.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(lab.There));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_difference_is_an_error_and_nothing_is_placed(bool up)
    {
        await using CopyLab lab = await CopyLab.StartAsync(Ct);
        (string from, string to) = up ? (lab.Here, lab.There) : (lab.There, lab.Here);
        await CopyLab.WriteAsync(from + "/file", 1 << 20);
        string liar = "read -r x; case $x in abc) echo ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad;; *) echo 0000000000000000000000000000000000000000000000000000000000000000;; esac";
        PodFiles files = lab.WithTools([.. s_tools.Where(tool => tool != "sha256sum"), "stat", "find", "sha256sum=" + liar]);

        CopyException different = await Assert.ThrowsAsync<CopyException>(() => up
            ? files.CopyToPodAsync(from + "/file", to + "/file", lab.Options, Ct)
            : files.CopyFromPodAsync(from + "/file", to + "/file", lab.Options, Ct));

        Assert.Contains("what arrived is not what was sent", different.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(to));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Without_a_tool_for_hashes_sizes_are_compared_and_it_is_said(bool up)
    {
        await using CopyLab lab = await CopyLab.StartAsync(Ct);
        (string from, string to) = up ? (lab.Here, lab.There) : (lab.There, lab.Here);
        await CopyLab.WriteAsync(from + "/file", 1 << 20);
        PodFiles files = lab.WithTools([.. s_tools.Where(tool => tool != "sha256sum"), "stat"]);
        CopyResult result = up ? await files.CopyToPodAsync(from + "/file", to + "/file", lab.Options, Ct) : await files.CopyFromPodAsync(from + "/file", to + "/file", lab.Options, Ct);
        CopyLab.AssertSame(from + "/file", to + "/file");
        Assert.Equal((0, 1), (result.VerifiedBySha256, result.VerifiedBySize));
        Assert.Contains("size only", result.Method, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_log_that_grows_is_copied_as_far_as_it_was_listed_and_one_that_is_cut_short_starts_again()
    {
        await using CopyLab lab = await CopyLab.StartAsync(Ct);
        await CopyLab.WriteAsync(lab.There + "/log", 8 << 20);
        bool grown = false;
        CopyResult result = await lab.Files.CopyFromPodAsync(lab.There + "/log", lab.Here + "/log", lab.Options with { Progress = Once(progress => File.AppendAllText(lab.There + "/log", "more\n"), () => grown, () => grown = true) }, Ct);
        Assert.True(grown);
        Assert.Equal((8 << 20, 1), (new FileInfo(lab.Here + "/log").Length, result.VerifiedBySha256));

        bool shortened = false;
        await lab.Files.CopyFromPodAsync(lab.There + "/log", lab.Here + "/again", lab.Options with { Progress = Once(progress => File.WriteAllText(lab.There + "/log", "short"), () => shortened, () => shortened = true) }, Ct);
        Assert.Equal("short", await File.ReadAllTextAsync(lab.Here + "/again", Ct));
        Assert.Contains(lab.Notices, notice => notice.Contains("has changed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_is_not_verified_is_for_its_owner_alone()
    {
        await using CopyLab lab = await CopyLab.StartAsync(Ct);
        await CopyLab.WriteAsync(lab.Here + "/file", 4 << 20);
        UnixFileMode up = 0, down = 0;
        await lab.Files.CopyToPodAsync(lab.Here + "/file", lab.There + "/file", lab.Options with { Progress = new Callback(_ => up |= Modes(lab.There)) }, Ct);
        await lab.Files.CopyFromPodAsync(lab.There + "/file", lab.Here + "/back", lab.Options with { Progress = new Callback(_ => down |= Modes(lab.Here)) }, Ct);
        Assert.Equal((0x1C0, 0x1C0), ((int)up, (int)down));
        CopyLab.AssertSame(lab.Here + "/file", lab.Here + "/back");

        static UnixFileMode Modes(string folder) => Directory.GetDirectories(folder, ".fairlead-*").Aggregate((UnixFileMode)0, (modes, stage) => modes | File.GetUnixFileMode(stage));
    }

    [Fact]
    public async Task Special_bits_come_only_when_asked_for()
    {
        await using CopyLab lab = await CopyLab.StartAsync(Ct);
        Directory.CreateDirectory(lab.Here + "/tree");
        await File.WriteAllTextAsync(lab.Here + "/tree/su", "x", Ct);
        File.SetUnixFileMode(lab.Here + "/tree/su", (UnixFileMode)0x9ED); // 4755
        await lab.Files.CopyToPodAsync(lab.Here + "/tree", lab.There + "/plain", lab.Options, Ct);
        await lab.Files.CopyToPodAsync(lab.Here + "/tree", lab.There + "/special", lab.Options with { SpecialModes = true }, Ct);
        await lab.Files.CopyFromPodAsync(lab.There + "/special", lab.Here + "/back", lab.Options, Ct);
        Assert.Equal((0x1ED, 0x9ED, 0x1ED), (Mode(lab.There + "/plain/su"), Mode(lab.There + "/special/su"), Mode(lab.Here + "/back/su")));

        static int Mode(string path) => (int)File.GetUnixFileMode(path);
    }

    static Callback Once(Action<CopyProgress> action, Func<bool> done, Action set) => new(progress =>
    {
        if (progress.Phase != CopyPhase.Copying || progress.Bytes < 1 << 20 || done()) return;
        set();
        action(progress);
    });

    sealed class Callback(Action<CopyProgress> action) : IProgress<CopyProgress>
    {
        public void Report(CopyProgress value) => action(value);
    }

    static CancellationToken Ct => TestContext.Current.CancellationToken;
}
