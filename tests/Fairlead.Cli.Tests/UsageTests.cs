using Fairlead.Cli.CommandLine;
using Fairlead.Cli.Options;
using Fairlead.Cli.Usage;
using Fairlead.Wire;

namespace Fairlead.Cli.Tests;

public sealed class UsageTests
{
    [Theory]
    [InlineData("exec pod cmd", "error: exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead\nPut -- before the command: fairlead exec pod -- cmd\nSee 'fairlead exec --help' for help and examples\n")]
    [InlineData("bogus", "error: unknown command \"bogus\" for \"fairlead\"\nSee 'fairlead --help' for usage.\n")]
    [InlineData("exec pod", "error: you must specify at least one command for the container\nSee 'fairlead exec --help' for help and examples\n")]
    [InlineData("exec pod --", "error: you must specify at least one command for the container\nSee 'fairlead exec --help' for help and examples\n")]
    [InlineData("exec -- date", "error: pod or type/name must be specified\nSee 'fairlead exec --help' for help and examples\n")]
    [InlineData("exec --bogus=1 pod -- date", "error: unknown flag: --bogus\nSee 'fairlead exec --help' for help and examples\n")]
    [InlineData("exec -itz pod -- date", "error: unknown flag: -itz\nSee 'fairlead exec --help' for help and examples\n")]
    [InlineData("attach", "error: pod or type/name must be specified\nSee 'fairlead attach --help' for help and examples\n")]
    [InlineData("attach pod -- date", "error: attach takes one POD or TYPE/NAME and no command\nSee 'fairlead attach --help' for help and examples\n")]
    [InlineData("exec pod --ping-interval 3x -- a", "error: --ping-interval: \"3x\" is not a duration: write for instance 3s, 500ms or 2m\nSee 'fairlead exec --help' for usage.\n")]
    [InlineData("exec pod --ping-timeout=0 -- a", "error: --ping-timeout: \"0\" is not a duration: write for instance 3s, 500ms or 2m\nSee 'fairlead exec --help' for usage.\n")]
    [InlineData("exec pod --protocol=v9 -- a", "error: --protocol: \"v9\" is not a subprotocol: v5.channel.k8s.io, v4.channel.k8s.io, channel.k8s.io, none, v4.base64.channel.k8s.io, base64.channel.k8s.io are known\nSee 'fairlead exec --help' for usage.\n")]
    [InlineData("port-forward --kubeconfig /none/config -- pod :80", "error: the kubeconfig /none/config does not exist\n")]
    [InlineData("port-forward --kubeconfig /none/config pod -- 80 :81", "error: the kubeconfig /none/config does not exist\n")]
    [InlineData("attach --kubeconfig /none/config -- pod", "error: the kubeconfig /none/config does not exist\n")]
    [InlineData("attach -- pod date", "error: attach takes one POD or TYPE/NAME and no command\nSee 'fairlead attach --help' for help and examples\n")]
    [InlineData("exec --kubeconfig /none/config pod -- a", "error: the kubeconfig /none/config does not exist\n")]
    [InlineData("--kubeconfig /none/config -n x exec pod -- a", "error: the kubeconfig /none/config does not exist\n")]
    [InlineData("exec --server https://127.0.0.1:1 --kubeconfig /dev/null pod -- a", "error: the server cannot be reached: Connection refused (127.0.0.1:1)\n")]
    [InlineData("exe demo -- date", "error: unknown command \"exe\" for \"fairlead\"; did you mean exec?\nSee 'fairlead --help' for usage.\n")]
    [InlineData("exe demo", "error: unknown command \"exe\" for \"fairlead\"; did you mean exec?\nSee 'fairlead --help' for usage.\n")]
    [InlineData("-n web exce --help", "error: unknown command \"exce\" for \"fairlead\"; did you mean exec?\nSee 'fairlead --help' for usage.\n")]
    [InlineData("forward demo 80", "error: unknown command \"forward\" for \"fairlead\"; did you mean port-forward?\nSee 'fairlead --help' for usage.\n")]
    [InlineData("logs demo", "error: unknown command \"logs\" for \"fairlead\"\nSee 'fairlead --help' for usage.\n")]
    [InlineData("help atach", "error: unknown command \"atach\" for \"fairlead\"; did you mean attach?\nSee 'fairlead --help' for usage.\n")]
    [InlineData("cp --retries x a:/b c", "error: --retries takes a number, not \"x\"\nSee 'fairlead cp --help' for usage.\n")]
    [InlineData("cp - demo:/x", "error: \"-\" is no file here: cp copies files; for a stream use exec, as in: fairlead exec -i POD -- tee PATH\nSee 'fairlead cp --help' for help and examples\n")]
    [InlineData("completion tcsh", "error: name one shell: bash, zsh or fish\nSee 'fairlead completion --help' for help and examples\n")]
    [InlineData("version --output yaml", "error: --output must be json, not \"yaml\"\nSee 'fairlead version --help' for help and examples\n")]
    public async Task A_line_that_cannot_be_meant_is_refused_with_code_1(string line, string expected)
    {
        CommandLines.Result result = await CommandLines.RunAsync(line.Split(' '));
        Assert.Equal((1, "", expected), (result.ExitCode, result.Output, result.Error));
    }

    [Theory, Trait("Case", "14.4")]
    [InlineData("exec '' -- date", "error: pod or type/name must be specified: what was given for it is empty")]
    [InlineData("exec '' date", "error: pod or type/name must be specified: what was given for it is empty")]
    [InlineData("exec '' '' -- date", "error: pod or type/name must be specified: what was given for it is empty")]
    [InlineData("attach ''", "error: pod or type/name must be specified: what was given for it is empty")]
    [InlineData("port-forward '' 8080:80", "error: pod or type/name must be specified: what was given for it is empty")]
    [InlineData("port-forward demo ''", "error: invalid port format '': write [LOCAL:]REMOTE")]
    [InlineData("cp '' demo:/x", "error: filepath can not be empty: one of the two places is an empty text")]
    [InlineData("cp demo:/x ''", "error: filepath can not be empty: one of the two places is an empty text")]
    [InlineData("exec demo --ping-interval '' -- date", "error: the value of --ping-interval is empty: give it one, or leave the option out")]
    [InlineData("exec demo --protocol= -- date", "error: the value of --protocol is empty: give it one, or leave the option out")]
    [InlineData("cp --retries '' a:/b c", "error: the value of --retries is empty: give it one, or leave the option out")]
    [InlineData("exec demo --stdin= -- date", "error: --stdin= has no value: write --stdin, or --stdin=false")]
    [InlineData("lab --pods ''", "error: the value of --pods is empty: give it one, or leave the option out")]
    [InlineData("lab --write-kubeconfig=", "error: the value of --write-kubeconfig is empty: give it one, or leave the option out")]
    [InlineData("gateway --upstream ''", "error: the value of --upstream is empty: give it one, or leave the option out")]
    [InlineData("gateway --allow-origin '' --upstream https://localhost", "error: the value of --allow-origin is empty: give it one, or leave the option out")]
    [InlineData("node --cri ''", "error: the value of --cri is empty: give it one, or leave the option out")]
    public async Task An_empty_value_is_told_as_that(string line, string told)
    {
        CommandLines.Result result = await CommandLines.RunAsync(Words(line));
        Assert.Equal((1, "", told), (result.ExitCode, result.Output, result.Error.Split('\n')[0]));
    }

    /// <summary>As with kubectl: what is empty is as if it were left out.</summary>
    [Theory, Trait("Case", "14.4")]
    [InlineData("exec -n '' --context '' --cluster '' --user '' --token '' --certificate-authority '' --tls-server-name '' -c '' solo -- exit 7")]
    [InlineData("exec --namespace= --context= --server= --container= solo -- exit 7")]
    [InlineData("-n= -s '' exec solo -- exit 7")]
    [InlineData("exec --kubeconfig '' -c= solo -- exit 7")]
    public async Task Of_a_connection_it_is_as_if_it_were_left_out(string line)
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        CommandProcess.Result result = await CommandProcess.RunAsync(cluster, "fairlead " + line, TestContext.Current.CancellationToken);
        Assert.Equal((7, "failing\ncommand terminated with exit code 7\n"), (result.ExitCode, result.Error));
    }

    [Theory, Trait("Case", "B5")]
    [InlineData("exec bb -c main -ti bash -c 'echo hi'", "fairlead exec bb -c main -ti -- bash -c 'echo hi'")]
    [InlineData("exec bb ls -la /tmp", "fairlead exec bb -- ls -la /tmp")]
    [InlineData("exec bb ls --color=never", "fairlead exec bb -- ls --color=never")]
    [InlineData("exec bb sh -c exit", "fairlead exec bb -- sh -c exit")]
    [InlineData("exec -itc main bb sh", "fairlead exec -itc main bb -- sh")]
    [InlineData("exec -itcmain bb sh", "fairlead exec -itcmain bb -- sh")]
    [InlineData("exec --container=main bb env -i", "fairlead exec --container=main bb -- env -i")]
    [InlineData("-n shop exec bb ls", "fairlead exec -n shop bb -- ls")]
    [InlineData("exec bb bash -- -c 'echo hi'", "fairlead exec bb -- bash -c 'echo hi'")]
    [InlineData("exec bb grep -n namespace -- file", "fairlead exec bb -- grep -n namespace -- file")]
    [InlineData("exec -itc main bb sh -c 'a b' -- foo", "fairlead exec -itc main bb -- sh -c 'a b' -- foo")]
    [InlineData("exec bb printf '\u001b[2J' x", "fairlead exec bb -- printf ...")]
    [InlineData("exec bb sh ''", "fairlead exec bb -- sh ''")]
    [InlineData("attach bb -c main sh -c x", "fairlead exec bb -c main -- sh -c x")]
    public async Task A_command_without_dashes_is_shown_with_them(string line, string meant)
    {
        string[] words = Words(line);
        CommandLines.Result result = await CommandLines.RunAsync(words);
        Assert.Equal((1, ""), (result.ExitCode, result.Output));
        string[] lines = result.Error.Split('\n');
        Assert.Equal(words.Contains("attach") ? "error: attach takes one POD or TYPE/NAME and no command" : "error: exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead", lines[0]);
        Assert.EndsWith(": " + meant, lines[1], StringComparison.Ordinal);
        Assert.Equal("", lines[3]);
    }

    [Theory, Trait("Case", "B5")]
    [InlineData("exec bb --color ls", "error: unknown flag: --color")]
    [InlineData("exec bb -itx ls", "error: unknown flag: -itx")]
    [InlineData("exec bb -la", "error: unknown flag: -la")]
    [InlineData("-q exec bb -- ls", "error: Unrecognized command or argument '-q'.")]
    public async Task A_flag_that_nobody_knows_before_the_command_is_what_is_wrong(string line, string told) =>
        Assert.StartsWith(told + "\n", (await CommandLines.RunAsync(line.Split(' '))).Error, StringComparison.Ordinal);

    static string[] Words(string line) => [.. System.Text.RegularExpressions.Regex.Matches(line, "'([^']*)'|\\S+").Select(word => word.Value.Trim('\''))];

    [Theory]
    [InlineData("a b -- c -- d", "a b", "c -- d")]
    [InlineData("a b", "a b", null)]
    [InlineData("-- --help -c", "", "--help -c")]
    public void All_behind_the_first_dashes_is_the_commands(string line, string own, string? command)
    {
        ArgumentSplit split = ArgumentSplit.Of(line.Split(' '));
        Assert.Equal(own, string.Join(' ', split.Own));
        Assert.Equal(command, split.Command is null ? null : string.Join(' ', split.Command));
    }

    [Theory]
    [InlineData("-n web exec pod", "exec -n web pod")]
    [InlineData("-nweb --context=c --insecure-skip-tls-verify exec pod", "exec -nweb --context=c --insecure-skip-tls-verify pod")]
    [InlineData("exec -n web pod", "exec -n web pod")]
    [InlineData("--help", "--help")]
    [InlineData("-n web", "-n web")]
    [InlineData("[suggest:3] fai", "[suggest:3] fai")]
    public void Options_before_the_verb_belong_to_it(string line, string expected) =>
        Assert.Equal(expected, string.Join(' ', LeadingOptions.MoveBehindVerb(line.Split(' '), new ConnectionOptions().All)));

    [Theory]
    [InlineData("3s", 3000)]
    [InlineData("500ms", 500)]
    [InlineData("2m", 120_000)]
    [InlineData("1m30s", 90_000)]
    [InlineData("1.5h", 5_400_000)]
    [InlineData("0", 0)]
    [InlineData("", -1)]
    [InlineData("3", -1)]
    [InlineData("s", -1)]
    [InlineData("-3s", -1)]
    [InlineData("3d", -1)]
    [InlineData("3 s", -1)]
    [InlineData("1.2.3s", -1)]
    [InlineData("99999999h", -1)]
    public void Durations_are_written_as_in_Go(string text, int milliseconds)
    {
        bool valid = GoDuration.TryParse(text, out TimeSpan duration);
        Assert.Equal(milliseconds, valid ? (int)duration.TotalMilliseconds : -1);
    }
}
