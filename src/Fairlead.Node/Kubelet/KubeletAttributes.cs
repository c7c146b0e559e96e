using System.Collections.Immutable;

namespace Fairlead.Node.Kubelet;

/// <summary>
/// What a request to a kubelet is in the words of rules, as a kubelet 1.36 has it, whatever the version of the one behind.
/// </summary>
/// <param name="Verb">The verb; empty for a method that has none, which only rules for every verb allow.</param>
/// <param name="Subresources">Subresources of <c>nodes</c>, of which one is enough.</param>
sealed record KubeletAttributes(string Verb, ImmutableArray<string> Subresources)
{
    const string Proxy = "proxy";

    /// <summary>A stream, a command, or another upgrade: to create, whatever the method.</summary>
    internal static KubeletAttributes Stream { get; } = new("create", [Proxy]);

    /// <summary>The front's own metrics: as a kubelet's.</summary>
    internal static KubeletAttributes OwnMetrics(string method) => new(VerbOf(method), ["metrics"]);

    /// <summary>Those of an ordinary request.</summary>
    internal static KubeletAttributes Of(string method, KubeletPath path) => new(VerbOf(method), path.First switch
    {
        "stats" or "metrics" or "checkpoint" or "statusz" => [path.First],
        "logs" => ["log"],
        "flagz" => ["configz"],
        "pods" or "runningpods" => ["pods", Proxy],
        "healthz" or "configz" => [path.First, Proxy],
        _ => [Proxy],
    });

    static string VerbOf(string method) => method switch
    {
        "GET" => "get",
        "POST" => "create",
        "PUT" => "update",
        "PATCH" => "patch",
        "DELETE" => "delete",
        _ => "",
    };
}
