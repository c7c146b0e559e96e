using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using Fairlead;
using Fairlead.Lab.Testing;
using k8s;
using k8s.Authentication;

namespace LabUsers; // as a program's own tests: what is below Fairlead sees the namespace Fairlead.Lab first

/// <summary>Clients of what a program has of KubernetesClient, against a lab.</summary>
public sealed class StreamingTests : IAsyncLifetime
{
    static readonly PodReference s_demo = new("demo");

    readonly string _folder = Directory.CreateTempSubdirectory("fairlead-k8s-").FullName;
    Lab _lab = null!;

    string Kubeconfig => Path.Combine(_folder, "kubeconfig");

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _lab = await Lab.StartAsync(cancellationToken: Ct);
        await _lab.WriteKubeconfigAsync(Kubeconfig, Ct);
    }

    public async ValueTask DisposeAsync()
    {
        await _lab.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    KubernetesClientConfiguration Configuration() => KubernetesClientConfiguration.BuildConfigFromConfigFile(Kubeconfig);

    [Fact]
    public async Task One_program_lists_by_the_one_and_streams_by_the_other()
    {
        using Kubernetes kubernetes = new(Configuration());
        using (StreamingClient client = kubernetes.Streaming())
        {
            CommandResult counted = await client.RunAsync(s_demo, ["wc", "-c"], "abc", cancellationToken: Ct);
            Assert.Equal((0, "3"), (counted.Exit.Code, counted.Output.Trim()));
            await File.WriteAllTextAsync(_folder + "/from", "copied", Ct);
            await client.Files(s_demo).CopyToPodAsync(_folder + "/from", _folder + "/to", cancellationToken: Ct);
            Assert.Equal("copied", await File.ReadAllTextAsync(_folder + "/to", Ct));
            RefusedException refused = await Assert.ThrowsAnyAsync<RefusedException>(() => client.RunAsync(new("nobody"), ["true"], cancellationToken: Ct));
            Assert.Contains("nobody", refused.Message, StringComparison.Ordinal);
        }

        Assert.Single((await kubernetes.CoreV1.ListNamespacedPodAsync("default", cancellationToken: Ct)).Items); // it stays the program's
    }

    [Fact]
    public async Task A_configuration_says_the_namespace_and_its_client_is_whole()
    {
        KubernetesClientConfiguration configuration = Configuration();
        using (StreamingClient client = configuration.Streaming()) Assert.True((await client.RunAsync(s_demo, ["true"], cancellationToken: Ct)).Exit.Succeeded);
        configuration.Namespace = "shop";
        using StreamingClient shop = configuration.Streaming();
        Assert.Equal("shop", shop.Endpoint.DefaultNamespace);
        await Assert.ThrowsAnyAsync<RefusedException>(() => shop.RunAsync(s_demo, ["true"], cancellationToken: Ct));
        Assert.True((await shop.RunAsync(s_demo with { Namespace = "default" }, ["true"], cancellationToken: Ct)).Exit.Succeeded);
    }

    /// <summary>Tokens that end are the provider's affair: it is asked for each request, and again after a refusal.</summary>
    [Fact]
    public async Task Tokens_are_asked_for_with_each_request()
    {
        KubernetesClientConfiguration configuration = Configuration();
        Tokens tokens = new(["Bearer", "stale"], [.. configuration.AccessToken.Split(' ')]);
        (configuration.AccessToken, configuration.TokenProvider) = (null, tokens);
        using Kubernetes kubernetes = new(configuration);
        using StreamingClient client = kubernetes.Streaming();
        CommandResult run = await client.RunAsync(s_demo with { Container = "web" }, ["printf", "in"], cancellationToken: Ct);
        Assert.Equal(("in", 2), (run.Output, tokens.Asked)); // the first was refused, and another one fetched
        await client.RunAsync(s_demo with { Container = "web" }, ["true"], cancellationToken: Ct);
        Assert.Equal(3, tokens.Asked);
        tokens.Failure = new InvalidOperationException("sign in first");
        SetupException failed = await Assert.ThrowsAnyAsync<SetupException>(() => client.RunAsync(s_demo, ["true"], cancellationToken: Ct));
        Assert.Contains("sign in first", failed.Message, StringComparison.Ordinal);
    }

    sealed class Tokens(string[] first, string[] later) : ITokenProvider
    {
        internal int Asked { get; private set; }

        internal Exception? Failure { get; set; }

        public Task<AuthenticationHeaderValue> GetAuthenticationHeaderAsync(CancellationToken cancellationToken)
        {
            if (Failure is not null) throw Failure;
            return Task.FromResult(new AuthenticationHeaderValue("Bearer", (Asked++ == 0 ? first : later)[^1]));
        }
    }

    [Fact]
    public async Task A_credential_plugin_is_asked_by_KubernetesClient()
    {
        string text = await File.ReadAllTextAsync(Kubeconfig, Ct), token = Configuration().AccessToken;
        string plugin = _folder + "/plugin", marker = _folder + "/asked";
        await File.WriteAllTextAsync(plugin, $$$"""
            #!/bin/sh
            echo once >>{{{marker}}}
            echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"{{{token}}}","expirationTimestamp":"2099-01-01T00:00:00Z"}}'
            """, Ct);
        File.SetUnixFileMode(plugin, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        const string mark = "user: {token: ";
        int at = text.IndexOf(mark, StringComparison.Ordinal), end = text.IndexOf('}', at);
        await File.WriteAllTextAsync(Kubeconfig, text[..at]
            + $"user: {{exec: {{apiVersion: client.authentication.k8s.io/v1, command: {plugin}, interactiveMode: Never}}" + text[end..], Ct);
        using StreamingClient client = Configuration().Streaming();
        Assert.Equal("in", (await client.RunAsync(s_demo, ["printf", "in"], cancellationToken: Ct)).Output);
        Assert.NotEmpty(await File.ReadAllTextAsync(marker, Ct));
    }

    [Fact]
    public async Task A_client_certificate_is_shown()
    {
        await using CertificateServer server = await CertificateServer.StartAsync();
        using X509Certificate2 shown = CertificateServer.Create("CN=somebody");
        KubernetesClientConfiguration configuration = new()
        {
            Host = server.Url,
            SkipTlsVerify = true,
            ClientCertificateData = Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes(shown.ExportCertificatePem())),
            ClientCertificateKeyData = Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes(shown.GetRSAPrivateKey()!.ExportPkcs8PrivateKeyPem())),
        };
        using Kubernetes kubernetes = new(configuration);
        using StreamingClient client = kubernetes.Streaming();
        UpgradeException refused = await Assert.ThrowsAsync<UpgradeException>(() => client.RunAsync(s_demo, ["true"], cancellationToken: Ct));
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.Equal("CN=somebody", server.Seen);
    }

    [Fact]
    public async Task What_cannot_be_reached_is_told_as_such()
    {
        using StreamingClient client = new KubernetesClientConfiguration { Host = "http://127.0.0.1:1" }.Streaming();
        await Assert.ThrowsAsync<ServerUnreachableException>(() => client.RunAsync(s_demo, ["true"], cancellationToken: Ct));
        await using PortForward forward = await Configuration().Streaming().ForwardAsync(s_demo, [new(0, 80)], cancellationToken: Ct);
        Assert.Equal("demo", forward.Pod.Name);
    }
}
