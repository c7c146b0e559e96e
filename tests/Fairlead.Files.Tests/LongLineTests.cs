using System.Text;
using Fairlead.Files.Shells;

namespace Fairlead.Files.Tests;

/// <summary>A call that is too long for a shell's own reading is handed to it as a block, and is the same call.</summary>
public sealed class LongLineTests : IDisposable
{
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fairlead-line-");

    static readonly string[] s_names = [.. Enumerable.Range(0, 500).Select(i => $"it's $(rm) `x` {i}\n. #")];

    [Fact]
    public async Task Words_arrive_as_they_were_sent_and_the_status_with_them()
    {
        await using RemoteShell shell = await HostShell.Source("/").OpenAsync(Ct);
        shell.TakesBlocks = true;
        await shell.SendAsync($"printf '%s\\n' {string.Join(' ', s_names.Select(ShellText.QuotePath))};(exit 7)", Ct);
        await shell.SendAsync("echo next", Ct);
        Assert.Equal(string.Concat(s_names.Select(name => name + "\n")), Encoding.UTF8.GetString(await shell.ReadTextAsync(Ct)));
        Assert.Equal(7, shell.Ending.Status);
        Assert.Equal("next\n", Encoding.UTF8.GetString(await shell.ReadTextAsync(Ct)));
    }

    [Theory]
    [InlineData("exit 1")] // nothing is taken: what is left is passed over
    [InlineData("head -c 100; exit 1")] // a part of the call is none
    public async Task A_tool_that_fails_costs_that_call_alone(string text)
    {
        string dd = _folder.FullName + "/dd";
        await File.WriteAllTextAsync(dd, $"#!/bin/sh\n{text}\n", Ct);
        File.SetUnixFileMode(dd, (UnixFileMode)0x1ED);
        Dictionary<string, string> variables = new() { ["PATH"] = $"{_folder.FullName}:{Environment.GetEnvironmentVariable("PATH")}" };
        await using RemoteShell shell = await HostShell.Source("/", variables).OpenAsync(Ct);
        shell.TakesBlocks = true;
        await shell.SendAsync($"echo {string.Join(' ', s_names.Select(ShellText.QuotePath))}", Ct);
        await shell.SendAsync("echo next", Ct);
        Assert.Equal("", Encoding.UTF8.GetString(await shell.ReadTextAsync(Ct)));
        Assert.Equal(1, shell.Ending.Status);
        Assert.Equal("next\n", Encoding.UTF8.GetString(await shell.ReadTextAsync(Ct)));
    }

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);
}
