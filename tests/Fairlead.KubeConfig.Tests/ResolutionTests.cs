using Fairlead.KubeConfig.Files;

namespace Fairlead.KubeConfig.Tests;

public sealed class ResolutionTests : IDisposable
{
    readonly Scratch _scratch = new();

    const string First = """
        current-context: a
        contexts:
        - name: a
          context: {cluster: one, user: red}
        clusters:
        - name: one
          cluster: {server: "https://one:6443", certificate-authority: ca.crt}
        users:
        - name: red
          user: {tokenFile: token}
        """;

    const string Second = """
        current-context: b
        contexts:
        - name: b
          context: {cluster: two, user: red, namespace: second}
        clusters:
        - name: one
          cluster: {server: "https://ignored:6443"}
        - name: two
          cluster: {server: "https://two:6443/prefix"}
        users:
        - name: red
          user: {token: ignored}
        """;

    KubeConfigOptions Merged()
    {
        string list = string.Join(Path.PathSeparator, _scratch.Write("1/config", First), _scratch.Folder + "/missing", _scratch.Write("2/config", Second));
        return new KubeConfigOptions { Environment = Kubeconfigs.Environment(("KUBECONFIG", list)) };
    }

    [Fact]
    public void The_first_file_that_names_something_decides_about_it()
    {
        ConnectionSettings settings = ConnectionSettings.Resolve(Merged());
        Assert.Equal("https://one:6443", settings.Cluster.Server);
        Assert.Equal(_scratch.Folder + "/1/ca.crt", settings.Cluster.CertificateAuthorityFile);
        Assert.Equal(_scratch.Folder + "/1/token", settings.User.TokenFile);
        Assert.Null(settings.User.Token);
        Assert.Equal("default", settings.Namespace);
    }

    [Fact]
    public void Contexts_of_every_file_can_be_named()
    {
        using KubernetesEndpoint endpoint = KubeConfigEndpoint.Load(Merged() with { Context = "b", User = "red", Token = "given" });
        Assert.Equal("https://two:6443/prefix", endpoint.Server.ToString());
        Assert.Equal("second", endpoint.DefaultNamespace);
    }

    [Fact]
    public void A_missing_context_lists_those_there_are()
    {
        KubeConfigException missing = Assert.Throws<KubeConfigException>(() => KubeConfigEndpoint.Load(Merged() with { Context = "x" }));
        Assert.StartsWith("context \"x\" does not exist in ", missing.Message, StringComparison.Ordinal);
        Assert.EndsWith("(contexts: a, b)", missing.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_named_file_must_exist_and_stands_alone()
    {
        KubeConfigOptions options = Merged() with { Path = _scratch.Folder + "/none" };
        Assert.Contains("/none does not exist", Assert.Throws<KubeConfigException>(() => KubeConfigEndpoint.Load(options)).Message, StringComparison.Ordinal);
        Assert.Equal("https://two:6443/prefix", ConnectionSettings.Resolve(options with { Path = _scratch.Folder + "/2/config" }).Cluster.Server);
    }

    [Fact]
    public void Nothing_at_all_says_where_was_looked()
    {
        KubeConfigOptions options = new() { Environment = Kubeconfigs.Environment(("HOME", _scratch.Folder)), ServiceAccountDirectory = _scratch.Folder };
        KubeConfigException missing = Assert.Throws<KubeConfigException>(() => KubeConfigEndpoint.Load(options));
        Assert.Contains(_scratch.Folder + "/.kube/config", missing.Message, StringComparison.Ordinal);

        using KubernetesEndpoint endpoint = KubeConfigEndpoint.Load(options with { Server = "https://given:1" });
        Assert.Equal("given", endpoint.Server.Host);
    }

    [Fact]
    public void A_pod_uses_its_service_account()
    {
        _scratch.Write("token", "t");
        _scratch.Write("namespace", "mine\n");
        ConnectionSettings settings = ConnectionSettings.Resolve(new KubeConfigOptions
        {
            Environment = Kubeconfigs.Environment(("KUBERNETES_SERVICE_HOST", "fd00::1"), ("KUBERNETES_SERVICE_PORT", "443")),
            ServiceAccountDirectory = _scratch.Folder,
        });
        Assert.Equal("https://[fd00::1]:443", settings.Cluster.Server);
        Assert.Equal(_scratch.Folder + "/token", settings.User.TokenFile);
        Assert.Equal("mine", settings.Namespace);
    }

    [Fact]
    public void Broken_yaml_names_the_line_and_quotes_nothing()
    {
        string path = _scratch.Write("broken", "apiVersion: v1\nusers:\n- name: a\n  user: {token: s3cret\n");
        KubeConfigException refused = Assert.Throws<KubeConfigException>(() => KubeConfigEndpoint.Load(new() { Path = path }));
        Assert.Contains("line", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", refused.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_client_is_made_in_one_call()
    {
        string path = _scratch.Write("config", Kubeconfigs.Single("server: https://one:6443"));
        using StreamingClient client = StreamingClient.FromKubeconfig(path);
        Assert.Equal("shop", client.Endpoint.DefaultNamespace);
    }

    public void Dispose() => _scratch.Dispose();
}
