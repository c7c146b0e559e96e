using System.Net.Sockets;
using System.Text;
using Fairlead.KubeConfig.Files;
using Fairlead.Testing;

namespace Fairlead.KubeConfig.Tests;

/// <summary>Whom to act as: what a kubeconfig says of it is taken, sent and refused as kubectl takes, sends and refuses it.</summary>
[Trait("Case", "C1")]
public sealed class ImpersonationTests : IDisposable
{
    readonly TestAuthority _authority = new();
    readonly Scratch _scratch = new();

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static TheoryData<string, string[]> Taken => new()
    {
        { "as: jane\nas-user-extra: {k: [a]}", ["Impersonate-Extra-K: a", "Impersonate-User: jane"] },
        { "as: jane\nas-user-extra:\n  k:\n  - a\n  - b, c\n  Other/Key%x: [d]", ["Impersonate-Extra-K: a", "Impersonate-Extra-K: b, c", "Impersonate-Extra-Other%2FKey%25x: d", "Impersonate-User: jane"] },
        { "\"as-user-extra\": {\"k\": [\"a\"]}\nas: jane\nas-groups: [g, h]\nas-uid: '17'", ["Impersonate-Extra-K: a", "Impersonate-Group: g", "Impersonate-Group: h", "Impersonate-Uid: 17", "Impersonate-User: jane"] },
        { "as: jane\nas-user-extra: {k: [], l: null}", ["Impersonate-User: jane"] },
        { "as: jane\nas-user-extra:", ["Impersonate-User: jane"] },
    };

    [Theory, MemberData(nameof(Taken))]
    public async Task It_is_sent_line_by_line(string user, string[] lines)
    {
        await using TestServer server = await TestServer.StartAsync(_authority.IssueServer());
        string path = Write(server.Port, user);
        using KubernetesEndpoint endpoint = KubeConfigEndpoint.Load(new KubeConfigOptions { Path = path });
        await endpoint.GetAsync();
        Assert.Equal(lines, Lines(Assert.Single(server.Requests).Lines.SelectMany(static header => header.Value.Select(value => $"{header.Key}: {value}"))), StringComparer.OrdinalIgnoreCase);

        Assert.Equal(lines, await KubectlsLinesAsync(user), StringComparer.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("as: jane\nas-user-extra: {k: s3cret}", "line 19: users[0].user.as-user-extra: must hold a list of strings for each key")]
    [InlineData("as: jane\nas-user-extra: {k: {l: s3cret}}", "line 19: users[0].user.as-user-extra: must hold a list of strings for each key")]
    [InlineData("as: jane\nas-user-extra: {k: [[s3cret]]}", "line 19: users[0].user.as-user-extra: must hold a list of strings for each key")]
    [InlineData("as: jane\nas-user-extra: [s3cret]", "line 19: users[0].user.as-user-extra: must be a mapping")]
    [InlineData("as: jane\nas-user-extra: s3cret", "line 19: users[0].user.as-user-extra: must be a mapping")]
    [InlineData("as: jane\nas-groups: s3cret", "line 19: users[0].user.as-groups: must be a list of strings")]
    [InlineData("as: jane\ntoken: {s3cret}", "line 19: users[0].user.token: must be a string")]
    [InlineData("as: jane\ntoken:\n- s3cret", "line 20: users[0].user.token: must be a string")]
    [InlineData("as: jane\ntoken: 's3cret", "this is not YAML")]
    [InlineData("as-groups: [s3cret]", "the user \"c\" has as-uid, as-groups or as-user-extra without \"as\"")]
    [InlineData("as-user-extra: {k: [s3cret]}", "the user \"c\" has as-uid, as-groups or as-user-extra without \"as\"")]
    [InlineData("as-uid: s3cret", "the user \"c\" has as-uid, as-groups or as-user-extra without \"as\"")]
    public async Task What_kubectl_refuses_is_refused_and_says_what_is_wrong(string user, string words)
    {
        string path = Write(1, user);
        KubeConfigException refused = Assert.Throws<KubeConfigException>(() => KubeConfigEndpoint.Load(new KubeConfigOptions { Path = path }));
        Assert.Contains(words, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", refused.ToString(), StringComparison.Ordinal);

        Assert.Null(await KubectlsLinesAsync(user));
    }

    [Fact]
    public void An_entry_that_is_not_used_need_not_name_whom_to_act_as()
    {
        string path = _scratch.Write("config", Kubeconfigs.Single("server: https://localhost:1", "as-groups: [g]"));
        Assert.Null(ConnectionSettings.Resolve(new KubeConfigOptions { Path = path, Anonymous = true }).User.Impersonation);
    }

    string Write(int port, string user) =>
        _scratch.Write("config", Kubeconfigs.Single($"server: https://localhost:{port}\ncertificate-authority-data: {_authority.PemAsBase64}", user));

    /// <returns>The lines that kubectl sends; null where it sends nothing.</returns>
    async Task<IEnumerable<string>?> KubectlsLinesAsync(string user)
    {
        Peer kubectl = Peer.Find(Peer.KubectlStable);
        Assert.SkipWhen(kubectl.MissingBecause is not null, kubectl.MissingBecause ?? "");
        using LoopbackListener listener = new();
        string path = _scratch.Write("kubectl", Kubeconfigs.Single($"server: http://127.0.0.1:{listener.Port}", user));
        using CancellationTokenSource over = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        Task<string?> serving = ReadHeadAsync(listener, over.Token);
        RunResult result = await RunningProcess.RunAsync(
            kubectl.Program, ["get", "--raw", "/x", "--kubeconfig", path, "--cache-dir", _scratch.Folder + "/cache"], cancellationToken: Ct);
        Assert.NotEqual(0, result.ExitCode);
        await over.CancelAsync();
        return await serving is { } head ? Lines(head.Split("\r\n")) : null;
    }

    static async Task<string?> ReadHeadAsync(LoopbackListener listener, CancellationToken over)
    {
        try
        {
            using Socket socket = await listener.AcceptAsync(over);
            string head = "";
            byte[] buffer = new byte[4096];
            while (!head.EndsWith("\r\n\r\n", StringComparison.Ordinal)) head += Encoding.ASCII.GetString(buffer, 0, await socket.ReceiveAsync(buffer, Ct));
            await socket.SendAsync("HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"u8.ToArray(), Ct);
            return head;
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            return null;
        }
    }

    static IEnumerable<string> Lines(IEnumerable<string> headers) =>
        headers.Where(static line => line.StartsWith("Impersonate-", StringComparison.OrdinalIgnoreCase)).Order(StringComparer.OrdinalIgnoreCase);

    public void Dispose()
    {
        _authority.Dispose();
        _scratch.Dispose();
    }
}
