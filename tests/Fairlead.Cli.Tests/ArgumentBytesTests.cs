using System.Text;
using Fairlead.Cli.CommandLine;

namespace Fairlead.Cli.Tests;

/// <summary>Names are bytes on Linux, and arguments of .NET are not: a copy has them as they were written, and a command, which travels as text, is refused.</summary>
[Trait("Case", "A10")]
public sealed class ArgumentBytesTests
{
    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("exec solo -- touch $'/tmp/caf\\xe9'", "error: argument 5 is not UTF-8: \"/tmp/caf\\xe9\". ")]
    [InlineData("-n default exec solo -- cp $'/tmp/caf\\xe9' x", "error: argument 7 is not UTF-8: \"/tmp/caf\\xe9\". ")]
    public async Task Bytes_that_are_no_text_are_refused_by_name(string arguments, string error)
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        CommandProcess.Result result = await CommandProcess.RunAsync(cluster, "fairlead " + arguments, Ct);
        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith(error, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_sign_that_stands_for_such_bytes_is_a_character_too()
    {
        string[] three = ["exec", "\uFFFD", ""];
        Assert.Same(three, ArgumentBytes.Read(Encoding.UTF8.GetBytes("fairlead\0exec\0\uFFFD\0\0"), three, out string? refusal));
        Assert.Null(refusal);
        ArgumentBytes.Read([.. "fairlead\0exec\0"u8, 0xE9, 0, 0], three, out refusal);
        Assert.NotNull(refusal);
        ArgumentBytes.Read([0xE9, 0, .. "exec\0"u8], ["exec"], out refusal); // the program's own place
        Assert.Null(refusal);
    }

    [Fact]
    public void A_copy_names_its_files_by_their_bytes()
    {
        string[] read = ArgumentBytes.Read([.. "fairlead\0-n\0x\0cp\0a:/caf"u8, 0xE9, .. "\0./\u00e9\0"u8], ["-n", "x", "cp", "a:/caf\uFFFD", "./\u00e9"], out string? refusal);
        Assert.Equal(["-n", "x", "cp", "a:/caf\uDCE9", "./\u00e9"], read);
        Assert.Null(refusal);
    }
}
