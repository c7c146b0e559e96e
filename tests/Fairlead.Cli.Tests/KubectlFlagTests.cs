using Fairlead.Cli.Options;

namespace Fairlead.Cli.Tests;

/// <summary>kubectl's global flags: those that mean something here do it, the others are taken and ignored, and said at -v.</summary>
[Trait("Case", "B4")]
public sealed class KubectlFlagTests
{
    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("fairlead exec --cache-dir /tmp --log-file=/dev/null --vmodule= --warnings-as-errors --v=0 -q solo -- exit 0")]
    [InlineData("fairlead --v=0 exec -q solo -- exit 0")]
    [InlineData("fairlead -v=0 -n default exec -q solo -- exit 0")]
    [InlineData("fairlead exec solo -v 0 -q -- exit 0")]
    [InlineData("fairlead --cache-dir=/tmp --match-server-version --as jane --request-timeout 20 exec -q solo -- exit 0")]
    [InlineData("fairlead exec --disable-compression=true --kuberc none --profile none --request-timeout=0 --v 0 solo -q -- exit 0")]
    [InlineData("fairlead -n none exec -n default -q -c none solo -c web --request-timeout 1ms --request-timeout 20s -- exit 0")]
    [InlineData("fairlead --insecure-skip-tls-verify=F exec -q=1 --insecure-skip-tls-verify=0 solo -- exit 0")]
    [InlineData("fairlead -it=false exec -q solo -- exit 0")]
    [InlineData("fairlead -i exec -q solo -- exit 0 < /dev/null")]
    public async Task Are_taken(string line)
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        CommandProcess.Result result = await CommandProcess.RunAsync(cluster, line, Ct);
        Assert.Equal((0, "failing\n"), (result.ExitCode, result.Error));
    }

    [Theory]
    [InlineData("-v")]
    [InlineData("-v=6")]
    [InlineData("-v6")]
    [InlineData("--v=9")]
    [InlineData("--v 1")]
    [InlineData("-v 6")]
    public async Task Are_named_once_where_more_is_to_be_said(string level)
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        string told = (await CommandProcess.RunAsync(cluster, $"fairlead exec {level} --cache-dir /tmp --profile none solo -- exit 0", Ct)).Error;
        Assert.StartsWith("fairlead: kubectl's --cache-dir, --profile mean nothing here and are ignored\nfairlead: connected by ", told, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-v")]
    [InlineData("--verbose")]
    [InlineData("-v=6")]
    [InlineData("-v 10")]
    [InlineData("--v=6 -n default")]
    [InlineData("--context c -v=6")]
    public async Task Levels_may_stand_in_front_of_the_verb(string flags)
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        CommandProcess.Result result = await CommandProcess.RunAsync(cluster, $"fairlead {flags.Replace(" c ", " $(grep -o 'current-context: .*' $KUBECONFIG | cut -d' ' -f2) ", StringComparison.Ordinal)} exec solo -- exit 0", Ct);
        Assert.Equal(0, result.ExitCode);
        Assert.Contains("fairlead: connected by ", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--request-timeout soon", "error: --request-timeout: \"soon\" is not a duration: write for instance 3s, 500ms or 2m, or 0 for no limit\n")]
    [InlineData("--as-user-extra key --as jane", "error: --as-user-extra takes KEY=VALUE, not \"key\"\n")]
    [InlineData("--v=much", "error: unknown")]
    public async Task Are_refused_with_values_that_mean_nothing(string flags, string error)
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        CommandProcess.Result result = await CommandProcess.RunAsync(cluster, $"fairlead exec {flags} solo -- exit 0", Ct);
        Assert.StartsWith(error, result.Error, StringComparison.Ordinal);
        Assert.Equal(1, result.ExitCode);
    }

    [Fact]
    public void Levels_are_no_value_of_another_option() =>
        Assert.Equal(["exec", "-v", "web", "-v", "-vx", "--v", "x"], KubectlFlags.WithoutLevels(["exec", "-v", "--v=0", "web", "-v3", "-vx", "--v", "x"]));
}
