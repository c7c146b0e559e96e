namespace Fairlead.Cli.Tests;

/// <summary>What a session asks of a server until it runs: each request is a round trip.</summary>
public sealed class RequestTests
{
    const string Defaulted = "Defaulted container \"shell\" out of: shell, web\n";

    [Theory, Trait("Case", "B9")]
    [InlineData("fairlead exec solo -- exit 0", "failing\n", "GET solo/exec")] // one container: the server knows
    [InlineData("fairlead exec pod/solo -- exit 0", "failing\n", "GET solo/exec")]
    [InlineData("fairlead exec demo -c web -- exit 0", "failing\n", "GET demo/exec")]
    [InlineData("fairlead exec -i demo -c web -- exit 0", "failing\n", "GET demo/exec")]
    [InlineData("fairlead exec --transport spdy demo -c web -- exit 0", null, "POST demo/exec")]
    [InlineData("fairlead exec demo -- exit 0", Defaulted + "failing\n", "GET demo/exec", "GET demo", "GET demo/exec")] // it cannot choose
    [InlineData("fairlead exec -q demo -- exit 0", "failing\n", "GET demo/exec", "GET demo", "GET demo/exec")]
    [InlineData("fairlead exec hidden -- exit 0", "error: a container name must be specified for pod hidden, choose one of: [shell web]\n", "GET hidden/exec", "GET hidden")]
    [InlineData("fairlead exec demo -c none -- exit 0", "error: container none not found in pod demo\n", "GET demo/exec", "POST demo/exec", "GET demo")]
    [InlineData("fairlead exec -i demo -c web -- forbidden", "error: pods \"demo\" is forbidden: you may not\n", "GET demo/exec", "POST demo/exec")]
    [InlineData("fairlead exec none -- exit 0", "error: pods \"none\" not found\n", "GET none/exec")]
    [InlineData("fairlead exec done -- exit 0", "error: cannot exec into a container in a completed pod; current phase is Succeeded\n", "GET done/exec", "GET done")]
    [InlineData("fairlead exec late -- exit 0", "error: cannot exec into a container in a completed pod; current phase is Succeeded\n", "GET late/exec", "GET late")]
    [InlineData("fairlead attach done", "error: cannot attach a container in a completed pod; current phase is Succeeded\n", "GET done/attach", "GET done")]
    [InlineData("fairlead attach -i done", "error: cannot attach a container in a completed pod; current phase is Succeeded\n", "GET done")] // has it a terminal?
    public async Task Nothing_is_asked_that_is_not_needed(string line, string? error, params string[] requests)
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        CommandProcess.Result result = await CommandProcess.RunAsync(cluster, line, TestContext.Current.CancellationToken);
        Assert.Equal(requests, cluster.Requests);
        Assert.Equal(error ?? result.Error, result.Error);
        Assert.Equal(requests[0] == "GET late/exec" ? 2 : 1, cluster.Connections.Count); // one that was upgraded takes no more requests
    }
}
