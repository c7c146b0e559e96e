using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Fairlead.Server.Access;
using Fairlead.Testing.Containerd;
using Microsoft.AspNetCore.Http;

namespace Fairlead.Node.Tests.Kubelet;

/// <summary>Who may what in front of a kubelet. Every rule has a row that refuses.</summary>
public sealed class WhoMayTests
{
    const string NoSuchPod = "pod does not exist\n"; // who reads this was let in

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>Method, path, verb, and the subresources of which one is enough.</summary>
    public static TheoryData<string, string, string, string> Rules => new()
    {
        { "GET", "/stats/summary", "get", "stats" },
        { "GET", "/stats", "get", "stats" },
        { "GET", "/metrics", "get", "metrics" },
        { "GET", "/metrics/cadvisor", "get", "metrics" },
        { "HEAD", "/metrics", "", "metrics" },
        { "POST", "/checkpoint/ns/p/c", "create", "checkpoint" },
        { "GET", "/statusz", "get", "statusz" },
        { "GET", "/logs/", "get", "log" },
        { "GET", "/logs/kubelet.log", "get", "log" },
        { "GET", "/flagz", "get", "configz" },
        { "GET", "/pods", "get", "pods proxy" },
        { "GET", "/pods/", "get", "pods proxy" },
        { "GET", "/runningpods/", "get", "pods proxy" },
        { "GET", "/healthz", "get", "healthz proxy" },
        { "GET", "/healthz/log", "get", "healthz proxy" },
        { "GET", "/configz", "get", "configz proxy" },
        { "GET", "/containerLogs/ns/p/c", "get", "proxy" },
        { "GET", "/", "get", "proxy" },
        { "GET", "/podsx", "get", "proxy" },
        { "GET", "/Metrics", "get", "proxy" },
        { "GET", "/metricsx/y", "get", "proxy" },
        { "PUT", "/debug/flags/v", "update", "proxy" },
        { "PATCH", "/whatever", "patch", "proxy" },
        { "DELETE", "/whatever", "delete", "proxy" },
        { "OPTIONS", "/whatever", "", "proxy" },
        { "GET", "/Exec/ns/p/c", "get", "proxy" },
        { "GET", "/portforward/ns/p", "get", "proxy" },
    };

    [Theory, MemberData(nameof(Rules))]
    public async Task A_certificates_holder_may_what_the_cluster_says_of_exactly_that(string method, string path, string verb, string subresources)
    {
        await using FrontRoom room = await FrontRoom.StartAsync(options => options with { Kubelet = options.Kubelet! with { AllowedLifetime = default, DeniedLifetime = default } });
        using X509Certificate2 jane = room.Callers.IssueClientSubject("O=devs, CN=jane");
        room.Kubelet.Paths[path.Split('/')[1]] = static context => context.Response.WriteAsync("answer");
        string[] all = ["proxy", "pods", "healthz", "configz", "stats", "metrics", "checkpoint", "statusz", "log", "flagz", "runningpods", "logs", ""];
        string[] enough = subresources.Split(' ');
        foreach (string subresource in all)
        {
            room.Allow("jane", verb, subresource);
            (int code, string body) = await room.AskAsync(path, jane, method: method);
            Assert.Equal(enough.Contains(subresource) ? 200 : 403, code);
            if (code == 403 && method != "HEAD")
                Assert.Equal($"Forbidden (user=jane, verb={verb}, resource=nodes, subresource(s)=[{subresources}])\n", body);
        }

        foreach (string other in (string[])["get", "create", "update", "patch", "delete", "*"])
        {
            if (other == verb) continue;
            room.Allow("jane", other, enough[0]);
            Assert.Equal(403, (await room.AskAsync(path, jane, method: method)).Code);
        }

        room.Allow("joe", verb, enough[0]);
        Assert.Equal(403, (await room.AskAsync(path, jane, method: method)).Code);
        JsonNode question = room.Cluster.Questions.Last();
        Assert.Equal("""["devs","system:authenticated"]""", question["groups"]!.ToJsonString());
        Assert.StartsWith("X509SHA256=", (string)question["extra"]!["authentication.kubernetes.io/credential-id"]![0]!, StringComparison.Ordinal);
        Assert.All(room.Kubelet.Requests, seen => Assert.Equal(FrontRoom.Front, seen.User));
    }

    public static TheoryData<string, string> Streams => new()
    {
        { "GET", "/exec/ns/p/c?command=id&output=1" }, { "POST", "/exec/ns/p/uid/c?command=id&output=1" }, { "GET", "/attach/ns/p/c?output=1" },
        { "POST", "/attach/ns/p/uid/c?output=1" }, { "GET", "/portForward/ns/p" }, { "POST", "/portForward/ns/p/uid" }, { "POST", "/run/ns/p/c?cmd=id" },
        { "POST", "/run/ns/p/uid/c?cmd=id" }, { "CONNECT", "/exec/ns/p/c?command=id&output=1" }, { "CONNECT", "/attach/ns/p/uid/c?output=1" },
        { "CONNECT", "/portForward/ns/p" },
    };

    [Theory, MemberData(nameof(Streams))]
    public async Task A_stream_is_asked_as_create_whatever_the_method_and_never_meets_the_kubelet(string method, string target)
    {
        await using FrontRoom room = await FrontRoom.StartAsync(options => options with { Kubelet = options.Kubelet! with { AllowedLifetime = default, DeniedLifetime = default } });
        using X509Certificate2 jane = room.Callers.IssueClientSubject("CN=jane");
        room.Know("janes-token", "jane");
        room.Kubelet.Tokens["janes-token"] = "jane"; // the kubelet would let her
        foreach ((string verb, string subresource) in ((string, string)[])[("get", "proxy"), ("create", "exec"), ("create", "pods"), ("create", "")])
        {
            room.Allow("jane", verb, subresource);
            foreach ((X509Certificate2? certificate, string? token) in ((X509Certificate2?, string?)[])[(jane, null), (null, "janes-token")])
                Assert.Equal((403, "Forbidden (user=jane, verb=create, resource=nodes, subresource(s)=[proxy])\n"), await room.AskAsync(target, certificate, token, method));
        }

        room.Allow("jane", "create", "proxy");
        Assert.Equal((404, NoSuchPod), await room.AskAsync(target, jane, method: method));
        Assert.Equal((404, NoSuchPod), await room.AskAsync(target, token: "janes-token", method: method));
        Assert.Equal((401, "Unauthorized\n"), await room.AskAsync(target, method: method));
        Assert.Equal((401, "Unauthorized\n"), await room.AskAsync(target, token: "nobodys", method: method));
        room.Cluster.Allows = static _ => null;
        (int code, string body) = await room.AskAsync(target, jane, method: method);
        Assert.Equal(500, code);
        Assert.StartsWith("Authorization error (user=jane, verb=create, resource=nodes, subresource(s)=[proxy]): ", body, StringComparison.Ordinal);
        room.Cluster.KnowsNobody = true;
        room.Clock.Advance(TimeSpan.FromMinutes(3));
        Assert.Equal(500, (await room.AskAsync(target, token: "janes-token", method: method)).Code);
        Assert.Empty(room.Kubelet.Requests);
    }

    [Fact]
    public async Task Tokens_and_nobody_are_the_kubelets_to_judge_and_never_meet_the_fronts_connections()
    {
        await using FrontRoom room = await FrontRoom.StartAsync();
        using X509Certificate2 jane = room.Callers.IssueClientSubject("CN=jane");
        room.Allow("jane", "get", "metrics");
        room.Kubelet.Tokens["prometheus-token"] = "prometheus";
        room.Kubelet.Paths["metrics"] = static context => context.Response.WriteAsync("numbers");
        room.Kubelet.Allows = static (user, path) => user is "prometheus" or FrontRoom.Front || path == "/healthz";
        using HttpClient certified = room.Client(jane), others = room.Client();
        for (int i = 0; i < 5; i++)
        {
            Assert.Equal("numbers", await certified.GetStringAsync(new Uri("/metrics", UriKind.Relative), Ct));
            Assert.Equal((200, "numbers"), await room.AskAsync("/metrics", token: "prometheus-token"));
            Assert.Equal(401, (await room.AskAsync("/metrics", token: "another")).Code);
            Assert.Equal(403, (await room.AskAsync("/metrics")).Code);
            Assert.Equal((200, "ok"), await room.AskAsync("/healthz"));
            Assert.Equal((200, "numbers"), await room.AskAsync("/metrics", jane, "another")); // the certificate counts, and the token goes no further
        }

        ILookup<string, SeenRequest> byConnection = room.Kubelet.Requests.ToLookup(static seen => seen.Connection);
        Assert.All(byConnection, static requests => Assert.Single(requests.Select(static seen => seen.HasCertificate).Distinct()));
        Assert.All(room.Kubelet.Requests.Where(static seen => seen.HasCertificate), static seen => Assert.Equal((FrontRoom.Front, false), (seen.User, seen.Headers.ContainsKey("Authorization"))));
        Assert.Equal(2, byConnection.Count);
        Assert.Equal(0, room.Cluster.AskedWho);
    }

    [Theory]
    [InlineData("CN=jane", true)] // expired
    [InlineData("O=devs", false)] // names nobody
    [InlineData("CN=jane, CN=joe", false)] // names two
    [InlineData("stranger", false)]
    [InlineData("the front's own authority", false)]
    public async Task An_invalid_certificate_is_as_none(string subject, bool expired)
    {
        await using FrontRoom room = await FrontRoom.StartAsync();
        room.Cluster.Allows = static _ => true;
        using TestAuthority strange = new();
        TestAuthority issuer = subject.StartsWith("stranger", StringComparison.Ordinal) ? strange : subject.StartsWith("the", StringComparison.Ordinal) ? room.Fronts : room.Callers;
        using X509Certificate2 shown = issuer.IssueClientSubject(subject.Contains('=') ? subject : "CN=front", expired);
        room.Know("janes-token", "jane");
        room.Kubelet.Tokens["janes-token"] = "jane";
        room.Kubelet.Allows = static (user, path) => user != "system:anonymous" || path == "/healthz";
        Assert.Equal(401, (await room.AskAsync(FrontRoom.Exec, shown)).Code);
        Assert.Equal(404, (await room.AskAsync(FrontRoom.Exec, shown, "janes-token")).Code);
        Assert.Equal(403, (await room.AskAsync("/pods", shown)).Code);
        Assert.Equal(200, (await room.AskAsync("/pods", shown, "janes-token")).Code);
        Assert.Equal(200, (await room.AskAsync("/healthz", shown)).Code);
        Assert.DoesNotContain(room.Kubelet.Requests, static seen => seen.HasCertificate);
    }

    [Fact]
    public async Task A_token_may_come_as_a_subprotocol_and_goes_no_further()
    {
        await using FrontRoom room = await FrontRoom.StartAsync();
        room.Know("janes-token", "jane");
        room.Allow("jane", "create", "proxy");
        string offered = "base64url.bearer.authorization.k8s.io." + System.Buffers.Text.Base64Url.EncodeToString("janes-token"u8);
        string[] headers = [$"Sec-WebSocket-Protocol: {offered}, v5.channel.k8s.io"];
        Assert.Equal((404, NoSuchPod), await room.AskAsync(FrontRoom.Exec, headers: headers));
        Assert.Equal((404, NoSuchPod), await room.AskAsync(FrontRoom.Exec, headers: headers, method: "CONNECT"));
        Assert.Equal(401, (await room.AskAsync(FrontRoom.Exec, headers: [$"Sec-WebSocket-Protocol: {offered}"])).Code); // a token alone means no subprotocol
        room.Allow("joe", "create", "proxy");
        room.Clock.Advance(TimeSpan.FromMinutes(6));
        Assert.Equal(403, (await room.AskAsync(FrontRoom.Exec, headers: headers)).Code);
        room.Kubelet.Paths["later"] = static context => context.Response.WriteAsync("ok");
        room.Kubelet.Tokens["janes-token"] = "jane";
        Assert.Equal(200, (await room.AskAsync("/later", headers: headers)).Code);
        SeenRequest seen = Assert.Single(room.Kubelet.Requests);
        Assert.Equal(("Bearer janes-token", "v5.channel.k8s.io"), (seen.Headers["Authorization"], seen.Headers["Sec-WebSocket-Protocol"]));
    }

    [Fact]
    public async Task An_upgrade_of_a_path_that_is_no_stream_of_ours_is_asked_as_create()
    {
        await using FrontRoom room = await FrontRoom.StartAsync();
        using X509Certificate2 jane = room.Callers.IssueClientSubject("CN=jane");
        room.Allow("jane", "get", "proxy");
        foreach (string to in (string[])["websocket", "SPDY/3.1", "other, WebSocket"])
            Assert.Equal(403, (await room.AskAsync("/later/stream", jane, headers: ["Connection: Upgrade", "Upgrade: " + to])).Code);
        Assert.Equal(403, (await room.AskAsync("/later/stream", jane, method: "CONNECT")).Code);
        Assert.Equal(404, (await room.AskAsync("/later/stream", jane)).Code);
        Assert.Single(room.Kubelet.Requests);
    }

    [Fact]
    public async Task An_upgrade_to_what_no_kubelet_speaks_does_not_change_the_question_and_is_not_passed_on()
    {
        await using FrontRoom room = await FrontRoom.StartAsync();
        using X509Certificate2 jane = room.Callers.IssueClientSubject("CN=jane");
        string[] upgrade = ["Connection: Upgrade", "Upgrade: other/1"];
        room.Allow("jane", "create", "proxy");
        Assert.Equal(403, (await room.AskAsync("/configz", jane, headers: upgrade)).Code);
        room.Cluster.Allows = static spec => (string?)spec["resourceAttributes"]!["verb"] == "get";
        bool? passed = null;
        room.Kubelet.Paths["metrics"] = context =>
        {
            passed = context.Request.Headers.ContainsKey("Upgrade");
            return context.Response.WriteAsync("numbers");
        };
        Assert.Equal((200, "numbers"), await room.AskAsync("/metrics", jane, headers: upgrade));
        Assert.False(passed);
    }

    [Fact]
    public async Task What_is_allowed_and_denied_at_once_is_a_no()
    {
        await using FrontRoom room = await FrontRoom.StartAsync();
        using X509Certificate2 jane = room.Callers.IssueClientSubject("CN=jane");
        room.Cluster.Allows = static _ => true;
        room.Cluster.Denies = true;
        Assert.Equal(403, (await room.AskAsync("/metrics", jane)).Code);
        Assert.Empty(room.Kubelet.Requests);
        Assert.All(room.Cluster.Questions, static spec => Assert.Equal("v1", (string?)spec["resourceAttributes"]!["version"]));
    }

    [Fact]
    public async Task A_token_about_which_the_cluster_failed_is_nobodys_and_is_asked_about_again()
    {
        await using FrontRoom room = await FrontRoom.StartAsync();
        room.Cluster.CannotTell = true;
        Assert.Equal(401, (await room.AskAsync(FrontRoom.Exec, token: "t")).Code);
        room.Know("t", "jane");
        room.Cluster.Allows = static _ => true;
        Assert.Equal(404, (await room.AskAsync(FrontRoom.Exec, token: "t")).Code);
        Assert.Equal(2, room.Cluster.AskedWho);
    }

    [Fact]
    public async Task Where_the_kubelet_takes_no_tokens_none_opens_a_stream()
    {
        await using FrontRoom room = await FrontRoom.StartAsync(static options => options with { Kubelet = options.Kubelet! with { ReviewsTokens = false } });
        room.Know("t", "jane");
        room.Cluster.Allows = static _ => true;
        Assert.Equal(401, (await room.AskAsync(FrontRoom.Exec, token: "t")).Code);
        Assert.Equal(401, (await room.AskAsync("/fairlead/metrics", token: "t")).Code);
        Assert.Equal(0, room.Cluster.AskedWho);
    }

    [Fact]
    public async Task Answers_are_kept_as_long_as_a_kubelet_keeps_them()
    {
        await using FrontRoom room = await FrontRoom.StartAsync();
        using X509Certificate2 jane = room.Callers.IssueClientSubject("CN=jane");
        room.Allow("jane", "get", "metrics");
        await AskAsync(404, 1, 0);
        room.Clock.Advance(TimeSpan.FromSeconds(299));
        room.Cluster.Allows = static _ => false;
        await AskAsync(404, 1, 0); // a yes, for five minutes
        room.Clock.Advance(TimeSpan.FromSeconds(2));
        await AskAsync(403, 2, 0);
        room.Allow("jane", "get", "metrics");
        room.Clock.Advance(TimeSpan.FromSeconds(29));
        await AskAsync(403, 2, 0); // a no, for half a minute
        room.Cluster.Allows = static _ => null;
        room.Clock.Advance(TimeSpan.FromSeconds(2));
        await AskAsync(500, 3, 0); // what is no answer is not kept
        await AskAsync(500, 4, 0);
        room.Allow("jane", "get", "metrics");
        await AskAsync(404, 5, 0);

        room.Allow("ann", "create", "proxy");
        Assert.Equal(401, (await room.AskAsync(FrontRoom.Exec, token: "anns-token")).Code);
        room.Know("anns-token", "ann");
        room.Clock.Advance(TimeSpan.FromSeconds(119));
        Assert.Equal((401, 1), ((await room.AskAsync(FrontRoom.Exec, token: "anns-token")).Code, room.Cluster.AskedWho));
        room.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal((404, 2), ((await room.AskAsync(FrontRoom.Exec, token: "anns-token")).Code, room.Cluster.AskedWho));
        room.Cluster.Tokens.Clear();
        room.Clock.Advance(TimeSpan.FromSeconds(119));
        Assert.Equal((404, 2), ((await room.AskAsync(FrontRoom.Exec, token: "anns-token")).Code, room.Cluster.AskedWho));
        room.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal((401, 3), ((await room.AskAsync(FrontRoom.Exec, token: "anns-token")).Code, room.Cluster.AskedWho));

        async Task AskAsync(int code, int asked, int who)
        {
            Assert.Equal(code, (await room.AskAsync("/metrics", jane)).Code);
            Assert.Equal((asked, who), (room.Cluster.Asked, room.Cluster.AskedWho));
        }
    }

    [Fact]
    public async Task A_users_uid_and_extra_are_asked_about_too()
    {
        await using FrontRoom room = await FrontRoom.StartAsync();
        room.Cluster.Tokens["one"] = (JsonObject)JsonNode.Parse("""{"username":"system:serviceaccount:ns:sa","uid":"u-1","groups":["g"],"extra":{"scopes":["a","b"]}}""")!;
        room.Cluster.Tokens["two"] = (JsonObject)JsonNode.Parse("""{"username":"system:serviceaccount:ns:sa","uid":"u-1","groups":["g"],"extra":{"scopes":["a"]}}""")!;
        room.Cluster.Allows = static spec => spec["extra"]!["scopes"]!.ToJsonString() == """["a","b"]""" && (string?)spec["uid"] == "u-1";
        Assert.Equal(404, (await room.AskAsync(FrontRoom.Exec, token: "one")).Code);
        Assert.Equal(403, (await room.AskAsync(FrontRoom.Exec, token: "two")).Code); // another question, of which no yes is kept
    }

    [Fact]
    public async Task Without_a_cluster_to_ask_only_the_list_may()
    {
        await using FrontRoom room = await FrontRoom.StartAsync(static options => options with { Reviews = null, Allowed = new AllowList() });
        using X509Certificate2 apiserver = room.Callers.IssueClientSubject("CN=kube-apiserver-kubelet-client"), jane = room.Callers.IssueClientSubject("CN=jane");
        room.Kubelet.Tokens["t"] = "jane";
        Assert.Equal(404, (await room.AskAsync(FrontRoom.Exec, apiserver)).Code);
        Assert.Equal(200, (await room.AskAsync("/pods", apiserver)).Code);
        Assert.Equal(403, (await room.AskAsync(FrontRoom.Exec, jane)).Code);
        Assert.Equal(403, (await room.AskAsync("/pods", jane)).Code);
        Assert.Equal(401, (await room.AskAsync(FrontRoom.Exec, token: "t")).Code);
        Assert.Equal(200, (await room.AskAsync("/pods", token: "t")).Code);
    }

    [Fact]
    public async Task A_front_without_a_credential_lends_none()
    {
        await using FrontRoom room = await FrontRoom.StartAsync(static options => options with { Kubelet = options.Kubelet! with { CertificateFile = null, KeyFile = null } });
        room.Cluster.Allows = static _ => true;
        using X509Certificate2 jane = room.Callers.IssueClientSubject("CN=jane");
        Assert.Equal(502, (await room.AskAsync("/pods", jane)).Code);
        Assert.Empty(room.Kubelet.Requests);
    }

    [Fact]
    public async Task A_token_of_the_fronts_own_serves_too()
    {
        await using FrontRoom room = await FrontRoom.StartAsync();
        string file = room.File("token");
        await File.WriteAllTextAsync(file, "fronts-token\n", Ct);
        await room.Server.DisposeAsync();
        NodeOptions options = room.Options();
        await using NodeServer server = await NodeServer.StartAsync(options with { Kubelet = options.Kubelet! with { CertificateFile = null, KeyFile = null, TokenFile = file } }, Ct);
        room.Cluster.Allows = static _ => true;
        room.Kubelet.Tokens["fronts-token"] = FrontRoom.Front;
        using X509Certificate2 jane = room.Callers.IssueClientSubject("CN=jane");
        Assert.Equal(200, (await room.AskAsync("/pods", jane, "another", at: server)).Code);
        await File.WriteAllTextAsync(file, "next-token", Ct); // a token that is replaced is taken at the first refusal
        room.Kubelet.Tokens.Clear();
        room.Kubelet.Tokens["next-token"] = FrontRoom.Front;
        Assert.Equal(200, (await room.AskAsync("/pods", jane, "another", at: server)).Code);
        await File.WriteAllTextAsync(file, "wrong-token", Ct);
        room.Kubelet.Tokens.Clear();
        (int code, string body) = await room.AskAsync("/pods", jane, "another", at: server);
        Assert.Equal(502, code); // the caller's credential is not what was refused
        Assert.Contains("(401)", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_kubelet_that_does_not_allow_the_front_is_502()
    {
        await using FrontRoom room = await FrontRoom.StartAsync();
        room.Cluster.Allows = static _ => true;
        room.Kubelet.Allows = static (_, _) => false;
        using X509Certificate2 jane = room.Callers.IssueClientSubject("CN=jane");
        Assert.Equal((502, "the kubelet does not allow the front's own credential what it is asked for (403): it needs the rights of a kubelet's client\n"), await room.AskAsync("/pods", jane));
    }
}
