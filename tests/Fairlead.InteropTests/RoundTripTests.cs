namespace Fairlead.InteropTests;

/// <summary>
/// How often each verb waits for the line, counted by what can have caused what and not by a clock: opening the connection and its TLS are
/// two, and each request that must be answered before the next is one. The latency is far above what either side needs for an answer.
/// </summary>
public sealed class RoundTripTests
{
    /// <summary>TCP and TLS 1.3.</summary>
    const int Connecting = 2;

    const string Pods = """
        apiVersion: v1
        kind: Pod
        metadata: {name: solo}
        spec: {containers: [{name: main, command: [sleep, "1000"]}]}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: pair, labels: {app: web}}
        spec: {containers: [{name: one, command: [sleep, "1000"]}, {name: two, command: [sleep, "1000"]}]}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: reader}
        spec: {restartPolicy: Never, containers: [{name: main, stdin: true, command: [sh, -c, "read line"]}]}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: web}
        spec: {selector: {app: web}, ports: [{port: 80}]}
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec: {selector: {matchLabels: {app: web}}}
        """;

    static readonly FaultProxyOptions s_line = new() { Latency = TimeSpan.FromMilliseconds(250) };

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact(Timeout = 300_000), Trait("Case", "B9")]
    public async Task Each_verb_waits_for_the_line_no_more_often_than_it_must()
    {
        await using LabProcess lab = await StartLabAsync();
        List<(string Line, int Trips)> expected =
        [
            ("exec solo -- true", Connecting + 1), // the server knows the only container
            ("exec pair -c two -- true", Connecting + 1),
            ("exec pair -- true", Connecting + 3), // it cannot choose: the look-up, and again
            ("exec -i solo -- cat", Connecting + 2), // the end of input, and what comes of it
            ("exec deploy/web -- true", Connecting + 3), // the deployment, its pods
            ("exec svc/web -- true", Connecting + 3),
            ("exec --transport spdy solo -- true", Connecting + 4), // a reply for each of three streams
            ("exec none -- true", Connecting + 1),
            ("attach -i reader", Connecting + 3), // has it a terminal? Then the line that ends it
        ];
        List<(string Line, int Trips)> counted = [];
        foreach ((string line, int _) in expected) counted.Add((line, await CountAsync(lab, line)));
        Assert.Equal(expected, counted);
    }

    [Theory(Timeout = 300_000), Trait("Case", "B9")]
    [MemberData(nameof(Clients.Kubectls), MemberType = typeof(Clients))]
    public async Task A_kubectl_waits_more_often(string name)
    {
        CommandLineClient kubectl = Clients.Require(name);
        await using LabProcess lab = await StartLabAsync();
        await using FaultProxy proxy = lab.Behind(s_line);
        RunOptions options = new() { Environment = kubectl.Environment(lab.Kubeconfig) };
        RunResult result = await RunningProcess.RunAsync(
            kubectl.Program, ["exec", "--kubeconfig", lab.KubeconfigThrough(proxy), "solo", "--", "true"], null, options, Ct);
        Assert.Equal(0, result.ExitCode);
        Assert.InRange(proxy.RoundTrips, 2 * (Connecting + 1), int.MaxValue); // a connection for the look-up, and one for the upgrade
    }

    [Fact(Timeout = 300_000), Trait("Case", "B9")]
    public async Task A_session_with_a_terminal_waits_no_more_often()
    {
        Assert.SkipUnless(PseudoTerminal.IsHere, "script is not here (Debian package bsdutils)");
        await using LabProcess lab = await StartLabAsync();
        await using FaultProxy proxy = lab.Behind(s_line);
        RunResult result = await PseudoTerminal.RunAsync(
            24, 80, Repository.Command, ["exec", "--kubeconfig", lab.KubeconfigThrough(proxy), "-it", "solo", "--", "true"],
            CommandLineClient.Find(CommandLineClient.Fairlead).Environment(lab.Kubeconfig), Ct);
        Assert.Equal(0, result.ExitCode);
        Assert.Equal((1, Connecting + 1), (proxy.AcceptedConnections, proxy.RoundTrips));
    }

    [Fact(Timeout = 300_000), Trait("Case", "B9")]
    public async Task A_forward_stands_after_its_look_up_and_its_upgrade()
    {
        await using LabProcess lab = await StartLabAsync();
        await using FaultProxy proxy = lab.Behind(s_line);
        await using ForwardProcess forward = await ForwardProcess.StartAsync(
            CommandLineClient.Find(CommandLineClient.Fairlead), lab.KubeconfigThrough(proxy), ["solo", ":80"], cancellationToken: Ct);
        Assert.Equal((1, Connecting + 2), (proxy.AcceptedConnections, proxy.RoundTrips));
    }

    static async Task<int> CountAsync(LabProcess lab, string line)
    {
        await using FaultProxy proxy = lab.Behind(s_line);
        string[] words = line.Split(' ');
        RunOptions options = new() { Environment = CommandLineClient.Find(CommandLineClient.Fairlead).Environment(lab.Kubeconfig) };
        RunResult result = await RunningProcess.RunAsync(
            Repository.Command, [words[0], "--kubeconfig", lab.KubeconfigThrough(proxy), .. words[1..]], "line\n"u8.ToArray(), options, Ct);
        Assert.Equal(line.Contains(" none ", StringComparison.Ordinal) ? 1 : 0, result.ExitCode);
        Assert.Equal(1, proxy.AcceptedConnections);
        return proxy.RoundTrips;
    }

    static async Task<LabProcess> StartLabAsync()
    {
        string file = Path.Combine(Path.GetTempPath(), $"fairlead-trips-{Guid.NewGuid():N}.yaml");
        await File.WriteAllTextAsync(file, Pods, Ct);
        try
        {
            return await LabProcess.StartAsync(["--pods", file], Ct);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
