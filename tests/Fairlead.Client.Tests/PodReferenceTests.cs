namespace Fairlead.Client.Tests;

public sealed class PodReferenceTests
{
    [Theory]
    [InlineData("web-0", null, null, "web-0", "web-0")]
    [InlineData("shop/web-0", "shop", null, "web-0", "shop/web-0")]
    [InlineData("pod/web-0", null, null, "web-0", "web-0")]
    [InlineData("deploy/web", null, "deployment", "web", "deployment/web")]
    [InlineData("deployments.apps/web", null, "deployment", "web", "deployment/web")]
    [InlineData("deployments.v1.apps/web", null, "deployment", "web", "deployment/web")]
    [InlineData("shop/services.v1/web", "shop", "service", "web", "shop/service/web")]
    [InlineData("SVC/web", null, "service", "web", "service/web")]
    [InlineData("shop/sts/db", "shop", "statefulset", "db", "shop/statefulset/db")]
    [InlineData("job/pod/web-0", "job", null, "web-0", "job/pod/web-0")]
    public void What_people_write_is_read(string text, string? @namespace, string? owner, string name, string written)
    {
        PodReference pod = PodReference.Parse(text);
        Assert.Equal(new PodReference(name, @namespace) { Owner = owner }, pod);
        Assert.Equal(written, pod.ToString());
        Assert.Equal(pod, PodReference.Parse(pod.ToString()));
    }

    [Theory, InlineData(null), InlineData(""), InlineData("/"), InlineData("/web"), InlineData("shop/"), InlineData("a/b/c"), InlineData("a/deploy/b/c"), InlineData("services.serving.knative.dev/web"), InlineData("shop/deployments.example.com/web"), InlineData("../web"), InlineData("web 0")]
    public void What_is_none_is_refused(string? text)
    {
        Assert.False(PodReference.TryParse(text, out PodReference pod));
        Assert.Equal(default, pod);
        if (text is not null) Assert.Contains("deploy/web", Assert.Throws<FormatException>(() => PodReference.Parse(text)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_has_nobody_to_ask_says_so()
    {
        using StreamingClient client = new(new KubernetesEndpoint(new Uri("http://127.0.0.1:1"), new SocketsHttpHandler()));
        ArgumentException refused = await Assert.ThrowsAsync<ArgumentException>(
            () => client.ExecAsync(PodReference.Parse("deploy/web"), ["ls"], cancellationToken: TestContext.Current.CancellationToken));
        Assert.StartsWith("This client cannot look up a pod of default/deployment/web", refused.Message, StringComparison.Ordinal);
    }
}
