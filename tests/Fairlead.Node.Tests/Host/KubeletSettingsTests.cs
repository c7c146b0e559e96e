using Fairlead.Node.Host;

namespace Fairlead.Node.Tests.Host;

/// <summary>A kubelet's own configuration, as its front reads it.</summary>
public sealed class KubeletSettingsTests : IDisposable
{
    readonly HostFolder _host = new();

    [Fact]
    public void What_is_not_said_is_as_a_kubelet_has_it()
    {
        _host[KubeletSettings.UsualFile] = "kind: KubeletConfiguration\napiVersion: kubelet.config.k8s.io/v1beta1\n";
        KubeletSettings settings = Read();
        Assert.Equal("0.0.0.0", settings.Address);
        Assert.Equal(10250, settings.Port);
        Assert.Equal("/var/lib/kubelet/pki/kubelet.crt", settings.CertificateFile);
        Assert.Equal("/var/lib/kubelet/pki/kubelet.key", settings.KeyFile);
        Assert.Null(settings.ClientAuthoritiesFile);
        Assert.False(settings.AllowsAnonymous);
        Assert.True(settings.ReviewsTokens);
        Assert.True(settings.ReviewsAccess);
        Assert.Equal(TimeSpan.FromMinutes(2), settings.TokenLifetime);
        Assert.Equal(TimeSpan.FromMinutes(5), settings.AllowedLifetime);
        Assert.Equal(TimeSpan.FromSeconds(30), settings.DeniedLifetime);
        Assert.Equal("unix:///run/containerd/containerd.sock", settings.RuntimeEndpoint);
    }

    [Fact]
    public void What_kubeadm_writes_is_read()
    {
        _host[KubeletSettings.UsualFile] = """
            apiVersion: kubelet.config.k8s.io/v1beta1
            authentication:
              anonymous:
                enabled: false
              webhook:
                cacheTTL: 0s
                enabled: true
              x509:
                clientCAFile: /etc/kubernetes/pki/ca.crt
            authorization:
              mode: Webhook
              webhook:
                cacheAuthorizedTTL: 1m0s
                cacheUnauthorizedTTL: 0s
            cgroupDriver: systemd
            containerRuntimeEndpoint: ""
            port: 10260
            kind: KubeletConfiguration
            rotateCertificates: true
            """;
        KubeletSettings settings = Read();
        Assert.Equal("/etc/kubernetes/pki/ca.crt", settings.ClientAuthoritiesFile);
        Assert.Equal(10260, settings.Port);
        Assert.Equal(TimeSpan.FromMinutes(2), settings.TokenLifetime); // 0s says nothing
        Assert.Equal(TimeSpan.FromMinutes(1), settings.AllowedLifetime);
        Assert.Equal(TimeSpan.FromSeconds(30), settings.DeniedLifetime);
        Assert.Equal("unix:///run/containerd/containerd.sock", settings.RuntimeEndpoint);
    }

    [Fact]
    public void A_rotated_certificate_is_taken_though_its_link_leads_out_of_the_folder()
    {
        _host[KubeletSettings.UsualFile] = "serverTLSBootstrap: true\n";
        Directory.CreateDirectory(_host.Root.PathOf("/var/lib/kubelet/pki"));
        File.CreateSymbolicLink(_host.Root.PathOf("/var/lib/kubelet/pki/kubelet-server-current.pem"), "/var/lib/kubelet/pki/kubelet-server-2026.pem");
        Assert.Equal("/var/lib/kubelet/pki/kubelet-server-current.pem", Read().CertificateFile);
        Assert.Equal("/var/lib/kubelet/pki/kubelet-server-current.pem", Read().KeyFile);
        _host[KubeletSettings.UsualFile] = "tlsCertFile: /etc/node.crt\ntlsPrivateKeyFile: /etc/node.key\n";
        Assert.Equal("/etc/node.crt", Read().CertificateFile); // one that is named comes first
    }

    [Fact]
    public void Drop_ins_come_after_the_configuration_by_name_and_flags_after_both()
    {
        _host[KubeletSettings.UsualFile] = "address: 0.0.0.0\nport: 1\nauthentication: {x509: {clientCAFile: /a}, anonymous: {enabled: true}}\n";
        _host["/etc/kubelet.d/20-b.conf"] = "port: 3\n";
        _host["/etc/kubelet.d/10-a.conf"] = "address: 10.0.0.1\nport: 2\nauthentication: {anonymous: {enabled: false}}\n";
        _host["/etc/kubelet.d/30-c.conf.disabled"] = "port: 4\n";
        KubeletSettings settings = Read("/etc/kubelet.d");
        Assert.Equal([KubeletSettings.UsualFile, "/etc/kubelet.d/10-a.conf", "/etc/kubelet.d/20-b.conf"], settings.Files);
        Assert.Equal(("10.0.0.1", 3, "/a", false), (settings.Address, settings.Port, settings.ClientAuthoritiesFile, settings.AllowsAnonymous));
        settings = Read("/etc/kubelet.d", "--address=127.0.0.1", "--anonymous-auth", "--port", "9");
        Assert.Equal(("127.0.0.1", 9, true), (settings.Address, settings.Port, settings.AllowsAnonymous));
    }

    [Theory]
    [InlineData("port: many\n", "port: must be a whole number")]
    [InlineData("kind: Deployment\n", "kind: this is no KubeletConfiguration")]
    [InlineData("- 1\n", "this is no mapping")]
    [InlineData("tlsCertFile: /a\n", "tlsPrivateKeyFile")]
    [InlineData("authentication: {webhook: {cacheTTL: soon}}\n", "cacheTTL: must be a duration")]
    public void What_is_wrong_is_told_with_the_files_name(string text, string expected)
    {
        _host[KubeletSettings.UsualFile] = text;
        string message = Assert.Throws<InvalidDataException>(() => Read()).Message;
        Assert.StartsWith(KubeletSettings.UsualFile, message);
        Assert.Contains(expected, message);
    }

    [Fact]
    public void A_file_that_is_not_there_is_named_as_the_machine_names_it() =>
        Assert.Equal($"{KubeletSettings.UsualFile}: there is no such file", Assert.Throws<InvalidDataException>(() => Read()).Message);

    [Fact]
    public void The_flags_of_the_kubelet_that_runs_are_found()
    {
        WriteProcess(1, "/sbin/init\0");
        WriteProcess(17, "/usr/bin/containerd\0--config\0/x\0");
        Assert.Null(KubeletFlags.OfRunning(_host.Root));
        WriteProcess(23, "/usr/bin/kubelet\0--config=/a.yaml\0--kubeconfig\0/k.conf\0--v=2\0--fail-swap-on\0--hostname-override=\0");
        KubeletFlags flags = Assert.IsType<KubeletFlags>(KubeletFlags.OfRunning(_host.Root));
        Assert.Equal("/a.yaml", flags.Get("config"));
        Assert.Equal("/k.conf", flags.Get("kubeconfig"));
        Assert.Equal("true", flags.Get("fail-swap-on"));
        Assert.Null(flags.Get("hostname-override"));
        Assert.Null(flags.Get("address"));
    }

    [Theory]
    [InlineData("mnt", 0)]
    [InlineData("pid", 0)]
    [InlineData("user", 0)]
    [InlineData("", 1000)]
    public void A_containers_process_or_another_users_is_no_kubelet_whatever_its_name(string space, int user)
    {
        WriteProcess(1, "/sbin/init\0");
        WriteProcess(23, "kubelet\0--kubeconfig=/evil.conf\0", space, user);
        Assert.Null(KubeletFlags.OfRunning(_host.Root));
        WriteProcess(24, "kubelet\0--kubeconfig=/k.conf\0");
        WriteProcess(25, "kubelet\0--kubeconfig=/k.conf\0"); // the same, about to start a program
        Assert.Equal("/k.conf", KubeletFlags.OfRunning(_host.Root)!.Get("kubeconfig"));
        WriteProcess(26, "kubelet\0--kubeconfig=/other.conf\0");
        Assert.Throws<InvalidDataException>(() => KubeletFlags.OfRunning(_host.Root));
    }

    public void Dispose() => _host.Dispose();

    void WriteProcess(int id, string commandLine, string other = "", int user = 0)
    {
        _host[$"/proc/{id}/cmdline"] = commandLine;
        _host[$"/proc/{id}/status"] = $"Name:\tx\nUid:\t{user}\t{user}\t{user}\t{user}\n";
        Directory.CreateDirectory(_host.Root.PathOf($"/proc/{id}/ns"));
        foreach (string space in (string[])["mnt", "pid", "user"])
            File.CreateSymbolicLink(_host.Root.PathOf($"/proc/{id}/ns/{space}"), $"{space}:[{(space == other ? 4026532002 : 4026531840)}]");
    }

    KubeletSettings Read(string? folder = null, params string[] flags) =>
        KubeletSettings.Read(_host.Root, KubeletSettings.UsualFile, folder, new KubeletFlags(flags));
}
