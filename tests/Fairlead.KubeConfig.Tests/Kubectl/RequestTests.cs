using System.Text.Json.Nodes;
using Fairlead.Testing;
using Microsoft.AspNetCore.Http;

namespace Fairlead.KubeConfig.Tests.Kubectl;

/// <summary>What a server sees of a request by a kubeconfig is what it sees of kubectl's: or nothing, where kubectl refuses.</summary>
public sealed class RequestTests : IDisposable
{
    const string Plugin = "exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin, interactiveMode: Never";

    readonly TestAuthority _authority = new();
    readonly Scratch _scratch = new();

    public RequestTests()
    {
        (string certificate, string key) = _authority.IssueClient("alice");
        foreach (string folder in (string[])["a", "b"])
        {
            _scratch.Write(folder + "/alice.crt", certificate);
            _scratch.Write(folder + "/alice.key", key);
            _scratch.Write(folder + "/ca.crt", _authority.Pem);
            _scratch.Write(folder + "/token", $"token of {folder}".Replace(' ', '-') + "\n");
            _scratch.Write(folder + "/empty", "");
            _scratch.WriteScript(folder + "/plugin", """
                printf '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"%s"}}' "plugin-$1-$A"
                """);
        }

        _certificate = $"client-certificate-data: {TestAuthority.Base64(certificate)}";
        _key = $"client-key-data: {TestAuthority.Base64(key)}";
    }

    readonly string _certificate, _key;

    public static TheoryData<string> Users => [
        "token: t", "tokenFile: token", "tokenFile: token\ntoken: t", "tokenFile: missing\ntoken: t", "tokenFile: empty\ntoken: t",
        "tokenFile: ''\ntoken: t", "username: u\npassword: p", "username: u", "username: u\npassword: p\ntoken: t",
        "username: u\npassword: p\ntokenFile: token", "password: p\ntoken: t", Plugin + "}",
        Plugin + ", args: [x, y], env: [{name: A, value: b}]}", Plugin + "}\ntoken: t", Plugin + "}\ntokenFile: token",
        Plugin + "}\nusername: u\npassword: p", Plugin + "}\nCERTIFICATE\nKEY", Plugin + ", env: [{value: x}]}",
        Plugin + ", env: [{name: A}]}", "exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never}",
        "exec: {command: ./plugin, interactiveMode: Never}", "exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin}",
        "exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin, interactiveMode: never}",
        "exec: {apiVersion: client.authentication.k8s.io/v1alpha1, command: ./plugin, interactiveMode: Never}",
        "exec: {apiVersion: client.authentication.k8s.io/v1, command: plugin, interactiveMode: Never}",
        Plugin + "}\nauth-provider: {name: oidc}", "CERTIFICATE\nKEY", "CERTIFICATE",
        "client-certificate: alice.crt\nclient-key: alice.key", "CERTIFICATE\nclient-key: alice.key",
        "client-certificate: alice.crt\nCERTIFICATE\nKEY", "CERTIFICATE\nKEY\nclient-key: alice.key",
        "client-certificate: missing\nclient-key: alice.key", "CERTIFICATE\nKEY\ntoken: t", "CERTIFICATE\nKEY\nas: j",
        "auth-provider: {name: gcp}", "auth-provider: {name: foo}", "auth-provider: {}", "auth-provider: {name: gcp}\ntoken: t",
        "token: t\nas: jane\nas-uid: '1'\nas-groups: [a, b]\nas-user-extra: {k: [v, w]}", "token: t\nas-groups: [a]",
    ];

    public static TheoryData<string> Clusters => [
        "server: https://localhost:PORT\ncertificate-authority: ca.crt",
        "server: https://localhost:PORT\ncertificate-authority: ../b/ca.crt",
        "server: https://localhost:PORT\ncertificate-authority: missing.crt", "server: https://localhost:PORT\nDATA",
        "server: https://localhost:PORT\nDATA\ncertificate-authority: ca.crt", "server: https://localhost:PORT",
        "server: https://localhost:PORT\ninsecure-skip-tls-verify: true",
        "server: https://localhost:PORT\nDATA\ninsecure-skip-tls-verify: true",
        "server: https://localhost:PORT\nDATA\ninsecure-skip-tls-verify: false", "server: https://127.0.0.1:PORT\nDATA",
        "server: https://127.0.0.1:PORT\nDATA\ntls-server-name: localhost", "server: https://localhost:PORT\nDATA\ntls-server-name: other",
        "server: https://localhost:PORT\nDATA\ndisable-compression: true", "server: https://localhost:PORT\nDATA\nproxy-url: null",
        "server: https://localhost:PORT\nDATA\nproxy-url: ftp://x", "server: https://localhost:PORT\nDATA\nproxy-url: 'localhost:1'",
        "server: https://localhost:PORT\nDATA\nproxy-url: http://127.0.0.1:1", "server: ftp://localhost:PORT", "server: ''",
        "server: 'https://localhost:PORT/'\nDATA",
    ];

    public static TheoryData<string> Flags => [
        "", "--context two", "--cluster two", "--user two", "--context two --user one", "--context two --cluster one --user one",
        "--context none", "--cluster none", "--user none", "--context two --namespace x", "--insecure-skip-tls-verify",
        "--tls-server-name other", "--as jane", "--as jane --as-group a --as-group b", "--as jane --as-uid 7",
        "--as jane --as-user-extra k=v --as-user-extra k=w", "--as-group a", "--as-uid 7", "--user jack --as jane", "--user jack --as-group z",
        "--user jack --username u --password p", "--user pass --username u", "--request-timeout 30s", "--request-timeout 30", "--request-timeout 0",
    ];

    [Theory, MemberData(nameof(Users))]
    public async Task Who_asks_is_shown_alike(string user)
    {
        user = user.Replace("CERTIFICATE", _certificate, StringComparison.Ordinal).Replace("KEY", _key, StringComparison.Ordinal);
        string trust = "certificate-authority-data: " + _authority.PemAsBase64;
        await CompareAsync(port => Kubeconfigs.Single($"server: https://localhost:{port}\n{trust}", user));
    }

    /// <summary>
    /// Two things are ours alone, and so are not compared: kubectl takes the entry's tokenFile although a token was given, and refuses an
    /// entry whose plugin it would not run.
    /// </summary>
    [Theory]
    [InlineData("token: t")]
    [InlineData("username: u\npassword: p")]
    [InlineData("username: u\npassword: p\ntoken: t")]
    [InlineData(Plugin + "}")]
    [InlineData("CERTIFICATE\nKEY")]
    [InlineData("CERTIFICATE\nKEY\nas: j")]
    [InlineData(Plugin + "}\nCERTIFICATE\nKEY")]
    [InlineData("auth-provider: {name: gcp}")]
    [InlineData("as: jane")]
    [InlineData("as-groups: [a]")]
    [InlineData("token: t\nas: jane\nas-uid: '1'\nas-groups: [a, b]\nas-user-extra: {k: [v, w]}")]
    public async Task A_token_that_is_given_beside_it_counts_alike(string user)
    {
        user = user.Replace("CERTIFICATE", _certificate, StringComparison.Ordinal).Replace("KEY", _key, StringComparison.Ordinal);
        string trust = "certificate-authority-data: " + _authority.PemAsBase64;
        await CompareAsync(
            port => Kubeconfigs.Single($"server: https://localhost:{port}\n{trust}", user),
            ["--token", "given"],
            static options => options with { Token = "given" });
    }

    [Theory, MemberData(nameof(Clusters))]
    public Task A_cluster_is_reached_alike(string cluster)
    {
        cluster = cluster.Replace("DATA", "certificate-authority-data: " + _authority.PemAsBase64, StringComparison.Ordinal);
        return CompareAsync(port => Kubeconfigs.Single(cluster.Replace("PORT", $"{port}", StringComparison.Ordinal), "token: t"));
    }

    [Theory, MemberData(nameof(Flags))]
    public async Task Flags_choose_alike(string flags)
    {
        string[] words = flags.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string? Of(string flag) => Array.IndexOf(words, flag) is >= 0 and int at ? words[at + 1] : null;
        string[] AllOf(string flag) => [.. words.Index().Where(word => word.Item == flag).Select(word => words[word.Index + 1])];
        await CompareAsync(
            port => """
                current-context: one
                contexts: [{name: one, context: {cluster: one, user: one}}, {name: two, context: {cluster: two, user: two}}]
                clusters: [{name: one, cluster: {server: "https://localhost:PORT", certificate-authority: ca.crt}}]
                users: [{name: one, user: {tokenFile: token}}, {name: jack, user: {token: t, as: jack, as-groups: [x, y]}}, {name: pass, user: {password: p}}]
                """.Replace("PORT", $"{port}", StringComparison.Ordinal),
            words,
            options => options with
            {
                Context = Of("--context"),
                Cluster = Of("--cluster"),
                User = Of("--user"),
                Namespace = Of("--namespace"),
                Token = Of("--token"),
                TlsServerName = Of("--tls-server-name"),
                InsecureSkipTlsVerify = words.Contains("--insecure-skip-tls-verify"),
                UserName = Of("--username"),
                Password = Of("--password"),
                ActAs = Of("--as"),
                ActAsUid = Of("--as-uid"),
                ActAsGroups = AllOf("--as-group"),
                ActAsExtra = [.. AllOf("--as-user-extra").Select(static pair => new KeyValuePair<string, string>(pair.Split('=')[0], pair.Split('=')[1]))],
            },
            port => """
                clusters: [{name: two, cluster: {server: "https://localhost:PORT", certificate-authority: ca.crt}}]
                users: [{name: two, user: {tokenFile: token}}, {name: one, user: {token: not-this}}]
                """.Replace("PORT", $"{port}", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("token: t\nas: jane\nas-groups: [a]")]
    [InlineData("as: jane")]
    [InlineData("token: t")]
    [InlineData(Plugin + "}")]
    [InlineData("username: u\npassword: p")]
    [InlineData("username: u\npassword: p\ntoken: t")]
    public Task Without_tls_nothing_but_whom_to_act_as_is_sent(string user) =>
        CompareAsync(port => Kubeconfigs.Single($"server: http://localhost:{port}", user), secure: false);

    [Theory]
    [InlineData("certificate-authority-data: DATA", "")]
    [InlineData("certificate-authority-data: DATA", ", provideClusterInfo: false")]
    [InlineData("certificate-authority-data: DATA", ", provideClusterInfo: true")]
    [InlineData("certificate-authority: ca.crt", ", provideClusterInfo: true")]
    [InlineData("insecure-skip-tls-verify: true", ", provideClusterInfo: true")]
    [InlineData("certificate-authority: ca.crt\ntls-server-name: localhost\ndisable-compression: true", ", provideClusterInfo: true")]
    [InlineData("certificate-authority: ca.crt\nextensions:\n- {name: other, extension: x}", ", provideClusterInfo: true")]
    [InlineData("certificate-authority: ca.crt\nextensions:\n- {name: client.authentication.k8s.io/exec, extension: {a: [1, yes, '1', null, 1.5]}}",
        ", provideClusterInfo: true")]
    [InlineData("certificate-authority: ca.crt\nextensions:\n- {name: client.authentication.k8s.io/exec, extension: text}", ", provideClusterInfo: true")]
    public async Task A_plugin_is_told_alike(string cluster, string more)
    {
        const string Version = "client.authentication.k8s.io/v1";
        string told = _scratch.Folder + "/told";
        _scratch.WriteScript("a/teller", $$$"""
            printf '%s\n' "$KUBERNETES_EXEC_INFO" >> {{{told}}}
            printf '{"kind":"ExecCredential","apiVersion":"{{{Version}}}","status":{"token":"t"}}'
            """);
        cluster = cluster.Replace("DATA", _authority.PemAsBase64, StringComparison.Ordinal);
        string user = $"exec: {{apiVersion: {Version}, command: ./teller, interactiveMode: IfAvailable{more}}}";
        await CompareAsync(port => Kubeconfigs.Single($"server: https://localhost:{port}\n{cluster}", user));

        JsonNode?[] infos = [.. File.ReadLines(told).Where(static line => line.Length > 0).Select(static line => JsonNode.Parse(line))];
        Assert.Equal(2, infos.Length);
        Assert.True(JsonNode.DeepEquals(infos[0], infos[1]), $"kubectl: {infos[0]?.ToJsonString()}, here: {infos[1]?.ToJsonString()}");
    }

    /// <param name="kubeconfig">What is in <c>a/config</c>, for a server's port.</param>
    /// <param name="flags">What kubectl is given beside it.</param>
    /// <param name="options">The same for us.</param>
    /// <param name="second">What is in a second file, <c>b/config</c>; null for none.</param>
    /// <param name="secure">False for a server without TLS.</param>
    async Task CompareAsync(
        Func<int, string> kubeconfig,
        string[]? flags = null,
        Func<KubeConfigOptions, KubeConfigOptions>? options = null,
        Func<int, string>? second = null,
        bool secure = true)
    {
        await using TestServer server = await TestServer.StartAsync(_authority.IssueServer(), static context =>
        {
            context.Response.StatusCode = 403;
            return context.Response.WriteAsync("");
        }, secure);
        string list = _scratch.Write("a/config", kubeconfig(server.Port));
        if (second is not null) list += ":" + _scratch.Write("b/config", second(server.Port));
        await KubectlProgram.GetAsync(_scratch, flags ?? [], list);
        string[] theirs = Seen(server);

        server.Requests.Clear();
        KubeConfigOptions own = new()
        {
            Environment = Kubeconfigs.Environment(("KUBECONFIG", list), ("PATH", "/usr/bin:/bin")),
            Interactive = false,
        };
        Exception? failure = await Record.ExceptionAsync(async () =>
        {
            using KubernetesEndpoint endpoint = KubeConfigEndpoint.Load(options is null ? own : options(own));
            await endpoint.GetAsync();
        });
        Assert.Equal(theirs, Seen(server));
        if (theirs.Length == 0) Assert.True(failure is KubeConfigException or HttpRequestException, $"it failed in another way: {failure}");
    }

    static string[] Seen(TestServer server) => [.. server.Requests.SelectMany(static seen => (string[])
    [
        $"{seen.PathAndQuery}, a client certificate of {seen.ClientName}",
        .. seen.Lines.SelectMany(static header => header.Value.Select(value => $"{header.Key.ToLowerInvariant()}: {value}"))
            .Where(static line => line.Split('-', ':')[0] is "authorization" or "impersonate")
            .Order(StringComparer.Ordinal),
    ])];

    public void Dispose()
    {
        _authority.Dispose();
        _scratch.Dispose();
    }
}
