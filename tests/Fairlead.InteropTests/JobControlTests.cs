namespace Fairlead.InteropTests;

/// <summary>Signals and terminals as a shell with job control expects them, with kubectl beside us where it does the same.</summary>
public sealed class JobControlTests(LabFixture fixture)
{
    readonly LabProcess _lab = fixture.Lab;

    /// <summary>kubectl is not compared: by either signal it was seen once not to end within 90 s.</summary>
    [Theory(Timeout = 120_000), Trait("Case", "B1")]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task A_background_session_with_a_terminal_waits_stopped_and_timeout_ends_it(string signal) =>
        Assert.Equal("rc=124\nrestored\n", await RunAsync($"""
            set +m # a job would be in front, and timeout with it
            timeout -s {signal} 3 $client exec -it demo -- true; echo rc=$?
            modes
            """));

    [Fact(Timeout = 120_000), Trait("Case", "B1")]
    public async Task A_session_that_is_started_in_the_background_begins_nothing_before_it_is_in_front() =>
        Assert.Equal("stopped\nrc=3\nbegan\nrestored\n", await RunAsync("""
            $client exec -it demo -- sh -c 'touch $0; exit 3' $PWD/began 2> /dev/null &
            stopped $!; [[ -e began ]] && echo too early
            front $!; echo rc=$?
            [[ -e began ]] && echo began
            modes
            """));

    [Theory(Timeout = 120_000), Trait("Case", "B1")]
    [InlineData("TERM", 143)]
    [InlineData("HUP", 129)]
    [InlineData("INT", 130)]
    [InlineData("QUIT", 131)]
    public async Task A_stopped_session_ends_by_the_signal_that_comes_with_its_continuation(string signal, int code) =>
        Assert.Equal($"stopped\nrc={code}\nraw\nstopped\nrestored\nrc={code}\nraw\nstopped\nrc={code}\nrestored\n", await RunAsync($$"""
            $client exec -it demo -- sleep 1000 &
            p=$!; stopped $p; finish $p {{signal}}

            begin; (file up; raw; kill -TSTP $p) & front $p
            stopped $p; modes; finish $p {{signal}}

            begin; (file up; raw; kill -STOP $p) & front $p
            stopped $p; finish $p {{signal}}; modes
            """));

    [Fact(Timeout = 120_000), Trait("Case", "B1")]
    public async Task A_continued_session_is_raw_again_tells_its_size_again_and_stops_again_in_the_background() =>
        Assert.Equal("raw\nstopped\nrestored\nstopped\nraw\nrc=0\nrestored\n", await RunAsync("""
            begin; (file up; holds size '33 101'; raw; kill -TSTP $p) & front $p
            stopped $p; modes
            stty rows 44 cols 202 < /dev/tty
            kill -CONT $p; sleep 1; stopped $p
            (holds size '44 202'; raw; touch down) & front $p; echo rc=$?
            stty rows 33 cols 101 < /dev/tty; modes
            """));

    [Fact(Timeout = 120_000), Trait("Case", "B1")]
    public async Task A_session_ends_in_the_foreground_without_a_terminal_of_its_own_and_in_a_session_of_its_own_with_the_terminal_restored() =>
        Assert.Equal("raw\nrc=124\nrestored\n33 101\nrc=5\nrestored\n", await RunAsync("""
            (file up; raw) & timeout --foreground -s TERM 5 $client exec -it demo -- sh -c 'touch $0; sleep 1000' $PWD/up; echo rc=$?
            modes
            setsid -w $client exec -it demo -- sh -c 'until stty size | grep 101; do :; done; exit 5' 2> /dev/null; echo rc=$?
            modes
            """));

    [Theory(Timeout = 120_000), Trait("Case", "B1")]
    [InlineData(CommandLineClient.Fairlead)]
    [InlineData(Peer.KubectlNewest)]
    public async Task Input_from_a_terminal_in_the_background_stops_until_it_is_in_front(string client) =>
        Assert.Equal("stopped\nrc=7\n", await RunAsync("""
            $client exec -i demo -- sh -c 'touch $0; while [ ! -e $1 ]; do sleep 0.1; done; exit 7' $PWD/up $PWD/down 2> /dev/null &
            p=$!; stopped $p; touch down
            front $p; echo rc=$?
            """, client));

    [Theory(Timeout = 120_000), Trait("Case", "B1")]
    [InlineData("<&-", "out\nerr\n0\n")]
    [InlineData("< /dev/null >&-", "err\n")]
    [InlineData("< /dev/null 2>&-", "out\n0\n")]
    [InlineData("<&- >&-", "err\n")]
    [InlineData("<&- >&- 2>&-", "")]
    [InlineData("0> /dev/null", "out\nerr\n0\n")] // as nohup leaves it
    public async Task Closed_descriptors_are_an_empty_input_and_take_everything(string closed, string expected) =>
        Assert.Equal(string.Concat(Enumerable.Repeat(expected + "rc=3\n", 5)), await RunAsync($$"""
            for i in 1 2 3 4 5; do
                $client exec -qi demo -- sh -c 'echo out; sleep 0.2; echo err >&2; sleep 0.2; wc -c; exit 3' {{closed}}; echo rc=$?
            done
            """));

    [Theory(Timeout = 120_000), Trait("Case", "B2")]
    [InlineData(CommandLineClient.Fairlead)]
    [InlineData(Peer.KubectlNewest)]
    public async Task A_forward_in_the_background_of_a_script_ends_by_SIGINT(string client) =>
        Assert.Equal("rc=0\n", await RunAsync("""
            bash -c '$client port-forward demo :7003 > forward & p=$!; while [ ! -s forward ] && kill -0 $p; do sleep 0.1; done; kill -INT $p; wait $p; echo rc=$?'
            """, client));

    [Fact(Timeout = 120_000), Trait("Case", "B2")]
    public async Task A_lab_and_a_gateway_take_SIGINT_back_and_leave_an_ignored_SIGHUP() =>
        Assert.Equal("rc=0\nrc=0\nrc=0\n", await RunAsync("""
            try() {
                rm -f ready
                bash -c 'trap "" HUP; "$@" > ready 2> /dev/null & p=$!
                    while [ ! -s ready ] && kill -0 $p; do sleep 0.1; done; kill -HUP $p; sleep 0.5; kill -0 $p || echo hung up; kill -INT $p; wait $p; echo rc=$?' bash "$@"
            }
            try $client lab --write-kubeconfig lab2
            try $client gateway --upstream-kubeconfig $KUBECONFIG
            try $client port-forward demo :7003
            """));

    [Fact(Timeout = 120_000), Trait("Case", "B2")]
    public async Task A_session_leaves_signals_ignored_that_were() =>
        Assert.Equal("rc=4\n", await RunAsync("""
            bash -c 'trap "" HUP; $client exec demo -- sh -c "touch up; while [ ! -e down ]; do sleep 0.1; done; exit 4" 2> /dev/null & p=$!
                while [ ! -e up ] && kill -0 $p; do sleep 0.1; done; kill -INT $p; kill -HUP $p; sleep 0.5; touch down; wait $p; echo rc=$?'
            """.Replace("touch up", "cd $PWD; touch up", StringComparison.Ordinal)));

    Task<string> RunAsync(string script, string client = CommandLineClient.Fairlead)
    {
        CommandLineClient found = Clients.Require(client);
        return ShellSession.RunAsync(script, _lab.Kubeconfig, found, TestContext.Current.CancellationToken);
    }
}
