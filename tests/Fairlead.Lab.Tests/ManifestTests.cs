using System.Text.Json.Nodes;
using Fairlead.Lab.Manifests;
using Fairlead.Server;

namespace Fairlead.Lab.Tests;

public sealed class ManifestTests
{
    [Fact]
    public void Reads_an_ordinary_manifest()
    {
        PodManifests manifests = Read("""
            # a comment
            apiVersion: v1
            kind: Pod
            metadata: {name: web-0, labels: {app: web}}
            spec:
              restartPolicy: OnFailure
              containers:
              - name: main
                image: nginx:1.27
                command: ["/bin/sh", "-c"]
                args:
                - |
                  echo $(GREETING) $$(GREETING) $(UNKNOWN) $HOME
                env:
                - {name: NAME, value: "8080"}
                - {name: GREETING, value: hello $(NAME)}
                - {name: EMPTY}
                workingDir: /tmp
                stdin: true
                ports: [{containerPort: 80}]
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: web, namespace: shop}
            spec: {selector: {app: web}}
            ---
            """);

        PodManifest pod = Assert.Single(manifests.Pods);
        Assert.Equal(("web-0", "default", RestartPolicy.OnFailure), (pod.Name, pod.Namespace, pod.Restart));
        ContainerManifest main = Assert.Single(pod.Containers);
        Assert.Equal(["/bin/sh", "-c", "echo hello 8080 $(GREETING) $(UNKNOWN) $HOME\n"], main.Command);
        Assert.Equal([new("NAME", "8080"), new("GREETING", "hello 8080"), new("EMPTY", "")], main.Variables);
        Assert.Equal(("/tmp", true, false), (main.WorkingDirectory, main.Stdin, main.Tty));
        (string resource, JsonObject service) = Assert.Single(manifests.Others);
        Assert.Equal(("services", "shop"), (resource, (string)service["metadata"]!["namespace"]!));
    }

    [Fact]
    public void Reads_json_and_lists()
    {
        PodManifests manifests = Read("""
            {"kind":"List","items":[
            	{"kind":"Pod","metadata":{"name":"a"},"spec":{"containers":[{"name":"c","command":["x\u0041"],"tty":true}]}},
            	{"kind":"Pod","metadata":{"name":"b"},"spec":{"containers":[{"name":"c","command":["y"]}]}}]}
            """);

        Assert.Equal(["a", "b"], manifests.Pods.Select(p => p.Name));
        Assert.Equal("xA", manifests.Pods[0].Containers[0].Command[0]);
        Assert.True(manifests.Pods[0].Containers[0].Tty);
    }

    [Theory]
    [InlineData("kind: Pod\nmetadata: {name: [}", "line 2")]
    [InlineData("kind: Pod\nkind: Pod", "line 2: this mapping has the same key before")]
    [InlineData("- a\n- b", "line 1: this is no mapping of keys to values")]
    [InlineData("", "there is no Pod in it")]
    [InlineData("metadata: {name: x}", "line 1: document.kind: is missing")]
    [InlineData("# c\n---\nkind: ConfigMap\nmetadata: {name: x}", "line 3: document.kind: a ConfigMap is not supported")]
    [InlineData("kind: Pod", "line 1: Pod.metadata: is missing")]
    [InlineData("kind: Pod\nmetadata: {name: Upper}", "\"Upper\" is not a DNS name")]
    [InlineData("kind: Pod\nmetadata: {name: 7}", "must be a string (put it in quotes)")]
    [InlineData("kind: Pod\nmetadata: {name: a, namespace: a.b}", "\"a.b\" is not a DNS label")]
    [InlineData("kind: Pod\nmetadata: {name: a}\nspec: {}", "a pod has one at least")]
    public void Says_where_and_why_it_refuses(string yaml, string expected)
    {
        ManifestException error = Assert.Throws<ManifestException>(() => Read(yaml));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{name: c, image: nginx}", "spec.containers[0].command: container \"c\" needs a command")]
    [InlineData("{name: c_d, command: [x]}", "is not a DNS label")]
    [InlineData("{name: c, command: x}", "must be a list of strings")]
    [InlineData("{name: c, command: [sleep, 5]}", "command[1]: must be a string (put it in quotes)")]
    [InlineData("{name: c, command: [x], env: [{name: A, value: 8080}]}", "env[0].value: must be a string")]
    [InlineData("{name: c, command: [x], env: [{name: A, valueFrom: {fieldRef: {fieldPath: x}}}]}", "valueFrom: is not supported")]
    [InlineData("{name: c, command: [x], env: [{name: 'A=B', value: x}]}", "is not a variable's name")]
    [InlineData("{name: c, command: [x], tty: 'yes'}", "tty: must be true or false")]
    [InlineData("{name: c, command: [x], workingDir: tmp}", "is not an absolute path")]
    [InlineData("{name: c, command: [x]}, {name: c, command: [x]}", "\"c\" is there twice")]
    public void Says_what_is_wrong_with_a_container(string containers, string expected)
    {
        ManifestException error = Assert.Throws<ManifestException>(() => Read($"kind: Pod\nmetadata: {{name: a}}\nspec: {{containers: [{containers}]}}"));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Owners_are_kept_as_they_are()
    {
        await using ProcessRuntime runtime = ProcessRuntime.Start(Read("""
            kind: Pod
            metadata: {name: a}
            spec: {restartPolicy: Never, containers: [{name: c, command: [/bin/true]}]}
            ---
            kind: Deployment
            metadata: {name: x}
            spec: {selector: {matchLabels: {app: x}}}
            """));

        JsonObject deployment = Assert.Single(runtime.List("deployments").Items);
        Assert.Equal("apps/v1", (string)deployment["apiVersion"]!);
        Assert.Equal("x", (string)deployment["spec"]!["selector"]!["matchLabels"]!["app"]!);
        CatalogSnapshot none = runtime.List("services");
        Assert.Empty(none.Items);
    }

    static PodManifests Read(string text) => PodManifests.Read(new StringReader(text));
}
