namespace Fairlead.InteropTests.Windows;

/// <summary>What needs TLS: wine's is GnuTLS, where the machine has that. It compares a certificate's names with hosts, and not with addresses.</summary>
public sealed partial class WindowsTests
{
    /// <summary>SEC_E_INTERNAL_ERROR, schannel's answer where no GnuTLS is behind it.</summary>
    const string NoTls = "0x80090302";

    static void SkipWithoutTls(RunResult run) =>
        Assert.SkipWhen(run.Stderr.Contains(NoTls, StringComparison.Ordinal), $"TLS of wine, which has no GnuTLS here: {run.Stderr.Trim()}");

    string Server => $"https://localhost:{windows.Lab.Server.Port}";

    /// <summary>The lab's own kubeconfig, for the name that its certificate is for, with another line of trust.</summary>
    async Task<RunResult> TrustAsync(string name, string trust)
    {
        string file = Path.Combine(windows.Lab.Folder, name);
        string[] lines = await File.ReadAllLinesAsync(windows.Lab.Kubeconfig, TestContext.Current.CancellationToken);
        await File.WriteAllLinesAsync(file, lines.Select(line =>
            line.Contains("server: ", StringComparison.Ordinal) ? $"    server: {Server}"
            : trust.Length > 0 && line.Contains("certificate-authority-data: ", StringComparison.Ordinal) ? $"    {trust}"
            : line), TestContext.Current.CancellationToken);
        RunOptions options = new() { Environment = new Dictionary<string, string?> { ["KUBECONFIG"] = WindowsFixture.There(file) } };
        return await RunningProcess.RunAsync(windows.Wine, [WindowsFixture.Program, "exec", "demo", "-c", "web", "--", "echo", "there"],
            options: options, cancellationToken: TestContext.Current.CancellationToken);
    }

    [Fact(Skip = Long, SkipUnless = nameof(IsFull), Timeout = Limit)]
    public async Task The_cluster_s_own_authority_is_trusted_and_no_other()
    {
        Assert.SkipWhen(windows.Missing is not null, windows.Missing ?? "");
        RunResult own = await TrustAsync("windows-own", "");
        SkipWithoutTls(own);
        Assert.Equal((0, "there\n"), (own.ExitCode, own.Stdout));

        string other = Path.Combine(windows.Lab.Folder, "windows-other.pem");
        RunResult made = await RunningProcess.RunAsync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "/dev/null", "-subj", "/CN=other", "-out", other],
            cancellationToken: TestContext.Current.CancellationToken);
        Assert.True(made.ExitCode == 0, made.ToString());
        foreach (string trust in (string[])[$"certificate-authority: '{WindowsFixture.There(other)}'", "certificate-authority-data: null"]) // and the machine's own
        {
            RunResult run = await TrustAsync("windows-another", trust);
            Assert.Equal((1, ""), (run.ExitCode, run.Stdout));
            Assert.Contains("is signed by no authority that is trusted here", run.Stderr, StringComparison.Ordinal);
        }
    }

    [Fact(Skip = Long, SkipUnless = nameof(IsFull), Timeout = Limit)]
    public async Task A_credential_plugin_that_is_a_cmd_is_found_and_asked()
    {
        Assert.SkipWhen(windows.Missing is not null, windows.Missing ?? "");
        string folder = Directory.CreateDirectory(Path.Combine(windows.Lab.Folder, "windows-plugin")).FullName, kubeconfig = Path.Combine(folder, "kubeconfig");
        await File.WriteAllTextAsync(Path.Combine(folder, "give-token.cmd"),
            "@echo off\r\necho asked %1 of %CLUSTER%>\"%~dp0asked.txt\"\r\n" +
            $"echo {{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\",\"status\":{{\"token\":\"{windows.Token}\"}}}}\r\n",
            TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(kubeconfig, $$$"""
            apiVersion: v1
            kind: Config
            current-context: lab
            clusters: [{name: lab, cluster: {server: "{{{Server}}}", insecure-skip-tls-verify: true}}]
            contexts: [{name: lab, context: {cluster: lab, user: plugin}}]
            users: [{name: plugin, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: give-token, args: [for-lab], env: [{name: CLUSTER, value: the-lab}], interactiveMode: Never} } }]
            """, TestContext.Current.CancellationToken);
        RunOptions options = new() { Environment = new Dictionary<string, string?> { ["KUBECONFIG"] = WindowsFixture.There(kubeconfig), ["WINEPATH"] = WindowsFixture.There(folder) } };
        RunResult run = await RunningProcess.RunAsync(windows.Wine, [WindowsFixture.Program, "exec", "demo", "-c", "web", "--", "echo", "there"],
            options: options, cancellationToken: TestContext.Current.CancellationToken);
        Assert.True(File.Exists(Path.Combine(folder, "asked.txt")), run.ToString());
        Assert.Equal("asked for-lab of the-lab", (await File.ReadAllTextAsync(Path.Combine(folder, "asked.txt"), TestContext.Current.CancellationToken)).Trim());
        SkipWithoutTls(run);
        Assert.True((run.ExitCode, run.Stdout) == (0, "there\n"), run.ToString()); // the lab wants that token
    }
}
