using System.Text;
using Fairlead.Files.Shells;

namespace Fairlead.Files.Tests;

/// <summary>What one line prints, as a stream that is read in parts of any length.</summary>
public sealed class LineContentTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(512)]
    [InlineData(1 << 20)]
    public async Task It_is_read_in_parts_and_nothing_of_the_next_line_is_taken(int part)
    {
        await using RemoteShell shell = await HostShell.Source("/").OpenAsync(Ct);
        await shell.SendAsync("seq 1 60000", Ct);
        await shell.SendAsync("echo next", Ct);
        using MemoryStream read = new();
        await using (LineContent content = new(shell))
        {
            byte[] buffer = new byte[part];
            while (read.Length < 200_000 && await content.ReadAsync(buffer, Ct) is > 0 and var count) read.Write(buffer, 0, count);
            await content.SkipRestAsync(1 << 20, Ct);
            Assert.Equal(0, await content.ReadAsync(buffer, Ct));
        }

        string expected = string.Concat(Enumerable.Range(1, 60_000).Select(static number => $"{number}\n"));
        Assert.Equal(expected[..(int)read.Length], Encoding.ASCII.GetString(read.ToArray()));
        Assert.Equal("next\n", Encoding.ASCII.GetString(await shell.ReadTextAsync(Ct)));
    }

    [Fact]
    public async Task More_than_may_be_passed_over_is_told()
    {
        await using RemoteShell shell = await HostShell.Source("/").OpenAsync(Ct);
        await shell.SendAsync("seq 1 60000", Ct);
        await using LineContent content = new(shell);
        Assert.Equal(10, await content.ReadAtLeastAsync(new byte[10], 10, cancellationToken: Ct));
        await Assert.ThrowsAsync<UnexpectedOutputException>(() => content.SkipRestAsync(100_000, Ct).AsTask());
    }

    /// <summary>GNU tar writes 10 KiB at a time by itself; a tar of another kind does as it likes.</summary>
    [Fact]
    public async Task An_archive_comes_in_records_of_64_KiB_where_tar_is_GNU()
    {
        await using RemoteShell shell = await HostShell.Source("/").OpenAsync(Ct);
        (_, byte[] version) = await shell.RunAsync("tar --version 2>&1", Ct);
        Assert.SkipUnless(Encoding.ASCII.GetString(version).Contains("GNU tar", StringComparison.Ordinal), "tar here is not GNU's");
        (ShellEnding ending, byte[] archive) = await shell.RunAsync("pack /etc/passwd", Ct);
        Assert.True(ending.IsSuccess, ending.Reason);
        Assert.Equal((true, 0), (archive.Length > 0, archive.Length % (64 * 1024)));
    }

    static CancellationToken Ct => TestContext.Current.CancellationToken;
}
