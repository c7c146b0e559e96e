using System.Text;
using Fairlead.Files.Shells;

namespace Fairlead.Files.Tests;

/// <summary>A copy's second shell is told what the first one has found.</summary>
public sealed class KnownToolsTests : IDisposable
{
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fairlead-tools-");

    string Tried => _folder.FullName + "/tried";

    /// <summary>Shells that note each try of a tool for SHA-256.</summary>
    ShellSource Shells()
    {
        string bin = _folder.CreateSubdirectory("bin").FullName;
        File.WriteAllText(bin + "/openssl", $"#!/bin/sh\necho x >>{Tried}\nexec sha256sum\n");
        File.SetUnixFileMode(bin + "/openssl", (UnixFileMode)0x1ED);
        return HostShell.Source("/", new() { ["PATH"] = $"{bin}:{Environment.GetEnvironmentVariable("PATH")}", ["K"] = "1", ["H"] = "of the image" });
    }

    [Fact]
    public async Task The_first_shell_tries_and_the_second_one_knows()
    {
        ShellSource shells = Shells();
        ShellTools found = await AskAsync(shells, null);
        Assert.Equal(("openssl dgst -sha256 -r", true, true), (found.Hash, found.Pieces, found.Moves));
        Assert.Single(await File.ReadAllLinesAsync(Tried, Ct));
        Assert.Equal(found, await AskAsync(shells, found));
        Assert.Single(await File.ReadAllLinesAsync(Tried, Ct));
    }

    [Theory]
    [InlineData("it's $(exit 3)\n\"; exit 4", null)]
    [InlineData(null, "cat")]
    public async Task Whatever_a_container_says_that_it_has_is_told_back_as_a_word(string? hash, string? plain)
    {
        ShellTools odd = new(hash, Pieces: false, Tar: true, Stats: false, Sizes: true, Moves: false, plain);
        ShellTools told = await AskAsync(Shells(), odd);
        Assert.Equal(odd with { Hash = hash?.Replace("\n", "", StringComparison.Ordinal) }, told); // no line break is known yet where it is read
        Assert.False(File.Exists(Tried));
    }

    static async Task<ShellTools> AskAsync(ShellSource shells, ShellTools? known)
    {
        await using RemoteShell shell = await shells.OpenAsync(Ct, known);
        (ShellEnding ending, byte[] text) = await shell.RunAsync("tools", Ct);
        Assert.True(ending.IsSuccess, ending.Reason);
        return ShellTools.Parse(Encoding.UTF8.GetString(text));
    }

    public void Dispose() => _folder.Delete(recursive: true);

    static CancellationToken Ct => TestContext.Current.CancellationToken;
}
