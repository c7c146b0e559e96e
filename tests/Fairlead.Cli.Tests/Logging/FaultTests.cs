using Fairlead.Testing;

namespace Fairlead.Cli.Tests.Logging;

/// <summary>
/// Faults as users meet them: a person who sees only the log names the cause. Everything is logged, at trace; what is secret is nowhere in it.
/// </summary>
public sealed class FaultTests : IDisposable
{
    const string Exec = "fairlead exec -q demo -c web -- " + Secrets.Command + " --password=" + Secrets.Argument;

    readonly TestAuthority _authority = new(), _other = new();
    readonly string _folder = Directory.CreateTempSubdirectory("fairlead-faults-").FullName;

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>The server of a fault, what is run against it, what the kubeconfig says, and the words that name the cause.</summary>
    sealed record Fault(Func<FaultTests, FaultyServer?> Serve, string[] Words)
    {
        public string Line { get; init; } = Exec;
        public Func<FaultTests, string> Trust { get; init; } = static test => "certificate-authority-data: " + test._authority.PemAsBase64;
        public string? User { get; init; }
        public bool IsProxied { get; init; }
    }

    static readonly Dictionary<string, Fault> s_faults = new()
    {
        ["wrong authority"] = new(test => test.Answering("200 OK"), ["the server's certificate is signed by no authority that is trusted here"])
        {
            Trust = static test => "certificate-authority-data: " + test._other.PemAsBase64,
        },
        ["certificate has expired"] = new(test => new FaultyServer(test._authority.IssueServer("127.0.0.1", expired: true), _ => null), ["the server's certificate expired on "]),
        ["certificate is for another name"] = new(test => new FaultyServer(test._authority.IssueServer("elsewhere.example"), _ => null), ["the server's certificate is for elsewhere.example, and not for 127.0.0.1, the name that it was asked by"]),
        ["upgrade refused"] = new(
            test => test.Answering("403 Forbidden", $$"""{"kind":"Status","status":"Failure","reason":"Forbidden","code":403,"message":"you may not run {{Secrets.Command}} --password={{Secrets.Argument}}"}"""),
            ["refused the upgrade with 403 Forbidden", "you may not run [withheld]"]),
        ["no such pod"] = new(
            test => test.Answering("404 Not Found", """{"kind":"Status","status":"Failure","reason":"NotFound","code":404,"message":"pods \"demo\" not found"}"""),
            ["refused the upgrade with 404 NotFound", "pods \"demo\" not found"]),
        ["subprotocol not granted"] = new(
            test => new FaultyServer(test._authority.IssueServer("127.0.0.1"), head => FaultyServer.Upgrade(head, null)),
            ["chose no subprotocol", "upgraded without choosing a subprotocol"]),
        ["server lost"] = new(
            test => new FaultyServer(test._authority.IssueServer("127.0.0.1"), head => FaultyServer.Upgrade(head, "v5.channel.k8s.io", 0x82, 2, 1, (byte)'x'), ends: true),
            ["was lost (ConnectionBroken)", "The connection broke before the session had ended", "whether the command finished is not known"]),
        ["server silent"] = new(
            test => new FaultyServer(test._authority.IssueServer("127.0.0.1"), head => FaultyServer.Upgrade(head, "v5.channel.k8s.io", 0x82, 2, 1, (byte)'x')),
            ["nothing came from the peer for", "was lost (KeepAliveTimeout)"])
        {
            Line = "fairlead exec -q --ping-interval 200ms --ping-timeout 2s demo -c web -- " + Secrets.Command,
        },
        ["auth plugin dead"] = new(test => test.Answering("200 OK"), ["The credential plugin sh ended with exit code 3", "The credential plugin sh gave no credentials"])
        {
            User = $$"""
                exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: sh, args: ["-c", "echo {{Secrets.Plugin}}; exit 3"], env: [{name: A, value: {{Secrets.Variable}}}]}
                """,
        },
        ["connection refused"] = new(static _ => null, ["No connection to 127.0.0.1:1", "Connection refused"]),
        ["proxy wants a password"] = new(static _ => null, ["the proxy http://127.0.0.1:", "(proxy-url of the kubeconfig) did not lead to", "it answered 407"]) { IsProxied = true },
    };

    public static TheoryData<string> Faults => [.. s_faults.Keys];

    [Theory, MemberData(nameof(Faults)), Trait("Case", "14.2")]
    public async Task The_log_names_the_cause_and_no_secret(string name)
    {
        Fault fault = s_faults[name];
        await using FaultyServer? server = fault.Serve(this);
        await using AuthenticatingProxy? proxy = fault.IsProxied ? new AuthenticatingProxy(1) : null;
        await File.WriteAllTextAsync(Path.Combine(_folder, "config"), Kubeconfig(fault, server?.Port ?? 1, proxy), Ct);
        (int code, string log) = await RunAsync(fault.Line);
        Assert.True(code != 0, log);
        foreach (string words in fault.Words) Assert.True(log.Contains(words, StringComparison.Ordinal), $"\"{words}\" is not in the log:\n{log}");
        Secrets.AssertAbsent(log);
    }

    /// <summary>A limit of the file's size stands for a full disk: both are found by a write that takes no more.</summary>
    [Fact, Trait("Case", "14.2")]
    public async Task A_target_that_takes_no_more_is_named()
    {
        string big = Path.Combine(_folder, "big"), kubeconfig = Path.Combine(_folder, "config");
        await File.WriteAllBytesAsync(big, new byte[4 << 20], Ct);
        await using RunningProcess lab = RunningProcess.Start(CommandProcess.Path, ["lab", "--write-kubeconfig", kubeconfig]);
        await lab.Stdout!.LineAsync("ready ", Ct);
        RunResult result = await RunningProcess.RunAsync(
            "bash", ["-c", $"trap '' XFSZ; ulimit -f 64; DOTNET_EnableWriteXorExecute=0 exec '{CommandProcess.Path}' cp -q --kubeconfig '{kubeconfig}' 'demo:{big}' '{_folder}/copy'"],
            options: new RunOptions { Environment = new Dictionary<string, string?> { ["FAIRLEAD_LOG"] = "debug" } }, cancellationToken: Ct);
        Assert.Equal(1, result.ExitCode);
        string log = string.Join('\n', result.Stderr.Split('\n').Where(static line => !line.StartsWith("error: ", StringComparison.Ordinal)));
        Assert.Contains("cp failed after", log, StringComparison.Ordinal);
        Assert.Contains("file length was too large", log, StringComparison.Ordinal);
    }

    [Fact, Trait("Case", "14.5")]
    public async Task What_cannot_be_written_is_told_by_its_side_and_the_users_path()
    {
        string small = Path.Combine(_folder, "small"), kubeconfig = Path.Combine(_folder, "config");
        await File.WriteAllTextAsync(small, "x", Ct);
        await using RunningProcess lab = RunningProcess.Start(CommandProcess.Path, ["lab", "--write-kubeconfig", kubeconfig]);
        await lab.Stdout!.LineAsync("ready ", Ct);
        foreach ((string from, string to, string told) in ((string, string, string)[])
            [(small, "demo:/proc/x", "error: default/demo/shell:/proc/x: "), ("demo:" + small, "/proc/x", "error: /proc/x cannot be written: ")])
        {
            RunResult result = await RunningProcess.RunAsync(CommandProcess.Path, ["cp", "-q", "--kubeconfig", kubeconfig, from, to], cancellationToken: Ct);
            Assert.StartsWith(told, result.Stderr, StringComparison.Ordinal);
            Assert.DoesNotContain(".fairlead-", result.Stderr, StringComparison.Ordinal);
        }

        string big = Path.Combine(_folder, "big");
        await File.WriteAllBytesAsync(big, new byte[4 << 20], Ct);
        RunResult full = await RunningProcess.RunAsync(
            "bash", ["-c", $"trap '' XFSZ; ulimit -f 64; DOTNET_EnableWriteXorExecute=0 exec '{CommandProcess.Path}' cp -q --kubeconfig '{kubeconfig}' 'demo:{big}' '{_folder}/copy'"], cancellationToken: Ct);
        Assert.StartsWith($"error: {_folder}/copy cannot be written: ", full.Stderr, StringComparison.Ordinal);
    }

    [Fact, Trait("Case", "14.11")]
    public async Task An_interrupted_copy_says_that_the_same_command_goes_on()
    {
        string big = Path.Combine(_folder, "big"), kubeconfig = Path.Combine(_folder, "config");
        await using RunningProcess lab = RunningProcess.Start(CommandProcess.Path, ["lab", "--write-kubeconfig", kubeconfig]);
        await lab.Stdout!.LineAsync("ready ", Ct);
        using (FileStream made = new(big, FileMode.Create)) made.SetLength(4L << 30); // longer than any signal takes; sparse
        RunResult result = await RunningProcess.RunAsync(
            "bash",
            ["-c", $"set -m; '{CommandProcess.Path}' cp --kubeconfig '{kubeconfig}' 'demo:{big}' '{_folder}/copy' & while ! compgen -G '{_folder}/.fairlead-*/r' > /dev/null; do sleep 0.1; done; kill -INT $!; wait $!"],
            cancellationToken: Ct);
        Assert.Equal(130, result.ExitCode);
        Assert.Contains("fairlead: interrupted: what has arrived is kept, and the same command goes on from there\n", result.Stderr, StringComparison.Ordinal);
    }

    string Kubeconfig(Fault fault, int port, AuthenticatingProxy? proxy) => $"""
        current-context: c
        contexts: [{"{"}name: c, context: {"{"}cluster: c, user: c{"}"}{"}"}]
        clusters:
        - name: c
          cluster:
            server: https://127.0.0.1:{port}
            {fault.Trust(this)}
            {(proxy is null ? "" : $"proxy-url: http://user:{Secrets.ProxyPassword}@{proxy.Address}")}
        users:
        - name: c
          user:
            {fault.User ?? $"token: {Secrets.Token}"}
            as: {Secrets.User}
            as-groups: [{Secrets.Group}]
            as-user-extra: {"{"}scopes: [{Secrets.Extra}]{"}"}
        - name: other
          user: {"{"}username: me, password: {Secrets.Password}{"}"}
        """;

    FaultyServer Answering(string status, string body = "") => new(_authority.IssueServer("127.0.0.1"), _ => FaultyServer.Answer(status, body));

    async Task<(int Code, string Log)> RunAsync(string line)
    {
        string file = Path.Combine(_folder, "log");
        RunResult result = await RunningProcess.RunAsync("bash", ["-c", $"fairlead() {{ '{CommandProcess.Path}' \"$@\"; }}\n{line}"], options: new RunOptions
        {
            Environment = new Dictionary<string, string?>
            {
                ["KUBECONFIG"] = Path.Combine(_folder, "config"),
                ["XDG_CACHE_HOME"] = _folder,
                ["FAIRLEAD_LOG"] = "trace",
                ["FAIRLEAD_LOG_FILE"] = file,
                ["PLANTED"] = Secrets.Variable,
            },
        }, cancellationToken: Ct);
        return (result.ExitCode, await File.ReadAllTextAsync(file, Ct));
    }

    public void Dispose()
    {
        _authority.Dispose();
        _other.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
