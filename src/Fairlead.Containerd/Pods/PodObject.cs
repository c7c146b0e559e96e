using System.Text.Json.Nodes;
using Fairlead.Containerd.Cri;
using Fairlead.Server.Kubelet;
using Google.Protobuf.Collections;

namespace Fairlead.Containerd.Pods;

/// <summary>A pod of the runtime's as the API words it: as much as a runtime knows, and nothing made up beyond that.</summary>
static class PodObject
{
    /// <summary>What kubelets add to a pod's own labels and annotations for themselves.</summary>
    static readonly string[] s_kubeletOwn = ["io.kubernetes.pod.", "io.kubernetes.container.", "kubernetes.io/config."];

    public static JsonObject Create(SeenPod pod, string runtimeName)
    {
        PodSandboxStatus sandbox = pod.Sandbox;
        JsonObject metadata = new()
        {
            ["name"] = pod.Name,
            ["namespace"] = pod.Namespace,
            ["uid"] = sandbox.Metadata.Uid,
            ["creationTimestamp"] = CriTime.Format(sandbox.CreatedAt),
        };
        if (Own(sandbox.Labels) is { Count: > 0 } labels) metadata["labels"] = labels;
        if (Own(sandbox.Annotations) is { Count: > 0 } annotations) metadata["annotations"] = annotations;
        return new JsonObject
        {
            ["metadata"] = metadata,
            ["spec"] = new JsonObject
            {
                ["nodeName"] = ThisMachine.NodeName,
                ["containers"] = new JsonArray([.. pod.Containers.Select(SpecOf)]),
            },
            ["status"] = PodStatusObject.Create(pod, runtimeName),
        };
    }

    static JsonObject SpecOf(SeenContainer container)
    {
        JsonObject spec = new() { ["name"] = container.Name, ["image"] = container.Current.Status.Image?.Image ?? "" };
        if (container.Current.Stdin) spec["stdin"] = true;
        if (container.Current.StdinOnce) spec["stdinOnce"] = true;
        if (container.Current.Tty) spec["tty"] = true;
        return spec;
    }

    static JsonObject Own(MapField<string, string> values)
    {
        JsonObject own = [];
        foreach ((string key, string value) in values.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            if (!s_kubeletOwn.Any(prefix => key.StartsWith(prefix, StringComparison.Ordinal))) own[key] = value;
        }

        return own;
    }
}
