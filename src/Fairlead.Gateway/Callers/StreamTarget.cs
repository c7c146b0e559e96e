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
sealed record StreamTarget(string Path, string Namespace, string Pod, string? Container, string Subresource, bool IsKubelet)
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
    /// <returns>Null for paths of something else.</returns>
    internal static StreamTarget? Find(HttpContext context)
    {
        string target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        int end = target.IndexOf('?', StringComparison.Ordinal);
        string path = end < 0 ? target : target[..end];
        IQueryCollection query = context.Request.Query;
        return path.Split('/') switch
        {
            ["", "api", "v1", "namespaces", var space, "pods", var pod, (Exec or Attach or PortForward) and var what] =>
                new(path, space, pod, NullIfEmpty(QueryValues.First(query, "container")), what, false),
            ["", (Exec or Attach) and var what, var space, var pod, var container] => new(path, space, pod, container, what, true),
            ["", (Exec or Attach) and var what, var space, var pod, _, var container] => new(path, space, pod, container, what, true),
            ["", "portForward", var space, var pod] => new(path, space, pod, null, PortForward, true),
            ["", "portForward", var space, var pod, _] => new(path, space, pod, null, PortForward, true),
            _ => null,
        };
    }

    /// <summary>The request asks for an upgrade of its connection.</summary>
    internal static bool IsUpgrade(HttpContext context) =>
        context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true } && context.Request.Headers.Upgrade.Count > 0;

    /// <summary>The request is for a session, or may be for one: whatever becomes of it is told.</summary>
    internal static bool IsAsked(HttpContext context) => IsUpgrade(context)
        ? IsAmbiguous(context) || Find(context) is not null
        : HttpMethods.IsConnect(context.Request.Method) && Find(context) is not null;

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
    internal RemoteCommandRequest ReadRequest(IQueryCollection query)
    {
        bool tty = QueryValues.Boolean(query, "tty");
        return new RemoteCommandRequest
        {
            Command = Subresource == Exec ? [.. query["command"].Select(static argument => argument ?? "")] : [],
            Stdin = QueryValues.Boolean(query, IsKubelet ? "input" : "stdin"),
            Stdout = QueryValues.Boolean(query, IsKubelet ? "output" : "stdout"),
            Stderr = QueryValues.Boolean(query, IsKubelet ? "error" : "stderr") && !tty,
            Tty = tty,
        };
    }

    static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
