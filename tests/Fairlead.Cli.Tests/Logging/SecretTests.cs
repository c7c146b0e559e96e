using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Fairlead.Testing;

namespace Fairlead.Cli.Tests.Logging;

/// <summary>Everybody logs everything: client, gateway and lab, at trace. Nothing that a session or a request carries is in any of the logs.</summary>
[Trait("Case", "14.2")]
public sealed class SecretTests : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("fairlead-secrets-").FullName;

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    string File(string name) => Path.Combine(_folder, name);

    [Theory]
    [InlineData("")]
    [InlineData("--transport spdy")]
    public async Task Nothing_that_is_secret_is_in_any_log(string transport)
    {
        await System.IO.File.WriteAllTextAsync(File("users"), $$"""
            users: [{name: me, token: {{Secrets.Token}}, rules: [{verbs: ["*"], resources: ["*"]}]}]
            """, Ct);
        await using RunningProcess lab = await StartAsync("lab", "--users", File("users"), "--write-kubeconfig", File("lab"));
        await using RunningProcess gateway = await StartAsync("gateway", "--upstream-kubeconfig", File("lab"), "--write-kubeconfig", File("gateway"), "--audit-command", "none");

        RunResult works = await ExecAsync(transport, $"printf %s '{Secrets.Input}' | fairlead exec -iq {transport} demo -c shell -- sh -c 'cat; echo {Secrets.Argument}' {Secrets.Command}");
        Assert.True(works is { ExitCode: 0, Stdout: Secrets.Input + Secrets.Argument + "\n" }, works.ToString());
        RunResult fails = await ExecAsync(transport, $"fairlead exec -q {transport} demo -c shell -- {Secrets.Command} --password={Secrets.Argument}");
        Assert.True(fails.ExitCode != 0, fails.ToString());
        RunResult none = await ExecAsync(transport, $"fairlead exec -q {transport} {"none"} -c shell -- {Secrets.Command} --password={Secrets.Argument}");
        Assert.True(none.ExitCode != 0, none.ToString());
        foreach (string path in (string[])["/api/v1/namespaces/default/pods/demo/exec", "/api/v1/namespaces/default/pods/none/log", "/nowhere"])
        {
            foreach (string kubeconfig in (string[])["lab", "gateway"]) await AskAsync(kubeconfig, path);
        }

        await gateway.TerminateAsync(Ct);
        await lab.TerminateAsync(Ct);
        string client = await System.IO.File.ReadAllTextAsync(File("log"), Ct);
        foreach (string log in (string[])[client, gateway.Stderr.Text, lab.Stderr.Text])
        {
            Assert.Contains(" trace Fairlead.Streaming: ", log, StringComparison.Ordinal);
            Secrets.AssertAbsent(log);
        }
    }

    async Task<RunningProcess> StartAsync(params string[] arguments)
    {
        RunningProcess process = RunningProcess.Start(CommandProcess.Path, [.. arguments, "--log-level", "trace"], new RunOptions
        {
            Environment = new Dictionary<string, string?> { ["PLANTED"] = Secrets.Variable },
        });
        await process.Stdout!.LineAsync("ready ", Ct);
        return process;
    }

    Task<RunResult> ExecAsync(string transport, string line) => RunningProcess.RunAsync("bash", ["-c", $"fairlead() {{ '{CommandProcess.Path}' \"$@\"; }}\n{line}"], options: new RunOptions
    {
        Environment = new Dictionary<string, string?>
        {
            ["KUBECONFIG"] = File("gateway"),
            ["XDG_CACHE_HOME"] = File("cache" + transport),
            ["FAIRLEAD_LOG"] = "trace",
            ["FAIRLEAD_LOG_FILE"] = File("log"),
            ["PLANTED"] = Secrets.Variable,
        },
    }, cancellationToken: Ct);

    /// <summary>A request as somebody may write it by hand: secrets in its query, its headers and its body.</summary>
    async Task AskAsync(string kubeconfig, string path)
    {
        Uri server = new((await System.IO.File.ReadAllTextAsync(File(kubeconfig), Ct)).Split("https://")[1].Split('"', '\n', '\r', ' ', ',')[0].Insert(0, "https://"));
        using TcpClient tcp = new();
        await tcp.ConnectAsync(server.Host, server.Port, Ct);
#pragma warning disable CA5359 // whose certificate it is makes no difference here
        await using SslStream tls = new(tcp.GetStream(), leaveInnerStreamOpen: false, static (_, _, _, _) => true);
#pragma warning restore CA5359
        await tls.AuthenticateAsClientAsync("localhost");
        string request = $"POST {path}?command={Secrets.Command}&timestamps={Secrets.Query}&container={Secrets.Query} HTTP/1.1\r\nHost: {server.Authority}\r\nConnection: close\r\n"
            + $"Authorization: Bearer {Secrets.Token}\r\nCookie: {Secrets.Cookie}=1\r\nX-Custom: {Secrets.Header}\r\nImpersonate-User: {Secrets.User}\r\n"
            + $"Impersonate-Group: {Secrets.Group}\r\nImpersonate-Extra-Scopes: {Secrets.Extra}\r\nContent-Length: {Secrets.Input.Length}\r\n\r\n{Secrets.Input}";
        await tls.WriteAsync(Encoding.ASCII.GetBytes(request), Ct);
        using StreamReader answer = new(tls);
        Assert.StartsWith("HTTP/1.1 4", await answer.ReadLineAsync(Ct), StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
