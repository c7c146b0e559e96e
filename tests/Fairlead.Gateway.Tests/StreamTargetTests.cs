using Fairlead.Gateway.Callers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Fairlead.Gateway.Tests;

/// <summary>Which requests are sessions. What is taken for something else here is not asked about before it goes upstream.</summary>
public sealed class StreamTargetTests
{
    [Theory]
    [InlineData("/api/v1/namespaces/ns/pods/p/exec?container=c&command=x", "ns", "p", "c", "exec")]
    [InlineData("/api/v1/namespaces/ns/pods/p/attach", "ns", "p", null, "attach")]
    [InlineData("/api/v1/namespaces/ns/pods/p/portforward?ports=80", "ns", "p", null, "portforward")]
    [InlineData("/exec/ns/p/c?command=x", "ns", "p", "c", "exec")]
    [InlineData("/exec/ns/p/uid/c?command=x", "ns", "p", "c", "exec")]
    [InlineData("/attach/ns/p/c", "ns", "p", "c", "attach")]
    [InlineData("/portForward/ns/p", "ns", "p", null, "portforward")]
    public void Sessions_are_found(string target, string space, string pod, string? container, string what)
    {
        StreamTarget found = Assert.IsType<StreamTarget>(StreamTarget.Find(Request(target), out _));
        Assert.Equal((space, pod, container, what), (found.Namespace, found.Pod, found.Container, found.Subresource));
        Assert.Equal(target.Split('?')[0], found.Path);
    }

    [Theory]
    [InlineData("/api/v1/namespaces/ns/pods/p")]
    [InlineData("/api/v1/namespaces/ns/pods/p/log")]
    [InlineData("/api/v1/namespaces/ns/services/s/proxy/exec")]
    [InlineData("/version?x=/exec/a/b/c")]
    [InlineData("/api/v1/namespaces/ns/pods/p/proxy?a;b")]
    public void Other_things_are_not(string target)
    {
        Assert.Null(StreamTarget.Find(Request(target), out string? problem));
        Assert.Null(problem);
    }

    [Theory]
    [Trait("Case", "C3")]
    [InlineData("/api/v1/namespaces/ns/pods/p/exec?command=ls;command=rm")]
    [InlineData("/exec/ns/p/c?command=%ff")]
    [InlineData("/portForward/ns/p?port=%zz")]
    public void A_session_whose_query_could_be_read_elsewhere_in_another_way_is_none(string target)
    {
        Assert.Null(StreamTarget.Find(Request(target), out string? problem));
        Assert.NotNull(problem);
    }

    [Theory]
    [InlineData("/api/v1/namespaces/ns/pods/p/exec/")]
    [InlineData("//api/v1/namespaces/ns/pods/p/exec")]
    [InlineData("/api/v1/namespaces/ns/pods/p/%65xec")]
    [InlineData("/api/v1/x/../namespaces/ns/pods/p/exec")]
    [InlineData("/api/v1/./namespaces/ns/pods/p/exec")]
    [InlineData("/api\\v1/namespaces/ns/pods/p/exec")]
    public void What_could_be_read_as_a_session_elsewhere_is_ambiguous(string target)
    {
        Assert.True(StreamTarget.IsAmbiguous(Request(target)));
        Assert.False(StreamTarget.IsAmbiguous(Request("/api/v1/namespaces/ns/pods/p/exec?command=%2e%2e//")));
    }

    [Theory]
    [Trait("Case", "C9")]
    [InlineData("/api/v1/namespaces/ns/services/x/proxy/")]
    [InlineData("/api/v1/namespaces/ns/services/http:web:80/proxy/socket.io/?EIO=4")]
    [InlineData("/api/v1/namespaces/ns/pods/web:8080/proxy/.well-known/ws")]
    [InlineData("/api/v1/namespaces/ns/services/x/proxy/room%20one//a...b")]
    [InlineData("/api/v1/nodes/n1/proxy/logs/")]
    public void A_path_behind_a_proxy_has_names_of_its_own(string target) => Assert.False(StreamTarget.IsAmbiguous(Request(target)));

    [Theory]
    [Trait("Case", "C9")]
    [InlineData("/api/v1/namespaces/ns/services/x/proxy/../../../pods/p/exec")]
    [InlineData("/api/v1/namespaces/ns/services/x/proxy/%2e%2E/y")]
    [InlineData("/api/v1/namespaces/ns/services/x/proxy/.%2e")]
    [InlineData("/api/v1/namespaces/ns/services/x/proxy/./y")]
    [InlineData("/api/v1/namespaces/ns/services/x/proxy/a%2Fb")]
    [InlineData("/api/v1/namespaces/ns/services/x/proxy/a%5c..%5cb")]
    [InlineData("/api/v1/namespaces/ns/services/x/proxy/a\\b")]
    [InlineData("/api/v1/namespaces/../services/x/proxy/a")]
    [InlineData("/api/v1/namespaces/ns/services/%2e%2e/proxy/a")]
    [InlineData("/api/v1/namespaces/ns/services//proxy/a/")]
    [InlineData("/api/v1/nodes/./proxy/a")]
    public void But_none_that_lead_out_of_it(string target) => Assert.True(StreamTarget.IsAmbiguous(Request(target)));

    [Theory]
    [InlineData("/api/v1/namespaces/n/pods/p/exec?command=a&command=b&stdin=true&stdout=1&stderr=0&tty=False")]
    [InlineData("/exec/n/p/c?command=a&command=b&input=1&output=1&error=0")]
    public void The_query_is_read_by_the_names_of_its_path(string target)
    {
        var request = StreamTarget.Find(Request(target), out _)!.ReadRequest();
        Assert.Equal(["a", "b"], request.Command);
        Assert.Equal((true, true, false, false), (request.Stdin, request.Stdout, request.Stderr, request.Tty));
    }

    static DefaultHttpContext Request(string target)
    {
        DefaultHttpContext context = new();
        context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget = target;
        int query = target.IndexOf('?', StringComparison.Ordinal);
        if (query >= 0) context.Request.QueryString = new QueryString(target[query..]);
        return context;
    }
}
