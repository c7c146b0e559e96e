using Fairlead.Server.Access;

namespace Fairlead.Server.PodsApi;

/// <summary>The resources that are offered.</summary>
static class ApiResources
{
    public const string Exec = "exec";
    public const string Attach = "attach";
    public const string Log = "log";
    public const string PortForward = "portforward";

    static readonly string[] s_read = ["get", "list"];
    static readonly string[] s_readAndWatch = ["get", "list", "watch"];
    static readonly string[] s_create = ["create"];
    static readonly string[] s_stream = ["create", "get"];
    static readonly string[] s_all = ["all"];

    public static ApiResource Namespaces { get; } = new(
        "", "namespaces", "namespace", "Namespace", s_read)
    { Namespaced = false, ShortNames = ["ns"] };

    public static ApiResource Pods { get; } = new("", "pods", "pod", "Pod", s_readAndWatch)
    {
        ShortNames = ["po"],
        Categories = s_all,
        Subresources =
        [
            new(Attach, "PodAttachOptions", s_stream),
            new(Exec, "PodExecOptions", s_stream),
            new(Log, "Pod", ["get"]),
            new(PortForward, "PodPortForwardOptions", s_stream),
        ],
    };

    public static IReadOnlyList<ApiResource> List { get; } =
    [
        Namespaces,
        Pods,
        new("", "services", "service", "Service", s_read) { ShortNames = ["svc"], Categories = s_all },
        new("apps", "daemonsets", "daemonset", "DaemonSet", s_read) { ShortNames = ["ds"], Categories = s_all },
        new("apps", "deployments", "deployment", "Deployment", s_read) { ShortNames = ["deploy"], Categories = s_all },
        new("apps", "replicasets", "replicaset", "ReplicaSet", s_read) { ShortNames = ["rs"], Categories = s_all },
        new("apps", "statefulsets", "statefulset", "StatefulSet", s_read) { ShortNames = ["sts"], Categories = s_all },
        new("batch", "jobs", "job", "Job", s_read) { Categories = s_all },
        new(SelfReview.AuthenticationGroup, SelfReview.SubjectReviews, "selfsubjectreview", "SelfSubjectReview",
            s_create) { Namespaced = false },
        new(SelfReview.AuthorizationGroup, SelfReview.AccessReviews, "selfsubjectaccessreview", "SelfSubjectAccessReview",
            s_create) { Namespaced = false },
        new(SelfReview.AuthorizationGroup, SelfReview.RulesReviews, "selfsubjectrulesreview", "SelfSubjectRulesReview",
            s_create) { Namespaced = false },
    ];

    /// <summary>The groups other than the core group, in order.</summary>
    public static IReadOnlyList<string> Groups { get; } = [
        .. List.Select(resource => resource.Group).Where(group => group.Length > 0).Distinct()];

    public static ApiResource? Find(string group, string version, string name)
    {
        if (version != ApiResource.Version) return null;
        foreach (ApiResource resource in List)
        {
            if (resource.Group == group && resource.Name == name) return resource;
        }

        return null;
    }
}
