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
    [InlineData("12", "12")]
    [InlineData("-3", "-3")]
    [InlineData("0o17", "15")]
    [InlineData("0x1F", "31")]
    [InlineData("1.5", "1.5")]
    [InlineData("1e3", "1000")]
    [InlineData("true", "true")]
    [InlineData("yes", "\"yes\"")]
    [InlineData("on", "\"on\"")]
    [InlineData("~", "null")]
    [InlineData("null", "null")]
    [InlineData("'12'", "\"12\"")]
    [InlineData("\"true\"", "\"true\"")]
    [InlineData("!!str 12", "\"12\"")]
    [InlineData("1.2.3", "\"1.2.3\"")]
    [InlineData("2026-01-01", "\"2026-01-01\"")]
    [InlineData("12:30", "\"12:30\"")]
    [InlineData("[1, a, {b: 2}]", "[1,\"a\",{\"b\":2}]")]
    [InlineData("0123", "123")]
    [InlineData(".5", "0.5")]
    public void Types_scalars_by_the_core_schema(string yaml, string json)
    {
        JsonObject document = Assert.Single(YamlDocuments.Read(new StringReader("value: " + yaml))).Document;
        Assert.Equal(json, document["value"]?.ToJsonString() ?? "null");
    }

    [Fact]
    public void Repeats_anchored_values()
    {
        JsonObject document = YamlDocuments.Read(new StringReader("a: &x {k: 1}\nb: *x\nc: &s text\nd: *s")).Single().Document;
        Assert.Equal("""{"a":{"k":1},"b":{"k":1},"c":"text","d":"text"}""", document.ToJsonString());
    }

    [Theory]
    [InlineData("kind: Pod\nmetadata: {name: [}", "line 2")]
    [InlineData("kind: Pod\nkind: Pod", "line 2: the key \"kind\" is there twice")]
    [InlineData("- a\n- b", "line 1: a manifest is a mapping")]
    [InlineData("a: 1\n---\n\nb: *nope", "anchor")]
    [InlineData("a: .inf", "line 1: .inf has no form in JSON")]
    [InlineData("a: !!binary aGk=", "line 1: the tag")]
    [InlineData("a: {<<: {}}", "merge keys")]
    [InlineData("a: 0xFFFFFFFFFFFFFFFFFF", "too large a number")]
    [InlineData("", "there is no Pod in it")]
    [InlineData("metadata: {name: x}", "line 1: in the document that begins here: document.kind: is missing")]
    [InlineData("# c\n---\nkind: ConfigMap\nmetadata: {name: x}", "line 3: in the document that begins here: document.kind: a ConfigMap is not supported")]
    [InlineData("kind: Pod", "Pod.metadata: is missing")]
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
    public void Hostile_files_are_capped()
    {
        Assert.Throws<ManifestException>(() => Read("a: " + new string('[', 100_000)));
        Assert.Throws<ManifestException>(() => Read(new string('#', (4 * 1024 * 1024) + 1)));
        string laughs = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + string.Concat(Enumerable.Range(1, 9).Select(
            i => $"{(char)('a' + i)}: &{(char)('a' + i)} [{string.Join(',', Enumerable.Repeat("*" + (char)('a' + i - 1), 10))}]\n"));
        Assert.Throws<ManifestException>(() => Read(laughs));
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
