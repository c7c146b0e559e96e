using System.Diagnostics;

namespace Fairlead.FunctionalTests.Copies;

/// <summary>Tools and shells that answer nothing, stop in the middle, or send what nobody asked for: a copy ends within a limit of its own.</summary>
[Trait("Case", "A5")]
public sealed class SilentCopyTests
{
    const string Hang = "exec /bin/sleep 100000";

    [Theory]
    [InlineData("tar=" + Hang)]
    [InlineData("dd=case \"$*\" in *skip=*) " + Hang + ";; esac; exec /bin/dd \"$@\"")]
    [InlineData("dd=case \"$*\" in *skip=0*) head -c 70000 /dev/zero; " + Hang + ";; esac; exec /bin/dd \"$@\"")]
    [InlineData("find=" + Hang)]
    [InlineData("sha256sum=case $1 in '') exec /usr/bin/sha256sum;; esac; " + Hang)]
    [InlineData("readlink=" + Hang)]
    [InlineData("sh=" + Hang)]
    public async Task On_the_way_down(string tool)
    {
        await using CopyLab lab = await CopyLab.StartAsync(Ct);
        await WriteTreeAsync(lab.There + "/tree");
        await EndsAsync(lab, tool, (files, options) => files.CopyFromPodAsync(lab.There + "/tree", lab.Here + "/out", options, Ct));
        Assert.False(Directory.Exists(lab.Here + "/out"));
    }

    [Theory]
    [InlineData("tar=" + Hang)]
    [InlineData("dd=case \"$*\" in *seek=*) " + Hang + ";; esac; exec /bin/dd \"$@\"")]
    [InlineData("mkdir=" + Hang)]
    [InlineData("mv=" + Hang)]
    [InlineData("sha256sum=case $1 in '') exec /usr/bin/sha256sum;; esac; " + Hang)]
    [InlineData("sh=" + Hang)]
    public async Task On_the_way_up(string tool)
    {
        await using CopyLab lab = await CopyLab.StartAsync(Ct);
        await WriteTreeAsync(lab.Here + "/tree");
        await EndsAsync(lab, tool, (files, options) => files.CopyToPodAsync(lab.Here + "/tree", lab.There + "/out", options, Ct));
        Assert.False(Directory.Exists(lab.There + "/out"));
    }

    static async Task EndsAsync(CopyLab lab, string tool, Func<PodFiles, CopyOptions, Task> copy)
    {
        long began = Stopwatch.GetTimestamp();
        CopyException hangs = await Assert.ThrowsAsync<CopyException>(() => copy(lab.AsNobody("all", tool), lab.Options with { AnswerTimeout = TimeSpan.FromSeconds(1) }).WaitAsync(TimeSpan.FromSeconds(60), Ct));
        Assert.Contains("nothing came from the shell in the container for", hangs.Message, StringComparison.Ordinal);
        Testing.Measurement.Tell($"{tool.Split('=')[0]} that hangs: {Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s");
    }

    static async Task WriteTreeAsync(string tree)
    {
        Directory.CreateDirectory(tree);
        for (int i = 0; i < 20; i++) await File.WriteAllTextAsync($"{tree}/f{i}", $"{i}", Ct);
        await CopyLab.WriteAsync(tree + "/big", 300_000);
        File.CreateSymbolicLink(tree + "/link", "f1");
        foreach (string file in Directory.GetFiles(tree)) if (Path.GetFileName(file) != "link") File.SetUnixFileMode(file, (UnixFileMode)0x1A4);
    }

    [Fact]
    [Trait("Case", "A4")]
    public async Task A_tar_that_ends_inside_a_member_costs_nothing()
    {
        await using CopyLab lab = await CopyLab.StartAsync(Ct);
        await WriteTreeAsync(lab.There + "/tree");
        PodFiles files = lab.AsNobody("all", "tar=/bin/tar \"$@\" | /usr/bin/head -c 5000");
        CopyResult result = await files.CopyFromPodAsync(lab.There + "/tree", lab.Here + "/tree", lab.Options, Ct);
        CopyLab.AssertSame(lab.There + "/tree", lab.Here + "/tree");
        Assert.Equal(21, result.VerifiedBySha256);
    }

    [Theory]
    [InlineData("dd", "case \"$*\" in *skip=0*) kill -9 $PPID; exit 1;; esac; exec /bin/dd \"$@\"")]
    [InlineData("tar", "kill -9 $PPID")]
    [Trait("Case", "A4")]
    public async Task A_shell_that_dies_each_time_is_made_anew_so_often_and_told(string name, string text)
    {
        await using CopyLab lab = await CopyLab.StartAsync(Ct);
        await WriteTreeAsync(lab.There + "/tree");
        CopyException died = await Assert.ThrowsAsync<CopyException>(() => lab.AsNobody("all", $"{name}={text}").CopyFromPodAsync(lab.There + "/tree", lab.Here + "/tree", lab.Options with { Retries = 1 }, Ct));
        Assert.Contains("the shell in the container ended with code", died.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tar=exec /usr/bin/yes")]
    [InlineData("find=exec /usr/bin/yes '81a4 3 0 0 0 ./a//'")]
    [InlineData("dd=case \"$*\" in *skip=*) exec /usr/bin/yes;; esac; exec /bin/dd \"$@\"")]
    [Trait("Case", "A7")]
    public async Task What_does_not_end_is_left(string tool)
    {
        await using CopyLab lab = await CopyLab.StartAsync(Ct);
        await WriteTreeAsync(lab.There + "/tree");
        Exception refused = await Assert.ThrowsAnyAsync<Exception>(() => lab.AsNobody("all", tool).CopyFromPodAsync(lab.There + "/tree", lab.Here + "/out", lab.Options with { Retries = 1 }, Ct));
        Assert.True(refused is InvalidDataException or CopyException, refused.ToString());
        Assert.False(Directory.Exists(lab.Here + "/out"));
    }

    static CancellationToken Ct => TestContext.Current.CancellationToken;
}
