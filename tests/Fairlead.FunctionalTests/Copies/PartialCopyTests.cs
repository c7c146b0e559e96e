using Fairlead.Testing;

namespace Fairlead.FunctionalTests.Copies;

/// <summary>What cannot be read, listed or found any more is refused by name; the rest is copied.</summary>
public sealed class PartialCopyTests
{
    /// <summary>Containers that have these: all, no tar, no stat and find, a shell and cat.</summary>
    public static TheoryData<string> Kinds { get; } = ["all", "no tar", "no stat", "cat"];

    [Fact]
    [Trait("Case", "A10")]
    public async Task Places_that_a_user_names_are_bytes_too()
    {
        await using CopyLab lab = await CopyLab.StartAsync(Ct);
        RunResult made = await RunningProcess.RunAsync("bash", ["-ec", "cd \"$0\"; printf text > $'caf\\xe9'; mkdir $'d\\xff'; printf in > $'d\\xff/in'; ln -s $'caf\\xe9' link", lab.Here], cancellationToken: Ct);
        Assert.Equal(0, made.ExitCode);
        await lab.Files.CopyToPodAsync(lab.Here + "/caf\uDCE9", lab.There + "/up\uDCFE", lab.Options, Ct);
        await lab.Files.CopyToPodAsync(lab.Here + "/d\uDCFF", lab.There + "/", lab.Options, Ct);
        await lab.Files.CopyToPodAsync(lab.Here + "/link", lab.There + "/through", lab.Options, Ct);
        await lab.Files.CopyFromPodAsync(lab.There + "/up\uDCFE", lab.Here + "/down\uDCE9", lab.Options, Ct);
        await lab.Files.CopyFromPodAsync(lab.There + "/d\uDCFF", lab.Here + "/again", lab.Options, Ct);
        RunResult seen = await RunningProcess.RunAsync("bash", ["-ec", "cd \"$0\"; cat $'up\\xfe' $'d\\xff/in' through; cd \"$1\"; cat $'down\\xe9' again/in", lab.There, lab.Here], cancellationToken: Ct);
        Assert.Equal((0, "textintexttextin"), (seen.ExitCode, seen.Stdout));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    [Trait("Case", "A1")]
    public async Task What_a_container_that_is_not_root_may_not_read_is_named_and_the_rest_is_copied(string kind)
    {
        await using CopyLab lab = await CopyLab.StartAsync(Ct);
        string tree = Directory.CreateDirectory(lab.There + "/mix").FullName;
        await File.WriteAllTextAsync(tree + "/a", "a\n", Ct);
        foreach ((string name, int length) in (ReadOnlySpan<(string, int)>)[("b", 2), ("big", 3_000_000), ("empty", 0)])
        {
            File.WriteAllBytes($"{tree}/{name}", new byte[length]);
            File.SetUnixFileMode($"{tree}/{name}", UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        CopyResult result = await lab.AsNobody(kind).CopyFromPodAsync(tree, lab.Here + "/d", lab.Options, Ct);

        Assert.Equal("a\n", await File.ReadAllTextAsync(lab.Here + "/d/a", Ct));
        Assert.Equal(["a"], Directory.GetFileSystemEntries(lab.Here + "/d").Select(Path.GetFileName));
        Assert.Equal(["b", "big", "empty"], result.Refused.Select(refused => refused.Path).Order(StringComparer.Ordinal));
        Assert.All(result.Refused, refused => Assert.Equal($"{tree}/{refused.Path}: Permission denied", refused.Reason));

        CopyException single = await Assert.ThrowsAsync<CopyException>(() => lab.AsNobody(kind).CopyFromPodAsync(tree + "/big", lab.Here + "/single", lab.Options, Ct));
        Assert.Equal($"big was not copied: {tree}/big: Permission denied", single.Message);
        Assert.Equal([lab.Here + "/d"], Directory.GetFileSystemEntries(lab.Here));
    }

    /// <summary>What the tools of a container say for other reasons than a missing right: a disk that fails, a mount whose server is gone.</summary>
    [Theory]
    [InlineData("find: './sub': Input/output error", "sub", "Input/output error")]
    [InlineData("find: ./sub: Permission denied", "sub", "Permission denied")] // busybox, whose test says to root that it may
    [InlineData("stat: cannot statx './mnt': Transport endpoint is not connected", "mnt", "Transport endpoint is not connected")]
    [InlineData("stat: can't stat './sub/a: b': Stale file handle", "sub/a: b", "Stale file handle")]
    [InlineData("find: failed to restore initial working directory: Oops", ".", "find: failed to restore initial working directory: Oops")]
    [InlineData("find: './sub/gone': No such file or directory", null, null)]
    [Trait("Case", "A2")]
    public async Task What_a_containers_tools_could_not_list_is_named(string said, string? path, string? reason)
    {
        await using CopyLab lab = await CopyLab.StartAsync(Ct);
        string tree = Directory.CreateDirectory(lab.There + "/volume").FullName;
        Directory.CreateDirectory(tree + "/sub");
        await File.WriteAllTextAsync(tree + "/a", "a\n", Ct);
        PodFiles files = lab.WithTools(
            "sh", "dd", "mkdir", "mv", "rm", "chmod", "stat", "readlink", "sha256sum", "head", "wc", "cat", "tar", $"find=/usr/bin/find \"$@\"; echo \"{said}\" >&2; exit 1");

        CopyResult result = await files.CopyFromPodAsync(tree, lab.Here + "/d", lab.Options, Ct);

        Assert.Equal("a\n", await File.ReadAllTextAsync(lab.Here + "/d/a", Ct));
        if (path is null) Assert.Empty(result.Refused);
        else Assert.Equal(new CopyProblem(path, path == "." ? reason! : $"{tree}/{path}: {reason}"), Assert.Single(result.Refused));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    [Trait("Case", "A2")]
    public async Task A_folder_that_may_not_be_listed_is_named_and_the_rest_is_copied(string kind)
    {
        await using CopyLab lab = await CopyLab.StartAsync(Ct);
        string tree = Directory.CreateDirectory(lab.There + "/volume").FullName;
        foreach ((string folder, int mode) in (ReadOnlySpan<(string, int)>)[("lost+found", 0x1C0), ("x only", 0x1C9), ("r only", 0x1E4), ("open", 0x1ED)])
        {
            Directory.CreateDirectory($"{tree}/{folder}");
            File.WriteAllText($"{tree}/{folder}/inner", "x");
            File.SetUnixFileMode($"{tree}/{folder}", (UnixFileMode)mode);
        }

        CopyResult result = await lab.AsNobody(kind).CopyFromPodAsync(tree, lab.Here + "/d", lab.Options, Ct);

        Assert.Equal(["lost+found", "r only", "x only"], result.Refused.Select(refused => refused.Path).Order(StringComparer.Ordinal));
        Assert.All(result.Refused, refused => Assert.Equal($"{tree}/{refused.Path}: Permission denied", refused.Reason));
        Assert.Equal(["open", "open/inner"], Directory.GetFileSystemEntries(lab.Here + "/d", "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(lab.Here + "/d", path)).Order(StringComparer.Ordinal));

        CopyException closed = await Assert.ThrowsAsync<CopyException>(() => lab.AsNobody(kind).CopyFromPodAsync(tree + "/x only", lab.Here + "/no", lab.Options, Ct));
        Assert.Contains("Permission denied", closed.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(6_000, 6)]
    [InlineData(40, 300_000)]
    [Trait("Case", "A4")]
    public async Task Files_that_go_while_others_are_copied_are_named(int count, int length)
    {
        await using CopyLab lab = await CopyLab.StartAsync(Ct);
        string tree = Directory.CreateDirectory(lab.There + "/many").FullName;
        byte[] content = new byte[length];
        content.AsSpan().Fill((byte)'x');
        for (int i = 0; i < count; i++) await File.WriteAllBytesAsync($"{tree}/f{i}", content, Ct);
        HashSet<string> deleted = [];
        CopyOptions options = lab.Options with
        {
            Progress = new Callback(progress =>
            {
                if (progress.Phase != CopyPhase.Copying || deleted.Count > 0) return;
                foreach (string path in Directory.GetFiles(tree).Where(path => Path.GetFileName(path) != progress.Path).OrderDescending(StringComparer.Ordinal).Take(count - 2))
                {
                    deleted.Add(Path.GetFileName(path));
                    File.Delete(path);
                }
            }),
        };

        CopyResult result = await lab.Files.CopyFromPodAsync(tree, lab.Here + "/many", options, Ct);

        Assert.NotEmpty(result.Refused);
        Assert.All(result.Refused, refused => Assert.Equal("it is gone since it was listed", refused.Reason));
        Assert.Subset(deleted, result.Refused.Select(refused => refused.Path).ToHashSet());
        string[] copied = Directory.GetFiles(lab.Here + "/many");
        Assert.Equal(count, copied.Length + result.Refused.Count);
        Assert.All(copied, path => Assert.Equal(content, File.ReadAllBytes(path)));
    }

    [Theory]
    [InlineData("/proc/kallsyms")]
    [InlineData("/proc/version")]
    [InlineData("/proc/self/status")]
    [Trait("Case", "A8")]
    public async Task A_file_of_proc_that_says_it_is_empty_is_never_verified_as_an_empty_one(string path)
    {
        await using CopyLab lab = await CopyLab.StartAsync(Ct);
        CopyException refused = await Assert.ThrowsAsync<CopyException>(() => lab.Files.CopyFromPodAsync(path, lab.Here + "/out", lab.Options, Ct));
        Assert.StartsWith($"{Path.GetFileName(path)} was not copied: it says that it is empty", refused.Message, StringComparison.Ordinal);
        refused = await Assert.ThrowsAsync<CopyException>(() => lab.Files.CopyToPodAsync(path, lab.There + "/out", lab.Options, Ct));
        Assert.StartsWith($"{Path.GetFileName(path)} was not copied: it says that it is empty", refused.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(lab.Here).Concat(Directory.GetFileSystemEntries(lab.There)));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    [Trait("Case", "A10")]
    public async Task Names_are_bytes_both_ways(string kind)
    {
        await using CopyLab lab = await CopyLab.StartAsync(Ct);
        string make = """
            mkdir "$1/t"; cd "$1/t"; d=$(printf 'd\377\376'); mkdir "$d"; echo one >"$d/$(printf '\200x')"; echo two >"$(printf 'half\303')"
            ln -s "$(printf 'half\303')" "$(printf 'l\355\240\200')"; echo three >"$(printf 'repl\357\277\275')"
            """;
        await Testing.RunningProcess.RunAsync("sh", ["-c", make, "sh", lab.There], cancellationToken: Ct);
        PodFiles files = lab.AsNobody(kind);
        CopyResult down = await files.CopyFromPodAsync(lab.There + "/t", lab.Here + "/t", lab.Options, Ct);
        string there = await ListAsync(lab.There + "/t"), here = await ListAsync(lab.Here + "/t");
        if (kind == "cat") Assert.Equal(["where this link points cannot be told"], down.Refused.Select(refused => refused.Reason));
        else Assert.Equal(there, here);
        Assert.Equal(3, down.Files);
        if (kind == "cat") return;
        CopyResult up = await files.CopyToPodAsync(lab.Here + "/t", lab.There + "/up", lab.Options, Ct);
        Assert.Empty(up.Refused);
        Assert.Equal(there, await ListAsync(lab.There + "/up"));

        async Task<string> ListAsync(string folder) =>
            (await Testing.RunningProcess.RunAsync("sh", ["-c", "cd \"$1\" && LC_ALL=C && export LC_ALL && find . | sort | od -c && find . -type l -exec readlink {} + | od -c && find . -type f -exec cat {} +", "sh", folder], cancellationToken: Ct)).Stdout;
    }

    sealed class Callback(Action<CopyProgress> action) : IProgress<CopyProgress>
    {
        public void Report(CopyProgress value) => action(value);
    }

    static CancellationToken Ct => TestContext.Current.CancellationToken;
}
