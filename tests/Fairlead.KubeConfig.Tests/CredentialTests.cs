using Fairlead.KubeConfig.Files;
using Fairlead.KubeConfig.Targets;
using Fairlead.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Fairlead.KubeConfig.Tests;

public sealed class CredentialTests : IDisposable
{
    readonly TestAuthority _authority = new();
    readonly Scratch _scratch = new();
    readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    KubernetesEndpoint Load(int port, string user, bool interactive = false, LogRecorder? logging = null) => KubeConfigEndpoint.Load(new KubeConfigOptions
    {
        Path = _scratch.Write("config", Kubeconfigs.Single($"server: https://localhost:{port}\ncertificate-authority-data: {_authority.PemAsBase64}", user)),
        Environment = Kubeconfigs.Environment(("PATH", _scratch.Folder + "/bin")),
        Time = _time,
        Interactive = interactive,
        Logging = logging ?? (ILoggerFactory)NullLoggerFactory.Instance,
    });

    static string Plugin(string command, string mode = "Never", string more = "") =>
        $"exec:\n  apiVersion: client.authentication.k8s.io/v1\n  command: {command}\n  interactiveMode: {mode}{more}";

    /// <summary>A plugin that counts its runs and puts the count in the place of COUNT.</summary>
    void WriteCountingPlugin(string status)
    {
        string runs = _scratch.Folder + "/runs";
        string template = _scratch.Write("template", $$"""{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{{status}} }""");
        _scratch.WriteScript("bin/counting", $"echo run >> {runs}\nexec sed \"s/COUNT/$(wc -l < {runs})/\" {template}");
    }

    [Theory]
    [InlineData("token: abc", "Bearer abc")]
    [InlineData("username: me\npassword: 'p:w'", "Basic bWU6cDp3")]
    [InlineData("tokenFile: token\ntoken: ignored", "Bearer from-file")]
    public async Task Credentials_of_the_file_are_sent(string user, string expected)
    {
        _scratch.Write("token", "from-file\n");
        await using TestServer server = await TestServer.StartAsync(_authority.IssueServer());
        using KubernetesEndpoint endpoint = Load(server.Port, user);
        await endpoint.GetAsync();
        Assert.Equal(expected, server.Requests.Single().Authorization);
    }

    [Fact]
    public async Task A_token_file_is_read_anew()
    {
        string path = _scratch.Write("token", "one");
        await using TestServer server = await TestServer.StartAsync(_authority.IssueServer());
        using KubernetesEndpoint endpoint = Load(server.Port, "tokenFile: token");
        await endpoint.GetAsync();
        await File.WriteAllTextAsync(path, "two", TestContext.Current.CancellationToken);
        await endpoint.GetAsync();
        Assert.Equal(["Bearer one", "Bearer two"], server.Requests.Select(request => request.Authorization));
    }

    [Fact]
    public void Nothing_secret_is_sent_in_the_clear()
    {
        string path = _scratch.Write("config", Kubeconfigs.Single("server: http://localhost:1", "token: abc"));
        using KubernetesEndpoint endpoint = KubeConfigEndpoint.Load(new KubeConfigOptions { Path = path });
        Assert.Null(endpoint.Authorize);
    }

    [Fact]
    public async Task Impersonation_is_asked_for()
    {
        await using TestServer server = await TestServer.StartAsync(_authority.IssueServer());
        using KubernetesEndpoint endpoint = Load(server.Port, "token: abc\nas: jane\nas-groups: [dev]");
        await endpoint.GetAsync();
        TestServer.Seen seen = server.Requests.Single();
        Assert.Equal("jane", seen.Headers["Impersonate-User"]);
        Assert.Equal("dev", seen.Headers["Impersonate-Group"]);
    }

    [Fact]
    [Trait("Case", "C1")]
    public async Task Each_group_to_act_as_has_a_line()
    {
        await using TestServer server = await TestServer.StartAsync(_authority.IssueServer());
        using KubernetesEndpoint endpoint = Load(server.Port, "token: abc\nas: jane\nas-groups: [dev, 'a, b', ops]");
        await endpoint.GetAsync();
        await Assert.ThrowsAsync<TargetException>(() => new TargetResolver(endpoint) { PodTimeout = TimeSpan.Zero }.ResolveAsync("svc/x", TargetVerb.Exec, cancellationToken: TestContext.Current.CancellationToken));
        using StreamingClient client = new(endpoint);
        await Assert.ThrowsAsync<UpgradeException>(() => client.ExecAsync(new("p"), ["ls"], cancellationToken: TestContext.Current.CancellationToken));
        Assert.True(server.Requests.Count >= 3);
        Assert.All(server.Requests, static seen =>
        {
            Assert.Equal(["jane"], seen.Lines["Impersonate-User"]);
            Assert.Equal(["dev", "a, b", "ops"], seen.Lines["Impersonate-Group"]);
            Assert.Equal(["Bearer abc"], seen.Lines["Authorization"]);
        });
    }

    [Fact]
    [Trait("Case", "C1")]
    public void Each_value_of_an_extra_is_a_value()
    {
        using HttpRequestMessage request = new();
        new Impersonation("jane", null, [], [new("scopes/x", "view"), new("scopes/x", "a, b")]).ApplyTo(request);
        Assert.Equal(["view", "a, b"], request.Headers.NonValidated["Impersonate-Extra-scopes%2Fx"]);
    }

    [Fact]
    public async Task A_plugin_runs_again_a_minute_before_its_credential_expires_or_after_a_401()
    {
        await using TestServer server = await TestServer.StartAsync(_authority.IssueServer());
        WriteCountingPlugin("""{"token":"COUNT","expirationTimestamp":"2026-01-01T01:00:00Z"}""");
        using KubernetesEndpoint endpoint = Load(server.Port, Plugin("counting"));
        await endpoint.GetAsync();
        _time.Advance(TimeSpan.FromMinutes(58));
        await endpoint.GetAsync();
        Assert.Equal(["Bearer 1", "Bearer 1"], server.Requests.Select(request => request.Authorization));

        await endpoint.GetAsync(renew: true);
        Assert.Equal("Bearer 2", server.Requests.Last().Authorization);

        _time.Advance(TimeSpan.FromMinutes(1));
        await endpoint.GetAsync();
        Assert.Equal("Bearer 3", server.Requests.Last().Authorization);
    }

    /// <summary>A server's clock may be another; and where it is not, the plugin is run once for what is asked and once after the refusal.</summary>
    [Fact, Trait("Case", "C20")]
    public async Task A_token_that_has_expired_already_is_tried_once_and_told_with_the_401()
    {
        bool refuses = false;
        await using TestServer server = await TestServer.StartAsync(_authority.IssueServer(), context =>
        {
            context.Response.StatusCode = refuses ? 401 : 403;
            return context.Response.WriteAsync("no");
        });
        using LogRecorder logged = new();
        WriteCountingPlugin("""{"token":"s3cret-COUNT","expirationTimestamp":"2025-12-31T23:00:00Z"}""");
        using KubernetesEndpoint endpoint = Load(server.Port, Plugin("counting"), logging: logged);
        using StreamingClient client = new(endpoint);
        await Assert.ThrowsAsync<UpgradeException>(() => client.ExecAsync(new("p", "ns"), ["ls"], cancellationToken: TestContext.Current.CancellationToken));
        Assert.Equal(["Bearer s3cret-1", "Bearer s3cret-1"], server.Requests.Select(static request => request.Authorization)); // WebSocket, and then SPDY

        _time.Advance(TimeSpan.FromMinutes(1));
        (refuses, string told) = (true, "the credential plugin \"counting\" gave credentials that have expired already, at 2025-12-31 23:00:00Z");
        UpgradeException refused = await Assert.ThrowsAsync<UpgradeException>(() => client.ExecAsync(new("p", "ns"), ["ls"], cancellationToken: TestContext.Current.CancellationToken));
        Assert.EndsWith(told, refused.Message, StringComparison.Ordinal);
        Assert.Equal(["Bearer s3cret-2", "Bearer s3cret-3"], server.Requests.Skip(2).Select(static request => request.Authorization));
        KubernetesApiException unknown = await Assert.ThrowsAsync<KubernetesApiException>(
            () => new TargetResolver(endpoint).ResolveAsync("svc/x", TargetVerb.Exec, cancellationToken: TestContext.Current.CancellationToken));
        Assert.EndsWith(told, unknown.Message, StringComparison.Ordinal);

        Assert.Contains(logged.Entries, static entry => entry.Text.Contains("counting gave credentials that have expired already, at 2025-12-31 23:00:00Z", StringComparison.Ordinal));
        Assert.DoesNotContain(logged.Entries, static entry => (entry.Text + entry.Failure).Contains("s3cret", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Requests_at_the_same_time_share_one_run()
    {
        await using TestServer server = await TestServer.StartAsync(_authority.IssueServer());
        WriteCountingPlugin("""{"token":"COUNT"}""");
        using KubernetesEndpoint endpoint = Load(server.Port, Plugin("counting"));
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => endpoint.GetAsync()));
        Assert.All(server.Requests, request => Assert.Equal("Bearer 1", request.Authorization));
    }

    [Fact]
    public async Task A_plugins_certificate_is_shown_and_replaced_after_a_401()
    {
        await using TestServer server = await TestServer.StartAsync(_authority.IssueServer());
        foreach (string name in (string[])["1", "2"])
        {
            (string certificate, string key) = _authority.IssueClient("user-" + name);
            _scratch.Write(name, $$"""{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"clientCertificateData":"{{certificate.ReplaceLineEndings("\\n")}}","clientKeyData":"{{key.ReplaceLineEndings("\\n")}}"} }""");
        }

        _scratch.WriteScript("bin/certificates", $"echo run >> {_scratch.Folder}/runs\nexec /bin/cat {_scratch.Folder}/$(/usr/bin/wc -l < {_scratch.Folder}/runs)");
        using KubernetesEndpoint endpoint = Load(server.Port, Plugin("certificates"));
        await endpoint.GetAsync();
        await endpoint.GetAsync(renew: true);
        Assert.Equal(["user-1", "user-2"], server.Requests.Select(request => request.ClientName));
    }

    [Fact]
    public async Task A_plugin_gets_its_arguments_environment_and_the_cluster()
    {
        await using TestServer server = await TestServer.StartAsync(_authority.IssueServer());
        _scratch.WriteScript("bin/echoing", $$$"""
            printf '%s\n' "$@" "$EXTRA" > {{{_scratch.Folder}}}/seen
            printf '%s' "$KUBERNETES_EXEC_INFO" > {{{_scratch.Folder}}}/info
            printf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"t"}}'
            """);
        using KubernetesEndpoint endpoint = Load(
            server.Port, Plugin("echoing", more: "\n  args: [get, 'two words']\n  env:\n  - {name: EXTRA, value: more}\n  provideClusterInfo: true"));
        await endpoint.GetAsync();
        Assert.Equal(["get", "two words", "more"], File.ReadAllLines(_scratch.Folder + "/seen"));
        string info = File.ReadAllText(_scratch.Folder + "/info");
        Assert.StartsWith(
            $$"""{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","spec":{"cluster":{"server":"https://localhost:{{server.Port}}",""", info, StringComparison.Ordinal);
        Assert.EndsWith(""","interactive":false}}""", info, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("missing", "Never", "is not installed\n\nbrew install it")]
    [InlineData("failing", "Never", "ended with exit code 3")]
    [InlineData("chatty", "Never", "printed more than 1 MiB")]
    [InlineData("babbling", "Never", "printed something that is not an ExecCredential")]
    [InlineData("babbling", "Always", "asks questions (interactiveMode Always), but standard input is not a terminal")]
    [InlineData("babbling", "Sometimes", "is none of Never, IfAvailable, Always")]
    [InlineData("babbling", "''", "interactiveMode must be given")]
    [InlineData("older", "Never", "answered with another apiVersion")]
    [InlineData("empty", "Never", "gave neither a token nor a client certificate")]
    public async Task A_plugin_that_is_of_no_use_is_named(string command, string mode, string expected)
    {
        _scratch.WriteScript("bin/failing", "exit 3");
        _scratch.WriteScript("bin/chatty", "/usr/bin/head -c 2000000 /dev/zero; exec /bin/sleep 60");
        _scratch.WriteScript("bin/babbling", "echo '{\"token\": s3cret'");
        _scratch.WriteScript("bin/older", "echo '{\"apiVersion\":\"client.authentication.k8s.io/v1beta1\",\"kind\":\"ExecCredential\",\"status\":{\"token\":\"s3cret\"}}'");
        _scratch.WriteScript("bin/empty", "echo '{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\",\"status\":{}}'");
        using KubernetesEndpoint endpoint = Load(1, Plugin(command, mode, "\n  installHint: brew install it"));
        KubeConfigException refused = await Assert.ThrowsAsync<KubeConfigException>(() => endpoint.GetAsync());
        Assert.Contains($"\"{command}\"", refused.Message, StringComparison.Ordinal);
        Assert.Contains(expected, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", refused.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancelling_ends_the_plugin()
    {
        _scratch.WriteScript("bin/hanging", $"echo $$ > {_scratch.Folder}/pid; exec /bin/sleep 60");
        using KubernetesEndpoint endpoint = Load(1, Plugin("hanging"));
        using CancellationTokenSource cancel = new();
        using HttpRequestMessage request = new();
        Task wait = endpoint.Authorize!(request, false, cancel.Token).AsTask();
        await Eventually.HoldsAsync(() => File.Exists(_scratch.Folder + "/pid") && File.ReadAllText(_scratch.Folder + "/pid").Length > 0,
            "the plugin runs", cancellationToken: TestContext.Current.CancellationToken);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);
        int pid = int.Parse(File.ReadAllText(_scratch.Folder + "/pid"), System.Globalization.CultureInfo.InvariantCulture);
        await Eventually.HoldsAsync(
            () => !Directory.Exists($"/proc/{pid}") || File.ReadAllText($"/proc/{pid}/stat").Contains(") Z", StringComparison.Ordinal),
            "the plugin has ended", cancellationToken: TestContext.Current.CancellationToken);
    }

    public void Dispose()
    {
        _authority.Dispose();
        _scratch.Dispose();
    }
}
