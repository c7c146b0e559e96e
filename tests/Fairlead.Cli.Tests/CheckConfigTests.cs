using Fairlead.Testing;

namespace Fairlead.Cli.Tests;

/// <summary><c>fairlead gateway --check-config</c>: whatever would keep it from starting is told with the option's name, and nothing is listened on.</summary>
public sealed class CheckConfigTests : IDisposable
{
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fairlead-check-");
    readonly TestAuthority _authority = new();

    public CheckConfigTests()
    {
        (string certificate, string key) = _authority.IssueServerPem();
        Write("tls.crt", certificate);
        Write("tls.key", key);
        Write("other.key", _authority.IssueServerPem().Key);
        Write("ca.crt", _authority.Pem);
        Write("empty.crt", "nothing");
        Write("kubeconfig", """
            {kind: Config, current-context: c, contexts: [{name: c, context: {cluster: c, user: u}}], users: [{name: u, user: {token: PLANTED}}],
             clusters: [{name: c, cluster: {server: "https://127.0.0.1:1"}}]}
            """);
    }

    [Fact]
    public async Task What_would_start_is_told_with_each_file_and_no_secret()
    {
        CommandLines.Result checkedConfig = await CheckAsync(
            "--listen 0.0.0.0:1 --operations 127.0.0.1:1 --upstream-kubeconfig @kubeconfig --client-ca @ca.crt --tls-cert @tls.crt --tls-key @tls.key --write-kubeconfig @out");
        Assert.Equal((0, ""), (checkedConfig.ExitCode, checkedConfig.Error));
        string[] lines = checkedConfig.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries); // port 1 is nobody's to listen on: it was not tried
        Assert.All(lines[..^1], static line => Assert.StartsWith("ok     --", line, StringComparison.Ordinal));
        Assert.Equal("a gateway would start", lines[^1]);
        Assert.Contains("ok     --upstream-kubeconfig: https://127.0.0.1:1", lines);
        Assert.Contains(lines, line => line.StartsWith($"ok     --tls-cert, --tls-key: {_folder.FullName}/tls.crt, valid until ", StringComparison.Ordinal));
        Assert.DoesNotContain("PLANTED", checkedConfig.Output, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(_folder.FullName, "out")));
    }

    [Theory]
    [InlineData("--upstream-kubeconfig @none", "FAULT  --upstream-kubeconfig: ")]
    [InlineData("--upstream https://h --upstream-ca @none", "FAULT  --upstream: ")]
    [InlineData("--upstream https://h --upstream-ca @empty.crt", "FAULT  --upstream: ")]
    [InlineData("--upstream https://h --listen nowhere", "FAULT  --listen: --listen takes ADDRESS:PORT")]
    [InlineData("--upstream https://h --operations nowhere", "FAULT  --operations: --operations takes ADDRESS:PORT")]
    [InlineData("--upstream https://h --tls-cert @none --tls-key @tls.key", "FAULT  --tls-cert, --tls-key: ")]
    [InlineData("--upstream https://h --tls-cert @tls.crt --tls-key @other.key", "FAULT  --tls-cert, --tls-key: ")]
    [InlineData("--upstream-kubeconfig @kubeconfig --client-ca @empty.crt", "FAULT  --client-ca: ")]
    [InlineData("--upstream https://h --write-kubeconfig @none/out", "FAULT  --write-kubeconfig: ")]
    public async Task What_would_keep_it_from_starting_is_told_with_the_options_name(string options, string told)
    {
        CommandLines.Result faulty = await CheckAsync(options);
        Assert.Equal((1, ""), (faulty.ExitCode, faulty.Error));
        string[] lines = faulty.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.StartsWith(told, Assert.Single(lines, static line => line.StartsWith("FAULT", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Equal("1 in the way of a start", lines[^1]);
    }

    [Fact]
    public async Task All_that_is_wrong_is_told_at_once()
    {
        CommandLines.Result faulty = await CheckAsync("--upstream-kubeconfig @none --client-ca @empty.crt --tls-cert @none --tls-key @none");
        Assert.Equal(1, faulty.ExitCode);
        Assert.EndsWith("\n4 in the way of a start\n", faulty.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "name the server: either --upstream or --upstream-kubeconfig")]
    [InlineData("--upstream https://h --tls-cert @tls.crt", "--tls-cert and --tls-key belong together")]
    [InlineData("--upstream https://h --proxy-protocol", "--proxy-protocol needs --trust-proxy: anybody else's header would be believed")]
    [InlineData("--upstream https://h --trust-proxy here", "--trust-proxy takes a network, as 192.0.2.0/24 or 2001:db8::1/128, not \"here\"")]
    public async Task A_line_that_is_not_whole_is_refused_as_at_a_start(string options, string told)
    {
        CommandLines.Result refused = await CheckAsync(options);
        Assert.Equal((1, ""), (refused.ExitCode, refused.Output));
        Assert.StartsWith("error: " + told, refused.Error, StringComparison.Ordinal);
    }

    Task<CommandLines.Result> CheckAsync(string options) => CommandLines.RunAsync(
        ["gateway", "--check-config", .. options.Replace("@", _folder.FullName + "/", StringComparison.Ordinal).Split(' ', StringSplitOptions.RemoveEmptyEntries)]);

    void Write(string name, string text) => File.WriteAllText(Path.Combine(_folder.FullName, name), text);

    public void Dispose()
    {
        _authority.Dispose();
        _folder.Delete(recursive: true);
    }
}
