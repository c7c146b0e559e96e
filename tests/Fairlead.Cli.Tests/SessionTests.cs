namespace Fairlead.Cli.Tests;

public sealed class SessionTests
{
    const string Defaulted = "Defaulted container \"shell\" out of: shell, web\n";

    const string NoTerminal = """
        Unable to use a TTY - input is not a terminal or the right kind of file
        The command runs without one. Leave out -t where there is no terminal, as in a script.

        """;

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
    [InlineData("printf abc | fairlead exec -it -c web demo -- echo", 0, "abc", NoTerminal)]
    [InlineData("printf abc | fairlead exec -itq -c web demo -- echo", 0, "abc", "Unable to use a TTY - input is not a terminal or the right kind of file\n")]
    [InlineData("printf abc | fairlead exec -it demo -- echo", 0, "abc", NoTerminal + Defaulted)] // although it is asked for twice
    [InlineData("fairlead exec -c web demo -- flood | head -c 1 | wc -c; echo ${PIPESTATUS[0]}", 0, "1\n141\n", "")]
    public async Task A_session_ends_as_kubectls_would(string line, int code, string output, string error)
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        CommandProcess.Result result = await CommandProcess.RunAsync(cluster, line, TestContext.Current.CancellationToken);
        Assert.Equal((code, output, error), (result.ExitCode, result.Output, result.Error));
    }

    /// <summary>What cannot be written to standard error is for nobody, and changes nothing else.</summary>
    [Theory, Trait("Case", "B6")]
    [InlineData("printf abc | fairlead exec -i demo -- echo 2>/dev/full", 0, "abc")]
    [InlineData("fairlead exec --nothing demo -- x 2>/dev/full", 1, "")]
    [InlineData("fairlead exec none -- x 2>/dev/full", 1, "")]
    [InlineData("printf abc | fairlead exec -iv demo -- echo 2>/dev/full", 0, "abc")]
    [InlineData("fairlead bogus 2>/dev/full", 1, "")]
    [InlineData("fairlead exec none -- x 2>&1 >/dev/null | true; echo ${PIPESTATUS[0]}", 0, "1\n")]
    [InlineData("fairlead cp demo:/etc/none here 2>/dev/full", 1, "")]
    public async Task Messages_that_nobody_can_read_end_nothing(string line, int code, string output)
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        CommandProcess.Result result = await CommandProcess.RunAsync(cluster, line, TestContext.Current.CancellationToken);
        Assert.Equal((code, output), (result.ExitCode, result.Output));
    }

    [Theory, Trait("Case", "B6")]
    [InlineData("fairlead exec --help | true; echo ${PIPESTATUS[0]}", "141\n", "")]
    [InlineData("fairlead version | true; echo ${PIPESTATUS[0]}", "141\n", "")]
    [InlineData("fairlead --help > /dev/full; echo $?", "1\n", "error: standard output cannot be written: No space left on device\n")]
    [InlineData("fairlead version -o json > /dev/full; echo $?", "1\n", "error: standard output cannot be written: No space left on device\n")]
    [InlineData("fairlead completion bash > /dev/full; echo $?", "1\n", "error: standard output cannot be written: No space left on device\n")]
    public async Task An_output_for_text_is_closed_or_full(string line, string output, string error)
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        CommandProcess.Result result = await CommandProcess.RunAsync(cluster, line, TestContext.Current.CancellationToken);
        Assert.Equal((output, error), (result.Output, result.Error));
    }

    const string Ended = "command terminated with exit code 127\n";

    [Theory]
    [InlineData("-c web demo -- bash -l", 127, Ended + "The container has no bash there. Try: fairlead exec -it -n default demo -- sh\n")]
    [InlineData("-c web demo -- sh -c ls", 127, Ended + "The container has no shell. Run a program that it has, or bring a shell: kubectl debug -it -n default demo --image=busybox --target=web\n")]
    [InlineData("solo -- /bin/sh", 127, Ended + "The container has no shell. Run a program that it has, or bring a shell: kubectl debug -it -n default solo --image=busybox\n")]
    [InlineData("-q -c web demo -- bash", 127, "")]
    [InlineData("solo -- zsh", 1, "error: Internal error occurred: OCI runtime exec failed: exec: \"zsh\": executable file not found in $PATH: unknown\nThe container has no zsh there. Try: fairlead exec -it -n default solo -- sh\n")]
    [InlineData("solo -- crash", 127, Ended)]
    public async Task A_container_without_the_shell_brings_a_hint(string arguments, int code, string error)
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        CommandProcess.Result result = await CommandProcess.RunAsync(cluster, "fairlead exec " + arguments, TestContext.Current.CancellationToken);
        Assert.Equal((code, "", error), (result.ExitCode, result.Output, result.Error));
    }

    [Theory]
    [Trait("Case", "A9")]
    [InlineData("touch none:b; fairlead cp none:b demo:/tmp/", "error: pods \"none\" not found\n\"none:b\" is here too: write ./none:b for it.\n")]
    [InlineData("mkdir -p x/y; touch x/y/a:b; fairlead cp x/y/a:b demo:/tmp/", "error: filespec must match the canonical format: [[namespace/]pod:]file/path, not \"x/y/a:b\"\n\"x/y/a:b\" is here too: write ./x/y/a:b for it.\n")]
    [InlineData("fairlead cp none:b demo:/tmp/", "error: pods \"none\" not found\n")]
    [InlineData("fairlead cp -c web ./none demo:/tmp/", "error: ./none: no such file or directory here\n")]
    [InlineData("mkdir k; fairlead exec --kubeconfig k demo -- x", "error: the kubeconfig k is a folder: name a file\n")]
    [InlineData("mkdir k; touch k/config; KUBECONFIG=k fairlead exec demo -- x", "error: the kubeconfig k is a folder: name a file, as k/config\n")]
    public async Task A_file_that_was_meant_otherwise_brings_a_hint(string line, string error)
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        CommandProcess.Result result = await CommandProcess.RunAsync(
            cluster, $"d=$(mktemp -d); cd $d; {line}; c=$?; cd /; rm -r $d; exit $c", TestContext.Current.CancellationToken);
        Assert.Equal((1, "", error), (result.ExitCode, result.Output, result.Error));
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
