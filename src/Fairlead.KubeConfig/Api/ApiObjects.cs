using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fairlead.KubeConfig.Api;

// The few fields of the API's objects that the choice of a pod and of a container needs. What a server leaves out, or says null for, is
// empty: nothing that reads them has to think of it.

sealed record ObjectMeta
{
    [JsonPropertyName("name")] public string Name { get => field ?? ""; init; }

    [JsonPropertyName("annotations")] public Dictionary<string, string>? Annotations { get; init; }

    [JsonPropertyName("creationTimestamp")] public DateTimeOffset? Created { get; init; }

    [JsonPropertyName("deletionTimestamp")] public DateTimeOffset? Deleted { get; init; }
}

sealed record Pod
{
    [JsonPropertyName("metadata")] public ObjectMeta Metadata { get => field ?? new(); init; }

    [JsonPropertyName("spec")] public PodSpec Spec { get => field ?? new(); init; }

    [JsonPropertyName("status")] public PodStatus Status { get => field ?? new(); init; }
}

sealed record PodSpec
{
    [JsonPropertyName("nodeName")] public string? NodeName { get; init; }

    [JsonPropertyName("containers")]
    public List<Container>? Containers { get; init => field = value?.FindAll(static item => item is not null); }

    [JsonPropertyName("ephemeralContainers")]
    public List<Container>? EphemeralContainers { get; init => field = value?.FindAll(static item => item is not null); }

    [JsonPropertyName("initContainers")]
    public List<Container>? InitContainers { get; init => field = value?.FindAll(static item => item is not null); }
}

sealed record Container
{
    [JsonPropertyName("name")] public string Name { get => field ?? ""; init; }

    [JsonPropertyName("stdin")] public bool Stdin { get; init; }

    [JsonPropertyName("tty")] public bool Tty { get; init; }

    [JsonPropertyName("restartPolicy")] public string? RestartPolicy { get; init; }

    [JsonPropertyName("ports")] public List<ContainerPort>? Ports { get; init => field = value?.FindAll(static item => item is not null); }
}

sealed record ContainerPort
{
    [JsonPropertyName("name")] public string? Name { get; init; }

    [JsonPropertyName("containerPort")] public int Number { get; init; }

    [JsonPropertyName("protocol")] public string? Protocol { get; init; }
}

sealed record PodStatus
{
    [JsonPropertyName("phase")] public string? Phase { get; init; }

    [JsonPropertyName("conditions")]
    public List<PodCondition>? Conditions { get; init => field = value?.FindAll(static item => item is not null); }

    [JsonPropertyName("containerStatuses")]
    public List<ContainerStatus>? ContainerStatuses { get; init => field = value?.FindAll(static item => item is not null); }
}

sealed record PodCondition
{
    [JsonPropertyName("type")] public string? Type { get; init; }

    [JsonPropertyName("status")] public string? Status { get; init; }

    [JsonPropertyName("lastTransitionTime")] public DateTimeOffset? LastTransition { get; init; }
}

sealed record ContainerStatus
{
    [JsonPropertyName("restartCount")] public int RestartCount { get; init; }
}

sealed record PodList
{
    [JsonPropertyName("items")] public List<Pod>? Items { get; init => field = value?.FindAll(static item => item is not null); }
}

/// <summary>A deployment, service or other owner of pods. Its selector is a map of labels, or an object of two members.</summary>
sealed record PodOwner
{
    [JsonPropertyName("metadata")] public ObjectMeta Metadata { get => field ?? new(); init; }

    [JsonPropertyName("spec")] public PodOwnerSpec? Spec { get; init; }
}

sealed record PodOwnerSpec
{
    [JsonPropertyName("selector")] public JsonElement Selector { get; init; }

    [JsonPropertyName("clusterIP")] public string? ClusterIP { get; init; }

    [JsonPropertyName("ports")] public List<ServicePort>? Ports { get; init => field = value?.FindAll(static item => item is not null); }
}

/// <summary>A service's port. Its target is a number, a name, or absent: then it is the port itself.</summary>
sealed record ServicePort
{
    [JsonPropertyName("name")] public string? Name { get; init; }

    [JsonPropertyName("port")] public int Number { get; init; }

    [JsonPropertyName("protocol")] public string? Protocol { get; init; }

    [JsonPropertyName("targetPort")] public JsonElement Target { get; init; }
}

/// <summary>Source-generated JSON of these types.</summary>
[JsonSerializable(typeof(Pod))]
[JsonSerializable(typeof(PodList))]
[JsonSerializable(typeof(PodOwner))]
sealed partial class ApiJson : JsonSerializerContext;
