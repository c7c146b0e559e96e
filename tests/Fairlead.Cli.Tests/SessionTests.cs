namespace Fairlead.Cli.Tests;

public sealed class SessionTests
{
    const string Defaulted = "Defaulted container \"shell\" out of: shell, web\n";

    [Theory]
    [InlineData("printf abc | fairlead exec -i demo -- echo", 0, "abc", Defaulted)]
    [InlineData("printf abc | fairlead exec -iq demo -c web -- echo", 0, "abc", "")]
    [InlineData("head -c 3000000 /dev/zero | fairlead exec -i demo -c web -- echo | wc -c", 0, "3000000\n", "")]
    [InlineData("fairlead exec -n default -c web demo -- exit 7", 7, "", "failing\ncommand terminated with exit code 7\n")]
    [InlineData("fairlead exec -q -c web pod/demo -- exit 7", 7, "", "failing\n")]
    [InlineData("fairlead exec -i -q -c web demo -- exit 7", 7, "", "failing\n")] // although standard input stays open
    [InlineData("fairlead exec -c web demo -- forbidden", 1, "", "error: pods \"demo\" is forbidden: you may not\n")]
    [InlineData("fairlead exec none -- x", 1, "", "error: pods \"none\" not found\n")]
    [InlineData("fairlead exec -c none demo -- x", 1, "", "error: container none not found in pod demo\n")]
    [InlineData("fairlead exec -c web -i demo -- echo < /", 1, "", "error: standard input cannot be read: Is a directory\n")]
    [InlineData("fairlead exec -c web demo -- exit 0 > /dev/full", 0, "", "failing\n")]
    [InlineData("fairlead exec -c web demo -- flood > /dev/full", 1, "", "error: the output cannot be written: No space left on device\n")]
    [InlineData("d=$(mktemp -d); mkfifo $d/e; fairlead exec -c web demo -- both 200000 2>$d/e | { read -r line < $d/e; echo $line; wc -c; }; rm -r $d", 0, "done\n200000\n", "")] // an output that nobody reads yet does not hold up the other
    [InlineData("fairlead exec -c web demo -- both 3000000 | { sleep 0.2; wc -c; }", 0, "3000000\n", "done\n")]
    [InlineData("printf abc | fairlead exec -it -c web demo -- echo", 0, "abc", "Unable to use a TTY - input is not a terminal or the right kind of file\n")]
    [InlineData("fairlead exec -c web demo -- flood | head -c 1 | wc -c; echo ${PIPESTATUS[0]}", 0, "1\n141\n", "")]
    public async Task A_session_ends_as_kubectls_would(string line, int code, string output, string error)
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        CommandProcess.Result result = await CommandProcess.RunAsync(cluster, line, TestContext.Current.CancellationToken);
        Assert.Equal((code, output, error), (result.ExitCode, result.Output, result.Error));
    }

    [Fact]
    public async Task A_lost_session_has_its_own_code_and_says_so()
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        CommandProcess.Result result = await CommandProcess.RunAsync(cluster, "printf x | fairlead exec -i -c web demo -- lose", TestContext.Current.CancellationToken);
        Assert.Equal((255, "partial"), (result.ExitCode, result.Output));
        Assert.StartsWith("error: the session was lost: ", result.Error, StringComparison.Ordinal);
        Assert.EndsWith("; whether the command finished is not known\n", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verbose_says_how_the_connection_was_made()
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        CommandProcess.Result result = await CommandProcess.RunAsync(
            cluster, "fairlead exec -v -c web demo --protocol v4.channel.k8s.io -- exit 0", TestContext.Current.CancellationToken);
        Assert.Equal(0, result.ExitCode);
        Assert.StartsWith("fairlead: connected by WebSocket v4.channel.k8s.io to https://127.0.0.1:", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Output_is_appended_to_a_file_that_others_write_too()
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        CommandProcess.Result result = await CommandProcess.RunAsync(
            cluster, "f=$(mktemp); { echo one; printf two | fairlead exec -iq -c web demo -- echo; echo; echo three; } > $f; cat $f; rm $f", TestContext.Current.CancellationToken);
        Assert.Equal("one\ntwo\nthree\n", result.Output);
    }
}
