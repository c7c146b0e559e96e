using Fairlead.Testing;
namespace Fairlead.FunctionalTests.Copies;

/// <summary>Files and trees to, from and between containers, with whatever tools those have.</summary>
public sealed class CopyTests
{
    [Fact]
    public async Task A_tree_with_all_that_trees_hold_goes_both_ways_and_from_pod_to_pod()
    {
        await using CopyLab lab = await CopyLab.StartAsync(Ct);
        string tree = await WriteTreeAsync(lab.Here);

        CopyResult up = await lab.Files.CopyToPodAsync(tree, lab.There + "/up", lab.Options, Ct);
        CopyLab.AssertSame(tree, lab.There + "/up");
        Assert.Equal((9, 0, 3), (up.VerifiedBySha256, up.VerifiedBySize, up.Links));

        CopyResult down = await lab.Files.CopyFromPodAsync(lab.There + "/up", lab.Here + "/down", lab.Options, Ct);
        CopyLab.AssertSame(tree, lab.Here + "/down");
        Assert.Equal((up.Files, up.Bytes, up.Links), (down.Files, down.Bytes, down.Links));

        await lab.Files.CopyToAsync(lab.There + "/up", lab.Files, lab.There + "/across", lab.Options, Ct);
        CopyLab.AssertSame(tree, lab.There + "/across");
    }

    [Fact]
    public async Task Without_tar_the_same_tree_goes_by_dd()
    {
        await using CopyLab lab = await CopyLab.StartAsync(Ct);
        string tree = await WriteTreeAsync(lab.Here);
        PodFiles files = lab.WithTools("sh", "dd", "mkdir", "mv", "rm", "chmod", "touch", "ln", "stat", "find", "readlink", "sha256sum", "head");

        CopyResult up = await files.CopyToPodAsync(tree, lab.There + "/up", lab.Options, Ct);
        CopyLab.AssertSame(tree, lab.There + "/up");
        Assert.Equal("dd, verified by SHA-256", up.Method);
        await files.CopyFromPodAsync(lab.There + "/up", lab.Here + "/down", lab.Options, Ct);
        CopyLab.AssertSame(tree, lab.Here + "/down");
    }

    [Theory]
    [InlineData("cat")]
    [InlineData("dd")]
    [InlineData("head")]
    public async Task A_shell_with_one_tool_is_enough_for_a_file(string tool)
    {
        await using CopyLab lab = await CopyLab.StartAsync(Ct);
        await CopyLab.WriteAsync(lab.Here + "/file", 3_000_001);
        PodFiles files = lab.WithTools("sh", tool);

        await files.CopyToPodAsync(lab.Here + "/file", lab.There + "/file", lab.Options, Ct);
        Assert.Equal(await File.ReadAllBytesAsync(lab.Here + "/file", Ct), await File.ReadAllBytesAsync(lab.There + "/file", Ct));
        await files.CopyFromPodAsync(lab.There + "/file", lab.Here + "/back", lab.Options, Ct);
        Assert.Equal(await File.ReadAllBytesAsync(lab.Here + "/file", Ct), await File.ReadAllBytesAsync(lab.Here + "/back", Ct));
    }

    [Fact]
    public async Task A_folder_comes_from_a_container_with_a_shell_and_cat()
    {
        await using CopyLab lab = await CopyLab.StartAsync(Ct);
        Directory.CreateDirectory(lab.There + "/tree/in ner");
        await CopyLab.WriteAsync(lab.There + "/tree/in ner/a", 100_000);
        await File.WriteAllTextAsync(lab.There + "/tree/.hidden", "x", Ct);
        await lab.WithTools("sh", "cat").CopyFromPodAsync(lab.There + "/tree", lab.Here + "/tree", lab.Options, Ct);
        Assert.Equal(await File.ReadAllBytesAsync(lab.There + "/tree/in ner/a", Ct), await File.ReadAllBytesAsync(lab.Here + "/tree/in ner/a", Ct));
        Assert.Equal("x", await File.ReadAllTextAsync(lab.Here + "/tree/.hidden", Ct));
    }

    [Fact]
    public async Task Without_a_shell_the_error_names_what_is_missing()
    {
        await using CopyLab lab = await CopyLab.StartAsync(Ct);
        await File.WriteAllTextAsync(lab.There + "/a", "x", Ct);
        CopyException refused = await Assert.ThrowsAsync<CopyException>(() => lab.WithTools("cat").CopyFromPodAsync(lab.There + "/a", lab.Here + "/a", lab.Options, Ct));
        Assert.Contains("no shell", refused.Message, StringComparison.Ordinal);
        refused = await Assert.ThrowsAsync<CopyException>(() => lab.WithTools("sh").CopyFromPodAsync(lab.There + "/a", lab.Here + "/a", lab.Options, Ct));
        Assert.Contains("neither dd nor cat nor head", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ten_thousand_small_files_are_verified_both_ways()
    {
        await using CopyLab lab = await CopyLab.StartAsync(Ct);
        for (int i = 0; i < 10_000; i++)
        {
            string folder = Directory.CreateDirectory($"{lab.Here}/many/d{i / 100}").FullName;
            await File.WriteAllTextAsync($"{folder}/f{i}", new string((char)('a' + (i % 26)), i % 700), Ct);
        }

        Assert.Equal(10_000, (await lab.Files.CopyToPodAsync(lab.Here + "/many", lab.There + "/many", lab.Options, Ct)).VerifiedBySha256);
        CopyLab.AssertSame(lab.Here + "/many", lab.There + "/many");
        Assert.Equal(10_000, (await lab.Files.CopyFromPodAsync(lab.There + "/many", lab.Here + "/back", lab.Options, Ct)).VerifiedBySha256);
        CopyLab.AssertSame(lab.Here + "/many", lab.Here + "/back");
    }

    [Fact]
    public async Task A_folder_that_is_there_is_filled_and_keeps_what_it_had()
    {
        await using CopyLab lab = await CopyLab.StartAsync(Ct);
        string tree = await WriteTreeAsync(lab.Here);
        foreach (string side in (string[])[lab.There + "/to/tree", lab.Here + "/back"])
        {
            Directory.CreateDirectory(side + "/sub");
            await File.WriteAllTextAsync(side + "/sub/own", "mine", Ct);
            await File.WriteAllTextAsync(side + "/a", "old", Ct);
        }

        await lab.Files.CopyToPodAsync(tree, lab.There + "/to", lab.Options, Ct); // into it, as kubectl does
        await lab.Files.CopyFromPodAsync(lab.There + "/to/tree", lab.Here + "/back", lab.Options, Ct); // and here what is in it
        foreach (string side in (string[])[lab.There + "/to/tree", lab.Here + "/back"])
        {
            Assert.Equal("mine", await File.ReadAllTextAsync(side + "/sub/own", Ct));
            Assert.Equal("hi", await File.ReadAllTextAsync(side + "/a", Ct));
        }

        CopyLab.AssertSame(lab.There + "/to/tree", lab.Here + "/back");
    }

    /// <summary>Odd names, links, permissions, empty and sparse files, a folder that nobody may write to.</summary>
    static async Task<string> WriteTreeAsync(string folder)
    {
        string tree = Directory.CreateDirectory(folder + "/tree").FullName;
        Directory.CreateDirectory(tree + "/sub/closed");
        Directory.CreateDirectory(tree + "/ odd -dir");
        await File.WriteAllTextAsync(tree + "/a", "hi", Ct);
        foreach (string name in (string[])["-n", "sp ace", "new\nline", "quo'te\"\\$(x)`y`", "sub/ünï", "empty"])
            await File.WriteAllTextAsync($"{tree}/{name}", name == "empty" ? "" : name, Ct);
        await CopyLab.WriteAsync(tree + "/sub/big", 3_000_000);
        await using (FileStream sparse = File.Create(tree + "/sparse")) sparse.SetLength(5_000_000);
        File.CreateSymbolicLink(tree + "/link", "a");
        File.CreateSymbolicLink(tree + "/sub/up", "../a");
        File.CreateSymbolicLink(tree + "/-link", "no such");
        File.SetUnixFileMode(tree + "/a", (UnixFileMode)0x1C0);
        File.SetUnixFileMode(tree + "/sub/closed", (UnixFileMode)0x16D);
        return tree;
    }

    /// <summary>As root, <c>cp bb:/etc/hostname /dev/null</c> took the machine's null device away.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_is_neither_a_file_nor_a_folder_is_not_replaced(bool up)
    {
        await using CopyLab lab = await CopyLab.StartAsync(Ct);
        (string from, string to) = up ? (lab.Here, lab.There) : (lab.There, lab.Here);
        await File.WriteAllTextAsync(from + "/a", "a\n", Ct);
        await RunningProcess.RunAsync("mkfifo", [to + "/pipe"], cancellationToken: Ct);
        File.CreateSymbolicLink(to + "/stdout", "pipe");
        File.CreateSymbolicLink(to + "/nowhere", "gone");
        foreach (string name in (string[])["pipe", "stdout"])
        {
            CopyException refused = await Assert.ThrowsAsync<CopyException>(() => CopyAsync(name));
            Assert.Contains($"{to}/{name} is a device, a pipe or a socket ", refused.Message, StringComparison.Ordinal);
        }

        Assert.Equal(["nowhere", "pipe", "stdout"], Directory.GetFileSystemEntries(to).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal("pipe", new FileInfo(to + "/stdout").LinkTarget);
        await CopyAsync("nowhere"); // a link is replaced, whatever it leads to
        Assert.Null(new FileInfo(to + "/nowhere").LinkTarget);

        Task CopyAsync(string name) => up
            ? lab.Files.CopyToPodAsync(from + "/a", $"{to}/{name}", lab.Options, Ct)
            : lab.Files.CopyFromPodAsync(from + "/a", $"{to}/{name}", lab.Options, Ct);
    }

    /// <summary>Reproducible builds stamp what they make with the first second of 1970.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Times_of_1970_and_before_are_kept(bool up)
    {
        await using CopyLab lab = await CopyLab.StartAsync(Ct);
        (string from, string to) = up ? (lab.Here, lab.There) : (lab.There, lab.Here);
        DirectoryInfo tree = Directory.CreateDirectory(from + "/tree");
        Directory.CreateDirectory(from + "/tree/folder");
        DateTime[] times = [DateTime.UnixEpoch, DateTime.UnixEpoch.AddSeconds(-86_400), DateTime.UnixEpoch.AddSeconds(1)];
        for (int i = 0; i < times.Length; i++)
        {
            await File.WriteAllTextAsync($"{from}/tree/{i}", "text", Ct);
            await CopyLab.WriteAsync($"{from}/tree/large{i}", 300_000);
            foreach (string name in (string[])[$"{i}", $"large{i}"]) File.SetLastWriteTimeUtc($"{from}/tree/{name}", times[i]);
        }

        Directory.SetLastWriteTimeUtc(from + "/tree/folder", DateTime.UnixEpoch);
        await (up ? lab.Files.CopyToPodAsync(tree.FullName, to + "/tree", lab.Options, Ct) : lab.Files.CopyFromPodAsync(tree.FullName, to + "/tree", lab.Options, Ct));
        for (int i = 0; i < times.Length; i++)
        {
            foreach (string name in (string[])[$"{i}", $"large{i}"]) Assert.Equal(times[i], File.GetLastWriteTimeUtc($"{to}/tree/{name}"));
        }

        Assert.Equal(DateTime.UnixEpoch, Directory.GetLastWriteTimeUtc(to + "/tree/folder"));
    }

    static CancellationToken Ct => TestContext.Current.CancellationToken;
}
