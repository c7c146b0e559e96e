using System.Text;
using Fairlead.Cli.CommandLine;

namespace Fairlead.Cli.Tests;

/// <summary>Names are bytes on Linux, and arguments of .NET are not: what cannot be handed on as it was written is refused.</summary>
[Trait("Case", "A10")]
public sealed class ArgumentBytesTests
{
    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("exec solo -- touch $'/tmp/caf\\xe9'", "error: argument 5 is not UTF-8: \"/tmp/caf\\xe9\". ")]
    [InlineData("cp $'solo:/tmp/caf\\xe9' .", "error: argument 2 is not UTF-8: \"solo:/tmp/caf\\xe9\". ")]
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
        Assert.Null(ArgumentBytes.Refusal(Encoding.UTF8.GetBytes("fairlead\0exec\0\uFFFD\0\0"), 3));
        Assert.NotNull(ArgumentBytes.Refusal([.. "fairlead\0exec\0"u8, 0xE9, 0, 0], 3));
        Assert.Null(ArgumentBytes.Refusal([0xE9, 0, .. "exec\0"u8], 1)); // the program's own place
    }
}
