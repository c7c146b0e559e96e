using Fairlead.Files.Local;
using Fairlead.Files.Pods;
using Fairlead.Files.Runs;
using Fairlead.Files.Shells;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fairlead.Files.Tests;

/// <summary>What was verified comes to its place, with its owner and permissions, whatever is lost meanwhile.</summary>
public sealed class PlacingTests : IDisposable
{
    const string OnlyTheAnswer = "case $* in *fairlead-*) /bin/rm \"$@\";; *) exec /bin/rm \"$@\";; esac"; // is lost

    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fairlead-placing-");
    readonly List<string> _notices = [];

    public PlacingTests()
    {
        File.SetUnixFileMode(_folder.FullName, (UnixFileMode)0x1ED);
        foreach (string name in (string[])["here", "there", "work", "bin"]) _folder.CreateSubdirectory(name);
        File.SetUnixFileMode(There, (UnixFileMode)0x1FF);
        File.WriteAllText(Work + "/r", "the user's own");
    }

    string Here => _folder.FullName + "/here";

    string There => _folder.FullName + "/there";

    string Work => _folder.FullName + "/work";

    /// <summary>A program that once does something else, and then is itself.</summary>
    Dictionary<string, string> Once(string program, string script)
    {
        string path = $"{_folder.FullName}/bin/{program}", done = _folder.FullName + "/done";
        string real = new[] { "/usr/bin/", "/bin/" }.Select(folder => folder + program).First(File.Exists);
        File.WriteAllText(path, $"#!/bin/sh\nif [ ! -e {done} ]; then\n{script}\nfi\nexec {real} \"$@\"\n");
        File.SetUnixFileMode(path, (UnixFileMode)0x1ED);
        return new() { ["PATH"] = $"{_folder.FullName}/bin:{Environment.GetEnvironmentVariable("PATH")}" };
    }

    async Task<CopyResult> CopyAsync(string name, string to, ShellSource shells, CopyOptions? options = null)
    {
        options = (options ?? new CopyOptions()) with { Notice = _notices.Add };
        await using LocalSource source = LocalSource.Open(Here + "/" + name);
        await using PodTarget target = new(shells, to, source.Leaf, options);
        using CopyRun run = new(source, target, options, NullLogger.Instance);
        return await run.RunAsync(Ct).WaitAsync(TimeSpan.FromSeconds(60), Ct);
    }

    [Theory]
    [InlineData("mv", "true", 1, false)] // nothing was moved
    [InlineData("mv", "/bin/mv \"$@\"", 1, false)]
    [InlineData("mv", "rm -rf ../.fairlead-*", 1, true)]
    [InlineData("rm", OnlyTheAnswer, 1, true)] // one small file is sent again
    [InlineData("rm", OnlyTheAnswer, 2 << 20, false)]
    public async Task A_shell_lost_while_placing_costs_nothing(string program, string script, int length, bool again)
    {
        string content = new('a', length);
        Directory.CreateDirectory(Here + "/tree/sub");
        Directory.CreateDirectory(There + "/merged/tree");
        await File.WriteAllTextAsync(Here + "/tree/a", content, Ct);
        await File.WriteAllTextAsync(Here + "/tree/sub/b", "b", Ct);
        foreach (string to in (string[])["file", "tree", "merged"])
        {
            File.Delete(_folder.FullName + "/done");
            _notices.Clear();
            Dictionary<string, string> path = Once(program, $"{script}\n: >{_folder.FullName}/done\nkill -9 $PPID\nexit 1");
            string place = $"{There}/{(to == "merged" ? "merged/tree" : to)}"; // given as it is seen from the shell's first folder
            CopyResult result = await CopyAsync(to == "file" ? "tree/a" : "tree", "../there/" + to, HostShell.Source(Work, path));
            Assert.Equal(1, result.Reconnections);
            Assert.Equal(content, await File.ReadAllTextAsync(to == "file" ? place : place + "/a", Ct));
            if (to != "file") Assert.Equal("b", await File.ReadAllTextAsync(place + "/sub/b", Ct));
            Assert.Equal(again && (program != "rm" || to == "file"), _notices.Exists(notice => notice.Contains("starting again", StringComparison.Ordinal)));
            Assert.Equal("the user's own", await File.ReadAllTextAsync(Work + "/r", Ct));
            Assert.Empty(Directory.GetDirectories(There, ".fairlead-*", SearchOption.AllDirectories));
        }
    }

    [Fact]
    public async Task Variables_of_an_image_lead_nowhere_else()
    {
        Directory.CreateDirectory(Work + "/data");
        Directory.CreateDirectory(There + "/data");
        await File.WriteAllTextAsync(Here + "/file", "x", Ct);
        await CopyAsync("file", "data/file", HostShell.Source(Work, new() { ["CDPATH"] = There, ["TAR_OPTIONS"] = "--no-such" }));
        Assert.Equal("x", await File.ReadAllTextAsync(Work + "/data/file", Ct));
        Assert.Empty(Directory.GetFileSystemEntries(There + "/data"));
    }

    [Fact]
    public async Task Special_bits_outlive_a_new_owner()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "owners are set by root alone");
        Directory.CreateDirectory(Here + "/tree");
        await File.WriteAllTextAsync(Here + "/tree/su", "x", Ct);
        File.SetUnixFileMode(Here + "/tree/su", (UnixFileMode)0x9ED); // 4755
        await CopyAsync("tree", There + "/tree", HostShell.Source(Work), new() { Owners = true, SpecialModes = true });
        Assert.Equal((UnixFileMode)0x9ED, File.GetUnixFileMode(There + "/tree/su"));
    }

    [Fact]
    public async Task Whoever_may_not_read_what_arrives_verifies_it_all_the_same()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "another user is taken by root alone");
        string[] folders = ["", "a", "a/b", "a/b/c", "z"];
        foreach (string folder in folders) Directory.CreateDirectory($"{Here}/tree/{folder}");
        await File.WriteAllTextAsync(Here + "/tree/a/b/small", "x", Ct);
        await File.WriteAllBytesAsync(Here + "/tree/a/b/large", new byte[300_000], Ct);
        int[] modes = [0x1ED, 0, 0x1C0, 0, 0];
        foreach (string file in (string[])["small", "large"]) File.SetUnixFileMode($"{Here}/tree/a/b/{file}", (UnixFileMode)0x80); // 0200
        for (int i = folders.Length - 1; i >= 0; i--) File.SetUnixFileMode($"{Here}/tree/{folders[i]}", (UnixFileMode)modes[i]);

        CopyResult result = await CopyAsync("tree", There + "/tree", HostShell.Source(Work, isNobody: true));
        Assert.Equal((2, 0), (result.VerifiedBySha256, result.Refused.Count));
        Assert.Equal(modes, folders.Select(folder => (int)File.GetUnixFileMode($"{There}/tree/{folder}")));
        Assert.All((string[])["small", "large"], file => Assert.Equal(0x80, (int)File.GetUnixFileMode($"{There}/tree/a/b/{file}")));
    }

    public void Dispose() => _folder.Delete(recursive: true);

    static CancellationToken Ct => TestContext.Current.CancellationToken;
}
