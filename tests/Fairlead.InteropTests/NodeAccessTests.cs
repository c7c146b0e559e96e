using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Fairlead.Containerd;
using Fairlead.Node;
using Fairlead.Server;
using Fairlead.Server.Access;
using Fairlead.Testing.Containerd;

namespace Fairlead.InteropTests;

/// <summary>Who may use a node, at the pods API and at the kubelet's paths, by certificate and by token.</summary>
public sealed class NodeAccessTests(NodeFixture fixture) : IClassFixture<NodeFixture>
{
    [Fact(Timeout = 60_000)]
    public async Task Only_who_is_allowed_may_do_anything()
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        fixture.Kubeconfig(StreamThrough.Native);
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 authority = Authority(key), stranger = Authority(key);
        await using NodeServer node = await NodeServer.StartAsync(fixture.Options(StreamThrough.Native) with
        {
            ClientAuthorities = [authority],
            Users = StaticTokenFile.Read(new StringReader("good-token,ann,1,\"operators\"\nidle-token,bob,2,\"readers,others\"\n"), new AllowList { Users = [], Groups = ["operators"] }),
        }, cancellationToken);
        string uid = await UidAsync(node);
        string[] streams = [$"exec/default/demo/main?output=1&command=true", $"exec/default/demo/{uid}/main?output=1&command=true", "attach/default/demo/main?output=1", "portForward/default/demo"];
        using X509Certificate2 apiServer = Client(authority, key, AllowList.KubeletClient), other = Client(authority, key, "kubernetes-admin");

        foreach (string path in streams)
        {
            Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(node, path));
            Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(node, path, token: "wrong"));
            Assert.Equal(HttpStatusCode.Forbidden, await AskAsync(node, path, token: "idle-token"));
            Assert.Equal(HttpStatusCode.Forbidden, await AskAsync(node, path, other));
            Assert.Equal(HttpStatusCode.SwitchingProtocols, await AskAsync(node, path, token: "good-token"));
            Assert.Equal(HttpStatusCode.SwitchingProtocols, await AskAsync(node, path, apiServer));
        }

        const string pods = "api/v1/pods";
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(node, pods));
        Assert.Equal(HttpStatusCode.Forbidden, await AskAsync(node, pods, other));
        Assert.Equal(HttpStatusCode.Forbidden, await AskAsync(node, pods, token: "idle-token"));
        Assert.Equal(HttpStatusCode.OK, await AskAsync(node, pods, apiServer));
        Assert.Equal(HttpStatusCode.NotFound, await AskAsync(node, "exec/default/demo/00000000-0000-0000-0000-000000000000/main?output=1&command=true", apiServer));
        using X509Certificate2 forged = Client(stranger, key, AllowList.KubeletClient, otherIssuer: true);
        await Assert.ThrowsAsync<HttpRequestException>(() => AskAsync(node, pods, forged));

        async Task<string> UidAsync(NodeServer server)
        {
            CatalogSnapshot all = await server.Runtime.ListAsync("pods", cancellationToken);
            return (string)all.Items.Single(pod => (string?)pod["metadata"]!["name"] == "demo")["metadata"]!["uid"]!;
        }
    }

    [Fact(Timeout = 60_000)]
    [Trait("Case", "C8")]
    public async Task A_cluster_that_is_asked_says_who_may()
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        fixture.Kubeconfig(StreamThrough.Native);
        await using ReviewingCluster cluster = await ReviewingCluster.StartAsync(cancellationToken);
        using KubernetesEndpoint endpoint = new(cluster.Url, new SocketsHttpHandler { UseProxy = false });
        AllowList nobody = new() { Users = [] };
        await using NodeServer node = await NodeServer.StartAsync(fixture.Options(StreamThrough.Native) with
        {
            Users = StaticTokenFile.Read(new StringReader("ann-token,ann,1,\"operators\"\nbob-token,bob,2\n"), nobody),
            Allowed = nobody,
            Reviews = endpoint,
        }, cancellationToken);
        const string kubelet = "exec/default/demo/main?output=1&command=true", exec = "api/v1/namespaces/default/pods/demo/exec?stdout=true&command=true", pods = "api/v1/namespaces/default/pods";

        cluster.Allows = review => (string?)review["user"] == "ann";
        Assert.Equal(HttpStatusCode.SwitchingProtocols, await AskAsync(node, kubelet, token: "ann-token"));
        Assert.Equal(("create", "nodes", "proxy", null), cluster.Last);
        Assert.Equal(["operators", "system:authenticated"], cluster.LastGroups);
        Assert.Equal(HttpStatusCode.SwitchingProtocols, await AskAsync(node, exec, token: "ann-token"));
        Assert.Equal(("create", "pods", "exec", "default"), cluster.Last);
        Assert.Equal(HttpStatusCode.OK, await AskAsync(node, pods, token: "ann-token"));
        Assert.Equal(("list", "pods", null, "default"), cluster.Last);
        Assert.Equal(HttpStatusCode.Forbidden, await AskAsync(node, kubelet, token: "bob-token"));
        Assert.Equal(HttpStatusCode.Forbidden, await AskAsync(node, exec, token: "bob-token"));
        Assert.Equal(HttpStatusCode.Forbidden, await AskAsync(node, pods, token: "bob-token"));

        int asked = cluster.Asked;
        Assert.Equal(HttpStatusCode.SwitchingProtocols, await AskAsync(node, kubelet, token: "ann-token"));
        Assert.Equal(asked, cluster.Asked); // a fresh yes is not asked for again; a no always is
        cluster.Allows = review => (string?)review["resourceAttributes"]!["verb"] != "create";
        Assert.Equal(HttpStatusCode.Forbidden, await AskAsync(node, exec, token: "bob-token")); // reading is not creating, whatever the method
        Assert.Equal(HttpStatusCode.OK, await AskAsync(node, pods, token: "bob-token"));

        cluster.Allows = _ => null;
        const string elsewhere = "api/v1/namespaces/elsewhere/pods"; // of which no yes is kept
        foreach (string path in (string[])[kubelet, exec, elsewhere]) // an error is no yes, and no no
            Assert.Equal(HttpStatusCode.ServiceUnavailable, await AskAsync(node, path, token: "bob-token"));
    }

    [Fact(Timeout = 120_000), Trait("Case", "C18")]
    public async Task Certificates_authorities_and_tokens_are_taken_anew_and_commands_go_on()
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        fixture.Kubeconfig(StreamThrough.Native);
        string folder = Directory.CreateTempSubdirectory("fairlead-node-").FullName;
        using TestAuthority servers = new(), first = new(), second = new();
        (string certificate, string key, string clients, string tokens) = (folder + "/tls.crt", folder + "/tls.key", folder + "/ca.crt", folder + "/tokens");
        using X509Certificate2 before = first.IssueClientSubject("CN=ann"), after = second.IssueClientSubject("CN=ann");
        const string pods = "api/v1/pods";
        try
        {
            Write(first, "one");
            await using NodeServer node = await NodeServer.StartAsync(fixture.Options(StreamThrough.Native) with
            {
                CertificateFile = certificate,
                KeyFile = key,
                ClientAuthoritiesFile = clients,
                TokenFile = tokens,
                Allowed = new AllowList { Users = ["ann"] },
            }, cancellationToken);
            string shown = node.AuthorityPem;
            using StreamingClient client = new(new KubernetesEndpoint(node.Url, Handler(servers.Pem, before)));
            await using RemoteProcess command = await client.ExecAsync(new("demo", "default", "main"), ["cat"], new ExecOptions { Stdin = true }, cancellationToken);
            Assert.Equal(HttpStatusCode.OK, await AskAsync(node, pods, before, authorityPem: servers.Pem));
            Assert.Equal(HttpStatusCode.OK, await AskAsync(node, pods, token: "one", authorityPem: servers.Pem));

            Write(second, "two");
            await Eventually.HoldsAsync(() => node.AuthorityPem != shown, "the new certificate is in force", TimeSpan.FromMinutes(1), cancellationToken);
            await Eventually.HoldsAsync(() => AskAsync(node, pods, token: "one", authorityPem: servers.Pem).GetAwaiter().GetResult() == HttpStatusCode.Unauthorized, "the former token is nobody's", cancellationToken: cancellationToken);
            Assert.Equal(HttpStatusCode.OK, await AskAsync(node, pods, token: "two", authorityPem: servers.Pem));
            Assert.Equal(HttpStatusCode.OK, await AskAsync(node, pods, after, authorityPem: servers.Pem));
            await Assert.ThrowsAsync<HttpRequestException>(() => AskAsync(node, pods, before, authorityPem: servers.Pem));
            await command.StandardInput.WriteAsync("on\n"u8.ToArray(), cancellationToken);
            await command.StandardInput.CompleteAsync();
            Assert.Equal("on\n", await command.StandardOutput.ReadToEndAsync(cancellationToken: cancellationToken));
            Assert.True((await command.WaitForExitAsync(cancellationToken)).Succeeded);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        void Write(TestAuthority authority, string token)
        {
            (string pem, string keyPem) = servers.IssueServerPem("127.0.0.1");
            File.WriteAllText(certificate, pem);
            File.WriteAllText(key, keyPem);
            File.WriteAllText(clients, authority.Pem);
            File.WriteAllText(tokens, $"{token},ann,1\n");
        }
    }

    static async Task<HttpStatusCode> AskAsync(NodeServer server, string path, X509Certificate2? certificate = null, string? token = null, string? authorityPem = null)
    {
        using SocketsHttpHandler handler = Handler(authorityPem ?? server.AuthorityPem, certificate);
        using HttpMessageInvoker http = new(handler);
        using HttpRequestMessage request = new(HttpMethod.Get, new Uri(server.Url, path));
        if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (!path.EndsWith("pods", StringComparison.Ordinal))
        {
            request.Headers.Connection.Add("Upgrade");
            request.Headers.Upgrade.Add(new ProductHeaderValue("SPDY", "3.1"));
            request.Headers.Add("X-Stream-Protocol-Version", path.StartsWith('p') ? "portforward.k8s.io" : "v4.channel.k8s.io");
        }

        using HttpResponseMessage response = await http.SendAsync(request, TestContext.Current.CancellationToken);
        return response.StatusCode;
    }

    static SocketsHttpHandler Handler(string authorityPem, X509Certificate2? certificate)
    {
        SocketsHttpHandler handler = new() { UseProxy = false };
        handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        handler.SslOptions.CertificateChainPolicy.CustomTrustStore.Add(X509Certificate2.CreateFromPem(authorityPem));
        if (certificate is not null) handler.SslOptions.ClientCertificates = [certificate];
        return handler;
    }

    static X509Certificate2 Authority(ECDsa key)
    {
        CertificateRequest request = new($"CN=authority {Guid.NewGuid()}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1));
    }

    static X509Certificate2 Client(X509Certificate2 authority, ECDsa key, string name, bool otherIssuer = false)
    {
        using ECDsa own = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new($"CN={name}, O=system:masters", own, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.2")], false));
        using X509Certificate2 signed = request.Create(
            authority.SubjectName, X509SignatureGenerator.CreateForECDsa(key), DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddMinutes(30), [1, otherIssuer ? (byte)2 : (byte)1]);
        return signed.CopyWithPrivateKey(own);
    }
}
