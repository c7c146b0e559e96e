using Fairlead.Server.Requests;
using Fairlead.Streaming.RemoteCommand;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Fairlead.Gateway.Callers;

/// <summary>A session that a request asks for, by its path: as API servers have it, or as kubelets have it.</summary>
/// <param name="Path">The path, as it goes upstream.</param>
/// <param name="Namespace">The pod's namespace.</param>
/// <param name="Pod">The pod.</param>
/// <param name="Container">The container; null where none is named.</param>
/// <param name="Subresource"><c>exec</c>, <c>attach</c> or <c>portforward</c>, as rules name it.</param>
/// <param name="IsKubelet">The path is a kubelet's, whose query has other names.</param>
/// <param name="Query">What the query says, read as the server behind reads it.</param>
sealed record StreamTarget(string Path, string Namespace, string Pod, string? Container, string Subresource, bool IsKubelet,
    QueryParameters Query)
{
    internal const string Exec = "exec", Attach = "attach", PortForward = "portforward";

    /// <summary>The command goes upstream, input comes back: exec or attach.</summary>
    internal bool IsRemoteCommand => Subresource is not PortForward;

    /// <summary>The query parameter that names the ports of a port-forward.</summary>
    internal string PortParameter => IsKubelet ? "port" : "ports";

    /// <summary>
    /// Reads the path as it was sent. Names that need an escape are no names of Kubernetes', so that there is one spelling for each
    /// session, and what is checked here is what the server behind is asked.
    /// </summary>
    /// <param name="context">The request.</param>
    /// <param name="problem">It is a session's path, with a query that another server could read in another way; why so. Null
    /// otherwise.</param>
    /// <returns>Null for paths of something else, and where there is a problem.</returns>
    internal static StreamTarget? Find(HttpContext context, out string? problem)
    {
        QueryParameters query = QueryParameters.TryParse(context.Request.QueryString.Value, out QueryParameters? read, out problem)
            ? read
            : QueryParameters.Empty;
        string path = PathOf(context);
        StreamTarget? found = Read(path, query);
        if (found is null) problem = null;
        else if (!found.IsSpelledExactly) problem = "the path is a session's but for upper and lower case";
        return problem is null ? found : null;
    }

    /// <summary>The path as it was sent, without the query.</summary>
    internal static string PathOf(HttpContext context) =>
        context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.Split('?', 2)[0];

    /// <summary>Reads the path whatever the case of its words: a server that compares them so would open the session.</summary>
    static StreamTarget? Read(string path, QueryParameters query)
    {
        string[] parts = path.Split('/');
        return path.ToLowerInvariant().Split('/') switch
        {
            ["", "api", "v1", "namespaces", _, "pods", _, (Exec or Attach or PortForward) and var what] =>
                new(path, parts[4], parts[6], NullIfEmpty(query.First("container")), what, false, query),
            ["", (Exec or Attach) and var what, _, _, .. ([_] or [_, _])] => new(path, parts[2], parts[3], parts[^1], what, true, query),
            ["", PortForward, _, _, .. ([] or [_])] => new(path, parts[2], parts[3], null, PortForward, true, query),
            _ => null,
        };
    }

    bool IsSpelledExactly => IsKubelet
        ? Path.StartsWith(Subresource is PortForward ? "/portForward/" : $"/{Subresource}/", StringComparison.Ordinal)
        : Path == $"/api/v1/namespaces/{Namespace}/pods/{Pod}/{Subresource}";

    /// <summary>The request asks for an upgrade of its connection.</summary>
    internal static bool IsUpgrade(HttpContext context) =>
        context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true } && !HttpProtocol.IsHttp10(context.Request.Protocol)
            && context.Request.Headers.Upgrade.Count > 0;

    /// <summary>
    /// The request is for a session, or may be for one, as every upgrade may: a proxy on the way to a pod or a node leads wherever its
    /// server likes. Whatever becomes of it is told.
    /// </summary>
    internal static bool IsAsked(HttpContext context)
    {
        if (IsUpgrade(context)) return true;
        return HttpMethods.IsConnect(context.Request.Method) && (Find(context, out string? problem) is not null || problem is not null);
    }

    /// <summary>
    /// An upgrade whose path another server could read in another way (escapes, empty or dot segments): it might be a session that was
    /// not recognised as one.
    /// </summary>
    /// <remarks>
    /// Behind an API server's own proxy the path is the pod's, service's or node's, which has names of its own: socket.io's ends with a
    /// slash. There only what could lead back out of it is refused.
    /// </remarks>
    internal static bool IsAmbiguous(HttpContext context)
    {
        ReadOnlySpan<char> path = PathOf(context);
        int end = EndOfProxyPrefix(path);
        ReadOnlySpan<char> own = end == 0 ? path : path[..end], proxied = end == 0 ? [] : path[end..];
        return own.Contains('%') || own.Contains('\\') || own.Contains("//", StringComparison.Ordinal)
            || own.Contains("/.", StringComparison.Ordinal) || (end == 0 && own.EndsWith('/')) || LeadsOut(proxied);
    }

    /// <summary>Where <c>/api/v1/namespaces/N/pods/X/proxy/</c> and its like end; zero where it is none.</summary>
    static int EndOfProxyPrefix(ReadOnlySpan<char> path)
    {
        string[] parts = path.ToString().Split('/');
        int words = parts switch
        {
            ["", "api", "v1", "namespaces", not "", "pods" or "services", not "", "proxy", _, ..] => 8,
            ["", "api", "v1", "nodes", not "", "proxy", _, ..] => 6,
            _ => 0,
        };
        return parts.Take(words).Sum(static part => part.Length + 1);
    }

    /// <summary>Whether a path has dot segments, in whatever spelling, or separators in disguise.</summary>
    static bool LeadsOut(ReadOnlySpan<char> path)
    {
        string read = path.ToString().Replace("%2e", ".", StringComparison.OrdinalIgnoreCase);
        return read.Contains('\\') || read.Contains("%2f", StringComparison.OrdinalIgnoreCase)
            || read.Contains("%5c", StringComparison.OrdinalIgnoreCase) || read.Split('/').Any(static part => part is "." or "..");
    }

    /// <summary>What the query asks for.</summary>
    internal RemoteCommandRequest ReadRequest() => RemoteCommandQuery.Read(Query, Subresource == Exec, IsKubelet);

    static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
