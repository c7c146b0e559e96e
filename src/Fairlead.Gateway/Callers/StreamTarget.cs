using Fairlead.Server;
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
sealed record StreamTarget(string Path, string Namespace, string Pod, string? Container, string Subresource, bool IsKubelet, QueryParameters Query)
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
    /// <param name="problem">It is a session's path, with a query that another server could read in another way; why so. Null otherwise.</param>
    /// <returns>Null for paths of something else, and where there is a problem.</returns>
    internal static StreamTarget? Find(HttpContext context, out string? problem)
    {
        QueryParameters query = QueryParameters.TryParse(context.Request.QueryString.Value, out QueryParameters? read, out problem) ? read : QueryParameters.Empty;
        string target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        int end = target.IndexOf('?', StringComparison.Ordinal);
        string path = end < 0 ? target : target[..end];
        StreamTarget? found = path.Split('/') switch
        {
            ["", "api", "v1", "namespaces", var space, "pods", var pod, (Exec or Attach or PortForward) and var what] =>
                new(path, space, pod, NullIfEmpty(query.First("container")), what, false, query),
            ["", (Exec or Attach) and var what, var space, var pod, var container] => new(path, space, pod, container, what, true, query),
            ["", (Exec or Attach) and var what, var space, var pod, _, var container] => new(path, space, pod, container, what, true, query),
            ["", "portForward", var space, var pod] => new(path, space, pod, null, PortForward, true, query),
            ["", "portForward", var space, var pod, _] => new(path, space, pod, null, PortForward, true, query),
            _ => null,
        };
        if (found is null) problem = null;
        return problem is null ? found : null;
    }

    /// <summary>
    /// An upgrade whose path another server could read in another way (escapes, empty or dot segments): it might be a session that was
    /// not recognised as one.
    /// </summary>
    internal static bool IsAmbiguous(HttpContext context)
    {
        string target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        int end = target.IndexOf('?', StringComparison.Ordinal);
        ReadOnlySpan<char> path = end < 0 ? target : target.AsSpan(0, end);
        return path.Contains('%') || path.Contains('\\') || path.Contains("//", StringComparison.Ordinal) || path.Contains("/.", StringComparison.Ordinal) || path.EndsWith('/');
    }

    /// <summary>What the query asks for.</summary>
    internal RemoteCommandRequest ReadRequest() => RemoteCommandQuery.Read(Query, Subresource == Exec, IsKubelet);

    static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
