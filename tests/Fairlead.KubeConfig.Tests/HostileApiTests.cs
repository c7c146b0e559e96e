using Fairlead.KubeConfig.Targets;
using Fairlead.Testing;

namespace Fairlead.KubeConfig.Tests;

/// <summary>Whatever a server or a kubeconfig holds, what comes out is a <see cref="FairleadException"/>.</summary>
public sealed class HostileApiTests : IDisposable
{
    readonly Scratch _scratch = new();

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    static readonly Dictionary<string, Func<TargetResolver, Task>> s_lookUps = new()
    {
        ["a pod"] = static resolver => resolver.ResolveAsync("web-0", TargetVerb.Exec, cancellationToken: Ct),
        ["a pod to attach to"] = static resolver => resolver.ResolveAsync("web-0", TargetVerb.Attach, cancellationToken: Ct),
        ["a deployment"] = static resolver => resolver.ResolveAsync("deploy/web", TargetVerb.Exec, cancellationToken: Ct),
        ["a pod's port"] = static resolver => resolver.ResolveForwardAsync("web-0", ["http"], cancellationToken: Ct),
        ["a service's port"] = static resolver => resolver.ResolveForwardAsync("svc/web", ["80"], cancellationToken: Ct),
        ["a pod, for a client"] = static resolver => ((IPodFinder)resolver).FindAsync(new("web-0"), Ct),
        ["a service, for a client"] = static resolver => ((IPodFinder)resolver).FindPortsAsync(PodReference.Parse("svc/web"), [80], true, Ct),
    };

    public static TheoryData<string> LookUps => [.. s_lookUps.Keys];

    [Theory, Trait("Case", "D13"), MemberData(nameof(LookUps))]
    public async Task Whatever_a_server_answers_to_a_look_up(string lookUp)
    {
        foreach ((string name, Func<CannedServer> start) in HostileServers.All)
        {
            await using CannedServer server = start();
            using KubernetesEndpoint endpoint = new(server.Url, new SocketsHttpHandler { UseProxy = false }) { RequestTimeout = TimeSpan.FromMilliseconds(300) };
            TargetResolver resolver = new(endpoint) { PodTimeout = TimeSpan.Zero };
            Exception? thrown = await Record.ExceptionAsync(() => s_lookUps[lookUp](resolver));
            Assert.True(thrown is FairleadException || (thrown is null && name == "answers nulls"), $"{lookUp}, a server that {name}: {thrown?.ToString() ?? "nothing was thrown"}");
        }
    }

    [Theory, Trait("Case", "D13")]
    [InlineData("")]
    [InlineData("\0\u0001\uffff")]
    [InlineData("[")]
    [InlineData("{\"clusters\":7,\"contexts\":{},\"users\":[[]]}")]
    [InlineData("current-context: c\ncontexts: [{name: c, context: 7}]")]
    [InlineData("current-context: c\ncontexts: [{name: c, context: {cluster: c, user: u}}]\nclusters: [{name: c, cluster: {server: '::'}}]\nusers: []")]
    [InlineData("current-context: c\ncontexts: [{name: c, context: {cluster: c, user: u}}]\nclusters: [{name: c, cluster: {server: 'https://h', certificate-authority-data: '!!'}}]\nusers: [{name: u, user: {}}]")]
    [InlineData("current-context: c\ncontexts: [{name: c, context: {cluster: c, user: u}}]\nclusters: [{name: c, cluster: {server: 'https://h'}}]\nusers: [{name: u, user: {client-certificate: /proc/self/mem, client-key: /dev}}]")]
    [InlineData("current-context: c\ncontexts: [{name: c, context: {cluster: c, user: u}}]\nclusters: [{name: c, cluster: {server: 'https://h', proxy-url: 'gopher://x'}}]\nusers: [{name: u, user: {exec: {command: x}}}]")]
    [InlineData("a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\ng: [*f,*f,*f,*f,*f,*f]")]
    public void Whatever_a_kubeconfig_holds(string text)
    {
        Exception? thrown = Record.Exception(() => StreamingClient.FromKubeconfig(_scratch.Write("config", text)).Dispose());
        Assert.True(thrown is SetupException, thrown?.ToString() ?? "nothing was thrown");
    }

    [Theory, Trait("Case", "D13"), InlineData("nowhere"), InlineData("."), InlineData("/dev/null"), InlineData("\0")]
    public void Whatever_a_kubeconfigs_path_is(string path)
    {
        Exception? thrown = Record.Exception(() => StreamingClient.FromKubeconfig(Path.Combine(_scratch.Folder, path)).Dispose());
        Assert.True(thrown is SetupException or ArgumentException, thrown?.ToString() ?? "nothing was thrown");
    }

    [Fact]
    public void A_client_knows_the_types_that_can_be_looked_up()
    {
        foreach (OwnerKind kind in OwnerKind.All)
            Assert.All((string[])[kind.ShortName, kind.Singular, kind.Plural], word => Assert.Equal(kind.Singular, PodReference.Parse(word + "/x").Owner));
    }

    public void Dispose() => _scratch.Dispose();
}
