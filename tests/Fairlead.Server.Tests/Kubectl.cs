using System.Diagnostics;

namespace Fairlead.Server.Tests;

/// <summary>A real kubectl with a home and a kubeconfig of its own, pointed at a test's server over TLS.</summary>
sealed class Kubectl : IDisposable
{
    /// <summary>Another version of kubectl than the installed one can be named by an environment variable.</summary>
    static readonly string s_path = Environment.GetEnvironmentVariable("FAIRLEAD_TEST_KUBECTL") ?? "/usr/bin/kubectl";

    readonly DirectoryInfo _home = Directory.CreateTempSubdirectory("fairlead-kubectl-");

    public Kubectl(PodsApiServer server, string token = PodsApiServer.AdminToken)
    {
        Assert.SkipUnless(File.Exists(s_path), $"{s_path} is not installed");
        File.WriteAllText(Path.Combine(_home.FullName, "config"), $$$"""
            {"apiVersion":"v1","kind":"Config","current-context":"test",
             "clusters":[{"name":"test","cluster":{"server":"{{{server.Secure}}}","insecure-skip-tls-verify":true}}],
             "users":[{"name":"test","user":{"token":"{{{token}}}"}}],
             "contexts":[{"name":"test","context":{"cluster":"test","user":"test"}}]}
            """);
    }

    public Process Start(params string[] arguments)
    {
        ProcessStartInfo start = new(s_path, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["HOME"] = _home.FullName;
        start.Environment["KUBECONFIG"] = Path.Combine(_home.FullName, "config");
        foreach (string proxy in new[] { "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY", "all_proxy" }) start.Environment.Remove(proxy);
        return Process.Start(start)!;
    }

    /// <summary>Runs it to its end.</summary>
    public async Task<(int Code, string Output, string Errors)> RunAsync(string arguments, string input = "")
    {
        using Process process = Start(arguments.Split(' '));
        using CancellationTokenRegistration kill = TestContext.Current.CancellationToken.Register(process.Kill);
        Task<string> output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        Task<string> errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output, await errors);
    }

    public void Dispose() => _home.Delete(recursive: true);
}
