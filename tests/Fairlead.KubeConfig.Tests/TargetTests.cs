using System.Net;
using Fairlead.KubeConfig.Targets;
using Fairlead.Testing;
using Microsoft.AspNetCore.Http;

namespace Fairlead.KubeConfig.Tests;

public sealed class TargetTests : IDisposable
{
    readonly TestAuthority _authority = new();
    readonly Scratch _scratch = new();
    readonly Dictionary<string, (int Code, string Body)> _answers = [];

    const string Pods = "/api/v1/namespaces/shop/pods";

    static string Pod(string name, string phase = "Running", string ready = "True", string since = "2026-01-01T00:00:00Z", string more = "") => $$$"""
        {"metadata":{"name":"{{{name}}}","creationTimestamp":"2026-01-01T00:00:00Z"{{{more}}}},
         "spec":{"nodeName":"n","containers":[{"name":"main","tty":true,"stdin":true},{"name":"side"}],"initContainers":[{"name":"setup"}]},
         "status":{"phase":"{{{phase}}}","conditions":[{"type":"Ready","status":"{{{ready}}}","lastTransitionTime":"{{{since}}}"}]}}
        """;

    static string List(params string[] pods) => $$"""{"kind":"PodList","items":[{{string.Join(',', pods)}}]}""";

    async Task<T> WithResolver<T>(Func<TargetResolver, TestServer, Task<T>> use, string user = "token: t")
    {
        await using TestServer server = await TestServer.StartAsync(_authority.IssueServer(), async context =>
        {
            (context.Response.StatusCode, string body) = _answers.GetValueOrDefault(context.Request.Path + context.Request.QueryString.Value, (404, "no such page"));
            if (context.Response.StatusCode == 302) context.Response.Headers.Location = body;
            await context.Response.WriteAsync(body);
        });
        using KubernetesEndpoint endpoint = KubeConfigEndpoint.Load(new KubeConfigOptions
        {
            Path = _scratch.Write("config", Kubeconfigs.Single($"server: https://localhost:{server.Port}\ncertificate-authority-data: {_authority.PemAsBase64}", user)),
            Environment = Kubeconfigs.Environment(("PATH", _scratch.Folder)),
        });
        return await use(new TargetResolver(endpoint) { PodTimeout = TimeSpan.Zero }, server);
    }

    Task<ResolvedTarget> Resolve(string target, string? container = null, TargetVerb verb = TargetVerb.Exec) =>
        WithResolver((resolver, _) => resolver.ResolveAsync(target, verb, null, container, TestContext.Current.CancellationToken));

    [Fact]
    public async Task A_redirect_names_the_host_that_it_leads_to_and_no_more()
    {
        _answers[Pods + "/web-0"] = (302, "https://login.example/oauth?state=secret");
        KubernetesApiException refused = await Assert.ThrowsAsync<KubernetesApiException>(() => Resolve("web-0"));
        Assert.Contains("302 Found, a redirect to login.example, which is not followed", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("web-0")]
    [InlineData("pod/web-0")]
    [InlineData("pods/web-0")]
    [InlineData("po/web-0")]
    public async Task A_pod_is_found_by_name_and_its_container_defaulted_aloud(string target)
    {
        _answers[Pods + "/web-0"] = (200, Pod("web-0"));
        ResolvedTarget found = await Resolve(target);
        Assert.Equal(new PodReference("web-0", "shop", "main"), found.Pod);
        Assert.True(found.HasTerminal);
        Assert.Equal(["Defaulted container \"main\" out of: main, side, setup (init)"], found.Notices);
    }

    [Fact]
    public async Task Named_and_annotated_containers_are_taken_silently()
    {
        _answers[Pods + "/web-0"] = (200, Pod("web-0", more: ",\"annotations\":{\"kubectl.kubernetes.io/default-container\":\"side\"}"));
        ResolvedTarget annotated = await Resolve("web-0"), named = await Resolve("web-0", "setup");
        Assert.Equal(("side", false, 0), (annotated.Pod.Container, annotated.HasTerminal, annotated.Notices.Count));
        Assert.Equal(("setup", 0), (named.Pod.Container, named.Notices.Count));
        TargetException missing = await Assert.ThrowsAsync<TargetException>(() => Resolve("web-0", "none"));
        Assert.Equal("container none not found in pod web-0", missing.Message);
    }

    [Theory]
    [InlineData("deploy/web", "/apis/apps/v1/namespaces/shop/deployments/web", """{"matchLabels":{"b":"2","a":"1"}}""", "a%3D1%2Cb%3D2")]
    [InlineData("deployments.apps/web", "/apis/apps/v1/namespaces/shop/deployments/web", """{"matchLabels":{"a":"1"}}""", "a%3D1")]
    [InlineData("deployment.v1.apps/web", "/apis/apps/v1/namespaces/shop/deployments/web", """{"matchLabels":{"a":"1"}}""", "a%3D1")]
    [InlineData("rs/web", "/apis/apps/v1/namespaces/shop/replicasets/web", """{"matchExpressions":[{"key":"t","operator":"In","values":["x","y"]}]}""", "t%20in%20%28x%2Cy%29")]
    [InlineData("sts/web", "/apis/apps/v1/namespaces/shop/statefulsets/web", """{"matchExpressions":[{"key":"t","operator":"DoesNotExist"}]}""", "%21t")]
    [InlineData("ds/web", "/apis/apps/v1/namespaces/shop/daemonsets/web", """{"matchLabels":{"a":"1"}}""", "a%3D1")]
    [InlineData("job/web", "/apis/batch/v1/namespaces/shop/jobs/web", """{"matchLabels":{"a":"1"}}""", "a%3D1")]
    [InlineData("svc/web", "/api/v1/namespaces/shop/services/web", """{"app":"web"}""", "app%3Dweb")]
    [InlineData("rc/web", "/api/v1/namespaces/shop/replicationcontrollers/web", """{"app":"web"}""", "app%3Dweb")]
    public async Task An_owner_leads_to_its_pods(string target, string path, string selector, string query)
    {
        _answers[path] = (200, $$"""{"spec":{"selector":{{selector}} } }""");
        _answers[$"{Pods}?labelSelector={query}"] = (200, List(Pod("one")));
        Assert.Equal("one", (await Resolve(target)).Pod.Name);
    }

    [Fact]
    public async Task The_best_pod_is_picked_as_kubectl_picks()
    {
        _answers["/api/v1/namespaces/shop/services/web"] = (200, """{"spec":{"selector":{"a":"1"}}}""");
        _answers[Pods + "?labelSelector=a%3D1"] = (200, List(
            Pod("done", "Succeeded"), Pod("pending", "Pending", "False"), Pod("not-ready", ready: "False"), Pod("new", since: "2026-01-03T00:00:00Z"),
            Pod("old", since: "2026-01-02T00:00:00Z"), Pod("leaving", more: ",\"deletionTimestamp\":\"2026-01-01T00:00:00Z\"")));
        Assert.Equal("old", (await Resolve("svc/web")).Pod.Name);
    }

    [Theory]
    [InlineData(TargetVerb.Exec, "cannot exec into a container in a completed pod; current phase is Succeeded")]
    [InlineData(TargetVerb.Attach, "cannot attach a container in a completed pod; current phase is Succeeded")]
    public async Task A_completed_pod_is_refused(TargetVerb verb, string expected)
    {
        _answers[Pods + "/web-0"] = (200, Pod("web-0", "Succeeded"));
        Assert.Equal(expected, (await Assert.ThrowsAsync<TargetException>(() => Resolve("web-0", verb: verb))).Message);
    }

    [Theory]
    [InlineData("svc/none", "service \"none\" has no selector: it says nothing about its pods")]
    [InlineData("svc/empty", "service \"empty\" has no pods, and none came within 0 s")]
    [InlineData("cm/x", "no pods are looked up by the type \"cm\"")]
    [InlineData("deploy.batch/x", "no pods are looked up by the type \"deploy.batch\"")]
    [InlineData("pod/a/b", "is neither the name of a pod nor type/name")]
    [InlineData("deploy/", "is neither the name of a pod nor type/name")]
    [InlineData("..", "is no name that anything can have")]
    [InlineData("deploy/.", "is no name that anything can have")]
    [InlineData("web%2f0", "is no name that anything can have")]
    public async Task A_target_without_a_pod_says_why(string target, string expected)
    {
        _answers["/api/v1/namespaces/shop/services/none"] = (200, """{"spec":{}}""");
        _answers["/api/v1/namespaces/shop/services/empty"] = (200, """{"spec":{"selector":{"a":"1"}}}""");
        _answers[Pods + "?labelSelector=a%3D1"] = (200, List());
        Assert.Contains(expected, (await Assert.ThrowsAsync<TargetException>(() => Resolve(target))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_forward_finds_the_pod_and_the_ports_behind_a_service()
    {
        _answers["/api/v1/namespaces/shop/services/web"] = (200, """{"metadata":{"name":"web"},"spec":{"selector":{"a":"1"},"ports":[{"port":80,"targetPort":8080}]}}""");
        _answers[Pods + "?labelSelector=a%3D1"] = (200, List(Pod("leaving", more: ",\"deletionTimestamp\":\"2026-01-01T00:00:00Z\"", since: "2025-01-01T00:00:00Z"), Pod("next")));
        ResolvedForward first = await Forward("svc/web", "80"), again = await WithResolver((resolver, _) => resolver.ResolveForwardAsync("svc/web", ["80"], again: true, cancellationToken: Ct));
        Assert.Equal((new PodReference("next", "shop"), new ResolvedPort(80, 8080)), (first.Pod, Assert.Single(first.Ports)));
        Assert.Equal("next", again.Pod.Name);
    }

    [Fact]
    public async Task After_a_loss_only_a_ready_pod_will_do()
    {
        _answers["/api/v1/namespaces/shop/services/web"] = (200, """{"spec":{"selector":{"a":"1"}}}""");
        _answers[Pods + "?labelSelector=a%3D1"] = (200, List(Pod("starting", ready: "False"), Pod("leaving", more: ",\"deletionTimestamp\":\"2026-01-01T00:00:00Z\"")));
        Assert.Equal("leaving", (await Forward("svc/web")).Pod.Name);
        TargetException none = await Assert.ThrowsAsync<TargetException>(() => WithResolver((resolver, _) => resolver.ResolveForwardAsync("svc/web", [], again: true, cancellationToken: Ct)));
        Assert.Equal("service \"web\" has no pod that is ready, and none came within 0 s; leaving is Running. See why: kubectl describe pod/leaving -n shop", none.Message);
    }

    [Fact]
    public async Task A_pod_that_does_not_run_is_not_forwarded_to()
    {
        _answers[Pods + "/web-0"] = (200, Pod("web-0", "Pending"));
        Assert.Equal(
            "unable to forward port because pod is not running. Current status=Pending. Wait until it runs, for instance by: kubectl wait --for=condition=Ready pod/web-0 -n shop",
            (await Assert.ThrowsAsync<TargetException>(() => Forward("web-0", "80"))).Message);
    }

    Task<ResolvedForward> Forward(string target, params string[] ports) =>
        WithResolver((resolver, _) => resolver.ResolveForwardAsync(target, ports, cancellationToken: Ct));

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_refusal_carries_what_the_server_said()
    {
        _answers[Pods + "/web-0"] = (403, """{"kind":"Status","status":"Failure","message":"pods \"web-0\" is forbidden: no","reason":"Forbidden","code":403}""");
        KubernetesApiException refused = await Assert.ThrowsAsync<KubernetesApiException>(() => Resolve("web-0"));
        Assert.Equal(("pods \"web-0\" is forbidden: no", "Forbidden", HttpStatusCode.Forbidden), (refused.Message, refused.Reason, refused.StatusCode));

        KubernetesApiException page = await Assert.ThrowsAsync<KubernetesApiException>(() => Resolve("other"));
        Assert.Equal("the server answered 404 (NotFound): no such page", page.Message);

        _answers[Pods + "/html"] = (200, "<html>");
        Assert.Contains("not what the Kubernetes API says", (await Assert.ThrowsAsync<KubernetesApiException>(() => Resolve("html"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_401_renews_the_plugins_credential_once()
    {
        _scratch.WriteScript("plugin", $$$"""
            echo run >> {{{_scratch.Folder}}}/runs
            printf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"%s"}}' "$(wc -l < {{{_scratch.Folder}}}/runs)"
            """);
        _answers[Pods + "/web-0"] = (401, """{"kind":"Status","status":"Failure","message":"Unauthorized","reason":"Unauthorized","code":401}""");
        await WithResolver(
            async (resolver, server) =>
            {
                KubernetesApiException refused = await Assert.ThrowsAsync<KubernetesApiException>(
                    () => resolver.ResolveAsync("web-0", TargetVerb.Exec, cancellationToken: TestContext.Current.CancellationToken));
                Assert.Equal("Unauthorized", refused.Message);
                Assert.Equal(["Bearer 1", "Bearer 2"], server.Requests.Select(request => request.Authorization));
                return 0;
            },
            "exec:\n  apiVersion: client.authentication.k8s.io/v1\n  command: plugin\n  interactiveMode: Never");
    }

    public void Dispose()
    {
        _authority.Dispose();
        _scratch.Dispose();
    }
}
