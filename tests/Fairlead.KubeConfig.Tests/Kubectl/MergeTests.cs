using System.Text.Json.Nodes;
using Fairlead.KubeConfig.Files;

namespace Fairlead.KubeConfig.Tests.Kubectl;

/// <summary>Several kubeconfigs are one as kubectl makes them one, and are looked for where it looks.</summary>
public sealed class MergeTests : IDisposable
{
    readonly Scratch _scratch = new();

    public MergeTests()
    {
        _scratch.Write("1/a", """
            current-context: a
            contexts: [{name: a, context: {cluster: c, user: u}}]
            clusters: [{name: c, cluster: {server: one, certificate-authority: ca}}]
            users: [{name: u, user: {token: one}}]
            """);
        _scratch.Write("2/b", """
            current-context: b
            contexts: [{name: a, context: {cluster: z, namespace: other}}, {name: b, context: {cluster: d, user: v}}]
            clusters: [{name: c, cluster: {server: two, tls-server-name: x}}, {name: d, cluster: {server: d, certificate-authority: ca}}]
            users:
            - {name: u, user: {username: two, password: p}}
            - {name: v, user: {tokenFile: t, client-certificate: c, client-key: /k/../k, exec: {command: ./p}}}
            """);
        _scratch.Write("empty", "");
        _scratch.Write("broken", "a: [\n");
        _scratch.Write("null", "contexts: null\nclusters: [{name: c}]\ncurrent-context: ''\n");
        _scratch.Write("home/.kube/config", "current-context: home\n");
        _scratch.Write("with space/config", "current-context: space\nclusters: [{name: s, cluster: {certificate-authority: ca}}]\n");
        _scratch.Write("\"1/a\"", "current-context: quoted\n");
        File.CreateSymbolicLink(_scratch.Folder + "/link", _scratch.Folder + "/2/b");
    }

    [Theory]
    [InlineData("1/a:2/b")]
    [InlineData("2/b:1/a")]
    [InlineData("empty:1/a")]
    [InlineData("null:1/a")]
    [InlineData("null:2/b:1/a")]
    [InlineData("missing:1/a")]
    [InlineData("1/a:missing")]
    [InlineData("1/a:broken")]
    [InlineData("broken:1/a")]
    [InlineData("1/a:1/a")]
    [InlineData("::1/a:")]
    [InlineData(":")]
    [InlineData("")]
    [InlineData(null)]
    [InlineData("missing")]
    [InlineData("empty")]
    [InlineData("link:1/a")]
    [InlineData("1")]
    [InlineData("1:1/a")]
    [InlineData("\"1/a\"")]
    [InlineData(" 1/a")]
    [InlineData("~/.kube/config")]
    [InlineData("with space/config:2/b")]
    public async Task A_list_is_merged_alike(string? list)
    {
        list = list is null ? null : string.Join(':', list.Split(':').Select(InScratch));
        KubeConfigOptions options = new()
        {
            Environment = Kubeconfigs.Environment(("KUBECONFIG", list!), ("HOME", _scratch.Folder + "/home")),
        };
        JsonNode? theirs = await KubectlProgram.ViewAsync(_scratch, [], list);
        if (theirs is null)
        {
            Assert.Throws<KubeConfigException>(() => MergedKubeConfig.Load(options));
            return;
        }

        MergedKubeConfig ours = MergedKubeConfig.Load(options);
        string[] understood = Understanding.Of(ours.CurrentContext, ours.Contexts, ours.Clusters, ours.Users);
        Assert.Equal(Understanding.Of(theirs, _scratch.Folder), understood.Select(WithoutOrigin));
    }

    string InScratch(string path) => path is "" or [' ' or '~', ..] ? path : Path.Combine(_scratch.Folder, path);

    /// <summary>
    /// kubectl shows a path as its own file has it. That it means one beside that file is seen in <see cref="RequestTests"/>.
    /// </summary>
    string WithoutOrigin(string line) =>
        line.Replace(_scratch.Folder + "/1/", _scratch.Folder + "/", StringComparison.Ordinal)
            .Replace(_scratch.Folder + "/2/", _scratch.Folder + "/", StringComparison.Ordinal)
            .Replace(_scratch.Folder + "/with space/", _scratch.Folder + "/", StringComparison.Ordinal);

    public void Dispose() => _scratch.Dispose();
}
