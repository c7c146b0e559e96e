using Fairlead.Streaming.Tls;
using Fairlead.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Fairlead.KubeConfig.Tests;

/// <summary>What an endpoint takes of files that change while it lives.</summary>
[Trait("Case", "C18")]
public sealed class RenewalTests : IAsyncLifetime
{
    readonly TestAuthority _authority = new(), _other = new();
    readonly Scratch _scratch = new();
    readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);
    readonly LogRecorder _log = new();
    TestServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await TestServer.StartAsync(_authority.IssueServer());

    KubernetesEndpoint Load(string user, string authority = "certificate-authority: ca.crt") => KubeConfigEndpoint.Load(new KubeConfigOptions
    {
        Path = _scratch.Write("config", Kubeconfigs.Single($"server: https://localhost:{_server.Port}\n{authority}", user)),
        Environment = Kubeconfigs.Environment(("PATH", _scratch.Folder + "/bin")),
        Time = _time,
        Logging = _log,
    });

    void WriteClient(string name, TestAuthority? authority = null)
    {
        (string certificate, string key) = (authority ?? _authority).IssueClient(name);
        _scratch.Write("me.key", key); // the key first: half of it may be seen
        _scratch.Write("me.crt", certificate);
    }

    void Look(int times = 2)
    {
        for (int i = 0; i < times; i++) _time.Advance(FileReads.Interval);
    }

    string? Shown => _server.Requests.Last().ClientName;

    [Fact]
    public async Task The_files_of_another_machines_kubeconfig_are_found_where_that_machine_is()
    {
        _scratch.Write("root/etc/kubernetes/pki/ca.crt", _authority.Pem);
        (string certificate, string key) = _authority.IssueClient("node");
        _scratch.Write("root/var/lib/kubelet/pki/current.pem", certificate + "\n" + key);
        _scratch.Write("root/etc/kubernetes/kubelet.conf", Kubeconfigs.Single(
            $"server: https://localhost:{_server.Port}\ncertificate-authority: pki/ca.crt",
            "client-certificate: /var/lib/kubelet/pki/current.pem\nclient-key: /var/lib/kubelet/pki/current.pem"));
        KubeConfigOptions options = new() { Path = "/etc/kubernetes/kubelet.conf", Time = _time, Logging = _log };
        using KubernetesEndpoint endpoint = KubeConfigEndpoint.Load(options with { Locate = path => _scratch.Folder + "/root" + path });
        await endpoint.GetAsync();
        Assert.Equal("node", Shown);
        _scratch.Write("root/var/lib/kubelet/pki/current.pem", "");
        KubeConfigException refused = Assert.Throws<KubeConfigException>(() => KubeConfigEndpoint.Load(options with { Locate = path => _scratch.Folder + "/root" + path }));
        Assert.Contains("/root/var/lib/kubelet/pki/current.pem", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_certificate_is_shown_anew_although_a_connection_was_open()
    {
        _scratch.Write("ca.crt", _authority.Pem);
        WriteClient("first");
        using KubernetesEndpoint endpoint = Load("client-certificate: me.crt\nclient-key: me.key");
        await endpoint.GetAsync();
        await endpoint.GetAsync();
        Assert.Equal("first", Shown);
        WriteClient("second");
        Look();
        await endpoint.GetAsync();
        Assert.Equal("second", Shown);
        Assert.Contains("CN=second until 20", Assert.Single(_log.Entries, static entry => entry.Level > LogLevel.Debug).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_authority_that_is_replaced_vouches_and_the_former_does_not()
    {
        _scratch.Write("ca.crt", _authority.Pem);
        using KubernetesEndpoint endpoint = Load("token: t");
        Assert.Equal(200, await endpoint.GetAsync());
        _scratch.Write("ca.crt", _other.Pem);
        Look();
        await Assert.ThrowsAsync<HttpRequestException>(() => endpoint.GetAsync()); // no connection of before is used
        _server.Certificate = _other.IssueServer();
        Assert.Equal(200, await endpoint.GetAsync());
    }

    [Fact]
    public async Task A_kubeconfig_with_everything_in_it_is_read_anew()
    {
        string Inline(TestAuthority authority, string name)
        {
            (string certificate, string key) = authority.IssueClient(name);
            return $"client-certificate-data: {TestAuthority.Base64(certificate)}\nclient-key-data: {TestAuthority.Base64(key)}";
        }

        using KubernetesEndpoint endpoint = Load(Inline(_authority, "first"), $"certificate-authority-data: {_authority.PemAsBase64}");
        await endpoint.GetAsync();
        Assert.Equal("first", Shown);
        _server.Certificate = _other.IssueServer();
        _scratch.Write("config", Kubeconfigs.Single($"server: https://localhost:{_server.Port}\ncertificate-authority-data: {_other.PemAsBase64}", Inline(_other, "second")));
        Look();
        await endpoint.GetAsync();
        Assert.Equal("second", Shown);
    }

    [Fact]
    public async Task A_service_accounts_authority_is_read_anew()
    {
        _scratch.Write("sa/ca.crt", _authority.Pem);
        _scratch.Write("sa/token", "one");
        using KubernetesEndpoint endpoint = KubeConfigEndpoint.Load(new KubeConfigOptions
        {
            Environment = Kubeconfigs.Environment(("KUBERNETES_SERVICE_HOST", "localhost"), ("KUBERNETES_SERVICE_PORT", $"{_server.Port}")),
            ServiceAccountDirectory = Path.Combine(_scratch.Folder, "sa"),
            Time = _time,
        });
        Assert.Equal(200, await endpoint.GetAsync());
        _scratch.Write("sa/ca.crt", _other.Pem);
        _scratch.Write("sa/token", "two");
        _server.Certificate = _other.IssueServer();
        Look();
        Assert.Equal(200, await endpoint.GetAsync());
        Assert.Equal("Bearer two", _server.Requests.Last().Authorization);
    }

    [Fact]
    public async Task What_is_not_whole_leaves_the_former_in_force_and_is_told_once()
    {
        _scratch.Write("ca.crt", _authority.Pem);
        WriteClient("first");
        using KubernetesEndpoint endpoint = Load("client-certificate: me.crt\nclient-key: me.key");
        _scratch.Write("me.crt", _authority.IssueClient("second").Certificate);
        Look(6);
        await endpoint.GetAsync();
        Assert.Equal("first", Shown);
        (LogLevel level, string text, _) = Assert.Single(_log.Entries, static entry => entry.Level > LogLevel.Debug);
        Assert.Equal(LogLevel.Warning, level);
        Assert.Contains("me.crt with its client-key cannot be understood: the key is not the certificate's", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("current-context: c", "current-context: other")] // somebody works with another cluster now
    [InlineData("server: https://localhost", "server: https://127.0.0.1")]
    public async Task Another_context_or_server_is_not_gone_to(string before, string after)
    {
        _scratch.Write("ca.crt", _authority.Pem);
        using KubernetesEndpoint endpoint = Load("token: mine");
        string config = Path.Combine(_scratch.Folder, "config");
        string text = await File.ReadAllTextAsync(config, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(config, text.Replace(before, after, StringComparison.Ordinal), TestContext.Current.CancellationToken);
        Look();
        Assert.Equal(200, await endpoint.GetAsync());
        Assert.Equal("Bearer mine", _server.Requests.Last().Authorization);
        Assert.Equal(before.StartsWith("server", StringComparison.Ordinal), _log.Entries.Any(entry => entry.Text.Contains("takes a restart", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_plugin_is_not_asked_again_because_somebody_wrote_to_the_kubeconfig()
    {
        _scratch.Write("ca.crt", _authority.Pem);
        string runs = Path.Combine(_scratch.Folder, "runs");
        _scratch.WriteScript("bin/plugin", $$$"""
            echo run >> {{{runs}}}
            echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"t"}}'
            """);
        using KubernetesEndpoint endpoint = Load("exec:\n  apiVersion: client.authentication.k8s.io/v1\n  command: plugin\n  interactiveMode: Never");
        await endpoint.GetAsync();
        await File.AppendAllTextAsync(Path.Combine(_scratch.Folder, "config"), "\n# a word\n", TestContext.Current.CancellationToken);
        Look();
        await endpoint.GetAsync();
        Assert.Single(await File.ReadAllLinesAsync(runs, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task An_answer_that_is_under_way_goes_on_over_its_connection(int version)
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        TaskCompletionSource go = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestServer slow = await TestServer.StartAsync(_authority.IssueServer(), async context =>
        {
            await context.Response.WriteAsync("begun ");
            await go.Task;
            await context.Response.WriteAsync("done");
        });
        _scratch.Write("ca.crt", _authority.Pem);
        using KubernetesEndpoint endpoint = KubeConfigEndpoint.Load(new KubeConfigOptions
        {
            Path = _scratch.Write("slow", Kubeconfigs.Single($"server: https://localhost:{slow.Port}\ncertificate-authority: ca.crt", "token: t")),
            Environment = Kubeconfigs.Environment(),
            Time = _time,
        });
        using HttpMessageInvoker http = new(endpoint.Handler, disposeHandler: false);
        using HttpRequestMessage request = new(HttpMethod.Get, endpoint.Server) { Version = new Version(version, 1 - (version - 1)), VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using HttpResponseMessage response = await http.SendAsync(request, cancellationToken);
        _scratch.Write("ca.crt", _other.Pem);
        Look();
        slow.Certificate = _other.IssueServer();
        await endpoint.GetAsync(); // the former handler is not needed any more
        go.SetResult();
        Assert.Equal("begun done", await response.Content.ReadAsStringAsync(cancellationToken).WaitAsync(Eventually.Patience, cancellationToken));
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _authority.Dispose();
        _other.Dispose();
        _scratch.Dispose();
    }
}
