using System.Text;
using System.Text.Json.Nodes;
using Fairlead.KubeConfig.Files;

namespace Fairlead.KubeConfig.Tests.Kubectl;

/// <summary>One kubeconfig is understood as kubectl understands it, and what kubectl refuses is refused.</summary>
public sealed class TextTests : IDisposable
{
    readonly Scratch _scratch = new();

    public static TheoryData<string> Texts => [
        // documents
        "", "  \n\n", "# x\n", "null\n", "---\n---\nkind: Config\ncurrent-context: a\n", "hello", "- a\n",
        "---\ncurrent-context: a\n---\ncurrent-context: b\n", "current-context: a\n---\n{[\n", "current-context: a\n...\njunk: [\n",
        "%YAML 1.1\n---\ncurrent-context: a", "current-context\n", "current-context:a\n", "a: b: c", "current-context: 'a",
        "users:\n - name: a\n- name: b", "current-context : a", "? current-context\n: a\n",
        // kind
        "kind: Pod\napiVersion: v1\n", "kind: Config\napiVersion: v2\n", "kind: Config\napiVersion: v1beta1",
        "kind: Config\napiVersion: x/v1", "kind: ''\napiVersion: ''\n", "kind: Config", "apiVersion: v1", "kind: 1\n",
        "preferences: {colors: true}\ncurrent-context: a", "preferences: 1",
        // keys
        "foo: bar\nclusters:\n- {name: c, cluster: {Server: x, bar: [baz]}}", "current-context: a\ncurrent-context: b", "x: 1\nx: 2",
        "1: 2\ncurrent-context: a", "~: 2\n", "{a: b}: 2\n", "? [a]\n: 2\n", "true: 1\n", "y: 1\nyes: 2\n",
        "x: &k current-context\n*k : v\n", "!!str current-context: a", "clusters: [{name: a, cluster: {server: a, server: b}}]",
        "clusters: [{name: a, cluster: {server: a}}]\nclusters: [{name: b, cluster: {server: b}}]",
        // entries
        "clusters: [{name: c, cluster: {server: a}}, {name: c, cluster: {server: b}}]", "users: [{name: c}, {name: c}]",
        "contexts: [{name: c}, {name: c}]", "clusters: [{}, {}]", "clusters: {a: {server: x}}", "clusters: null", "clusters: [null]",
        "clusters: x", "clusters: [x]", "clusters: []", "clusters: [{name: a, cluster: null}]", "clusters: [{name: a}]",
        "clusters: [{name: a, cluster: []}]", "clusters: [{cluster: {server: x}}]", "clusters: [{name: null, cluster: {server: x}}]",
        "clusters: [{name: 1, cluster: {server: x}}]", "users:\n", "users: [{name: a, user: }]", "users: [{name: a}]",
        "contexts: [{name: a, context: }]", "contexts: [{name: a, context: {cluster: c, user: u, namespace: n}}]",
        "contexts: [{name: a, context: {cluster: yes}}]", "contexts: [{name: a, context: {namespace: 1}}]",
        "users: [\n{name: a,\n user: {token: b}}\n]",
        // JSON
        """{"kind":"Config","apiVersion":"v1","current-context":"a"}""", "{\n\t\"kind\":\t\"Config\",\n\t\"current-context\": \"a\"\n}",
        """{"current-context":"a",}""", "{\r\n\"current-context\":\"a\"\r\n}\r\n",
        """{"current-context":"a","users":[{"name":"u","user":{"token":"t"}}]}""", """{"current-context":"\u00e9\n\t"}""",
        """{"current-context":null,"users":null}""",
        // characters
        "users:\n\t- name: u\n", "current-context:\ta\n", "current-context: a\t\n", "\ufeffcurrent-context: a\n",
        "current-context: a\r\nusers:\r\n- name: u\r\n  user:\r\n    token: t\r\n", "current-context: a\rkind: Config\r",
        "current-context: a\0\n", "current-context: a\e\n", "current-context: a\x7f\n", "current-context: a\x85kind: Config",
        "current-context: \"\\x41\\e\\0\"", "current-context: arn:aws:eks:eu-west-1:1:cluster/x", "current-context: a#b",
        "current-context: @x", "current-context: `x", "current-context: %x", "current-context: 'it''s'", "current-context: a\n  b\n",
        // anchors
        "clusters:\n- name: a\n  cluster: &x {server: s}\n- name: b\n  cluster: *x\n",
        "clusters:\n- name: a\n  cluster: &x {server: s, proxy-url: p}\n- name: b\n  cluster:\n    <<: *x\n    server: t\n",
        "clusters:\n- name: a\n  cluster: &x {server: s, proxy-url: p}\n- name: b\n  cluster:\n    server: t\n    <<: *x\n",
        "clusters:\n- name: b\n  cluster:\n    <<: [{server: x}, {server: z, proxy-url: p}]\n    tls-server-name: q",
        "clusters: [{name: b, cluster: {<<: {server: x}, <<: {server: z}}}]", "clusters: [{name: b, cluster: {<<: hi}}]",
        "clusters: [{name: b, cluster: {<<: null, server: a}}]", "clusters: [{name: b, cluster: {<<: [hi]}}]",
        "clusters: [{name: b, cluster: {'<<': {server: x}}}]", "current-context: *x\n", "kind: *x\ncurrent-context: &x Config",
        "users: &x [*x]", "kind: &x Config\ncurrent-context: *x\nfoo: &x b\n",
        // extensions
        "extensions: [{name: e, extension: {a: 1}}]", "extensions: 1", "extensions: [{name: e, extension: 1}, {name: e, extension: 1}]",
        "contexts: [{name: a, context: {extensions: foo}}]", "users: [{name: a, user: {extensions: foo}}]",
        "clusters: [{name: a, cluster: {extensions: {a: 1}}}]",
        "clusters: [{name: a, cluster: {extensions: [{name: e, extension: hi}, {name: e2}]}}]",
        Extension("{a: yes, b: 0x10, c: 1.0, d: 1e3, e: null, f: [1, '2'], g: 2001-01-01, h: 010, i: 1_000, j: 123456789012345}"),
        Extension("{k: 0.1, l: 08, m: 0b11, o: -0o17, p: 1:30, q: off, r: .5}"),
        Extension("{1: a, true: b, 1.50: c, x: {}, z: []}"), Extension("[1, {a: b}]"), Extension("5"), Extension("hi"), Extension("null"),
        Extension("{a: .inf}"), Extension("{a: .NaN}"), "clusters: [{name: a, cluster: {disable-compression: true}}]",
        "clusters: [{name: a, cluster: {disable-compression: 'true'}}]",
    ];

    public static TheoryData<string> Scalars => [
        "123", "'123'", "\"123\"", "yes", "y", "true", "on", "Off", "n", "null", "~", "", "Null", "nuLL", "oN", "yEs", "2001-01-02", "1.5",
        "0x1", "1e3", ".inf", "-.inf", "+.INF", ".NaN", "0b1", "1_0", "_1", "1_", "08", "010", "0o7", "0o8", "+1", "-1", "-0", "1:30",
        "190:20:30", "12e03", "5e", "e5", "1e5a", "0.1.2", "1.", ".5", "+.5", "0x", "0xg", "0x_1", "-0b1", "0b2", "0b", "0B1", "0X1",
        "0x1p3", "1_000.5", "-_1", "--1", "1-2", "99999999999999999999", "18446744073709551615", "-9223372036854775809", "1e400",
        "infinity", "...", "=", "<<", "[a]", "{a: b}", "!!str 123", "!!str null", "! 1", "!x hi", "!!str", "- a", "|\n      abc\n      def",
        ">-\n      abc\n      def", "abc # d", "'a # b'", "a: b",
    ];

    public static TheoryData<string> Users => [
        "tokenFile: t\ntoken: x\nusername: u\npassword: p", "tokenFile: 1", "username: u\npassword: 1", "password: ''", "tokenFile: ''",
        "tokenFile: ../t", "tokenFile: /a/../t", "tokenFile: ~/t", "tokenFile: /a//t/", "client-certificate: a.crt\nclient-key: sub/a.key",
        "client-certificate: a.crt\nclient-certificate-data: aGVsbG8=", "client-certificate-data: '!!'", "client-key-data: '!!'",
        "client-certificate-data: |\n  aGVs\n  bG8=", "client-certificate-data: aGVs\n  bG8=", "client-certificate-data: 'aGVs bG8='",
        "client-certificate-data: \"aGVs\\tbG8=\"", "client-certificate-data: \"aGVs\\r\\nbG8=\"", "client-certificate-data: aGVsbG8",
        "client-certificate-data: _-8=", "client-certificate-data: null", "client-certificate-data: ''", "client-certificate-data: 1234",
        "client-certificate-data: aGVsbG9=", "client-certificate-data: aGVsbG8=aGk=", "client-certificate-data: é",
        "exec: {apiVersion: v1, command: ./x, args: [a, null, 'b c'], env: [{name: A, value: b}, {name: C}, {value: d}, null]}",
        "exec: {command: x, installHint: h, provideClusterInfo: true, interactiveMode: Never}",
        "exec: {command: x, args: a}", "exec: {command: x, args: [1]}", "exec: {command: x, env: {A: b}}", "exec: null", "exec: {}",
        "exec: [x]", "exec: {command: x, interactiveMode: foo}", "exec: {command: x, provideClusterInfo: 'true'}",
        "exec: {command: x, env: [{name: A, value: 1}]}", "exec: {command: x, args: null, env: null}", "exec: {command: /bin/x}",
        "exec: {command: sub/x}", "exec: {command: ../x}", "exec: {command: x, installHint: |-\n   a\n   b\n  }",
        "exec: {command: x, installHint: \"a\\nb\"}", "exec: {command: 1}", "auth-provider: {name: gcp, config: {a: b}}",
        "auth-provider: gcp", "auth-provider:", "auth-provider: {}", "auth-provider: {name: 1}",
        "as: j\nas-uid: '1'\nas-groups: [a]\nas-user-extra: {k: [v, null]}", "as: j\nas-groups: [null, a]", "as: j\nas-groups: a",
        "as: j\nas-groups: [1]", "as: j\nas-user-extra: {1: [a], yes: [b], 1.50: [c], k: null, l: []}", "as: j\nas-user-extra: {k: [1]}",
        "as: 1", "as: j\nas-uid: 1",
    ];

    public static TheoryData<string> Clusters => [
        "insecure-skip-tls-verify: yes", "insecure-skip-tls-verify: 'true'", "insecure-skip-tls-verify: on",
        "insecure-skip-tls-verify: True", "insecure-skip-tls-verify: 1", "insecure-skip-tls-verify: null", "insecure-skip-tls-verify: y",
        "insecure-skip-tls-verify: off", "certificate-authority: ca.crt", "certificate-authority: ../ca.crt",
        "certificate-authority: /a/../b", "certificate-authority: ''", "certificate-authority: '~/ca'",
        "certificate-authority: ca.crt\ncertificate-authority-data: aGVsbG8=", "certificate-authority-data: 'x!'",
        "proxy-url: http://p:1\ntls-server-name: n1", "proxy-url: 1", "tls-server-name: n", "server: null", "server: 1",
        "server: https://x:6443/prefix",
    ];

    static string Extension(string value) =>
        $"clusters:\n- name: a\n  cluster:\n    extensions: [{{name: client.authentication.k8s.io/exec, extension: {value}}}]";

    [Theory, MemberData(nameof(Texts))]
    public Task A_text_is_understood_alike(string text) => CompareAsync(text);

    [Theory, MemberData(nameof(Scalars))]
    public Task A_scalar_is_a_text_where_kubectl_has_a_text(string scalar) =>
        CompareAsync($"users:\n- name: u\n  user:\n    token: {scalar}\n");

    [Theory, MemberData(nameof(Users))]
    public Task A_user_is_understood_alike(string user) => CompareAsync("users:\n- name: u\n  user:\n" + Indent(user));

    [Theory, MemberData(nameof(Clusters))]
    public Task A_cluster_is_understood_alike(string cluster) => CompareAsync("clusters:\n- name: c\n  cluster:\n" + Indent(cluster));

    [Theory]
    [InlineData("utf-16")]
    [InlineData("utf-16BE")]
    [InlineData("latin1")]
    public Task An_encoding_is_understood_alike(string encoding)
    {
        Encoding chosen = Encoding.GetEncoding(encoding);
        return CompareAsync([.. chosen.GetPreamble(), .. chosen.GetBytes("current-context: é\n")]);
    }

    [Fact]
    public Task Twenty_thousand_users_are_understood_alike() =>
        CompareAsync("users:\n" + string.Concat(Enumerable.Range(0, 20_000).Select(static index => $"- name: u{index}\n  user:\n")));

    /// <summary>What kubectl takes and we do not: a nesting without end, and what the two parsers of YAML see in different ways.</summary>
    [Theory]
    [InlineData("clusters:\n- cluster: {\nserver: s3cret\n}\n  name: x", "line 2: this is not YAML")]
    [InlineData("{\"current-context\":\"s3cret\"}\n{\"x\":1}", "line 2: this is not YAML")]
    [InlineData("users:\n- user:\n    token: !!binary s3cret", "line 3: of YAML's own tags, only !!str is supported")]
    [InlineData("a: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "line 1: nested deeper than 64 levels")]
    [InlineData(
        "a: &a [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[x]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]\nb: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[*a]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
        "line 2: nested deeper than 64 levels")]
    [InlineData("a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
        + "d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]\n",
        "line 6: more than 500000 values")]
    public void What_is_refused_beyond_kubectl_says_where(string text, string words)
    {
        KubeConfigException refused = Assert.Throws<KubeConfigException>(() => KubeConfigFile.Read(Encoding.UTF8.GetBytes(text), "/x"));
        Assert.StartsWith("/x is not a valid kubeconfig: " + words, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", refused.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_huge_file_is_refused_before_it_is_looked_into()
    {
        byte[] content = new byte[(4 * 1024 * 1024) + 1];
        Array.Fill(content, (byte)'#');
        KubeConfigException refused = Assert.Throws<KubeConfigException>(() => KubeConfigFile.Read(content, "/x"));
        Assert.Contains("the text has more than 4194304 characters", refused.Message, StringComparison.Ordinal);
    }

    static string Indent(string lines) => string.Join('\n', lines.Split('\n').Select(static line => "    " + line)) + "\n";

    Task CompareAsync(string text) => CompareAsync(Encoding.UTF8.GetBytes(text));

    async Task CompareAsync(byte[] content)
    {
        string path = _scratch.Folder + "/config";
        await File.WriteAllBytesAsync(path, content, TestContext.Current.CancellationToken);
        JsonNode? theirs = await KubectlProgram.ViewAsync(_scratch, ["--kubeconfig", path]);
        if (theirs is null)
        {
            KubeConfigException refused = Assert.Throws<KubeConfigException>(() => KubeConfigFile.Read(content, path));
            Assert.StartsWith(path + " is not a valid kubeconfig: ", refused.Message, StringComparison.Ordinal);
            return;
        }

        KubeConfigFile ours = KubeConfigFile.Read(content, path);
        string[] understood = Understanding.Of(ours.CurrentContext, ours.Contexts, ours.Clusters, ours.Users);
        Assert.Equal(Understanding.Of(theirs, _scratch.Folder), understood);
    }

    public void Dispose() => _scratch.Dispose();
}
