using System.Collections.Immutable;

namespace Fairlead.KubeConfig.Targets;

/// <summary>A type of object that stands for pods, by a selector.</summary>
/// <param name="ShortName">As in kubectl's short forms.</param>
/// <param name="Singular">Its name.</param>
/// <param name="Plural">Its name in URLs.</param>
/// <param name="Group">Its API group; empty for the core's.</param>
sealed record OwnerKind(string ShortName, string Singular, string Plural, string Group)
{
    public static ImmutableArray<OwnerKind> All { get; } =
    [
        new("deploy", "deployment", "deployments", "apps"),
        new("svc", "service", "services", ""),
        new("sts", "statefulset", "statefulsets", "apps"),
        new("ds", "daemonset", "daemonsets", "apps"),
        new("rs", "replicaset", "replicasets", "apps"),
        new("job", "job", "jobs", "batch"),
        new("rc", "replicationcontroller", "replicationcontrollers", ""),
    ];

    public string ApiPath => Group.Length == 0 ? "/api/v1" : $"/apis/{Group}/v1";
}
