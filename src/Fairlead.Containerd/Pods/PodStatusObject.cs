using System.Text.Json.Nodes;
using Fairlead.Containerd.Cri;

namespace Fairlead.Containerd.Pods;

/// <summary>A pod's status as the API words it.</summary>
static class PodStatusObject
{
    public static JsonObject Create(SeenPod pod, string runtimeName)
    {
        bool ready = pod.IsReady && pod.Containers.Count > 0 && pod.Containers.All(container => container.IsRunning);
        string since = CriTime.Format(pod.Sandbox.CreatedAt);
        JsonObject status = new()
        {
            ["phase"] = PhaseOf(pod),
            ["conditions"] = new JsonArray(Condition("Ready", ready, since), Condition("ContainersReady", ready, since)),
            ["startTime"] = since,
            ["containerStatuses"] = new JsonArray([.. pod.Containers.Select(container => ContainerOf(container, runtimeName))]),
        };
        if (pod.Sandbox.Network?.Ip is { Length: > 0 } address)
        {
            status["podIP"] = address;
            IEnumerable<string> all = pod.Sandbox.Network.AdditionalIps.Select(ip => ip.Ip).Prepend(address);
            status["podIPs"] = new JsonArray([.. all.Select(ip => new JsonObject { ["ip"] = ip })]);
        }

        return status;
    }

    static string PhaseOf(SeenPod pod)
    {
        if (pod.Containers.Any(container => container.IsRunning)) return "Running";
        if (pod.Containers.Count == 0 || pod.Containers.Any(container => container.Current.Status.State == ContainerState.ContainerCreated))
            return "Pending";
        return pod.Containers.All(container => container.Current.Status.ExitCode == 0) ? "Succeeded" : "Failed";
    }

    static JsonObject Condition(string type, bool value, string since) =>
        new() { ["type"] = type, ["status"] = value ? "True" : "False", ["lastTransitionTime"] = since };

    static JsonObject ContainerOf(SeenContainer container, string runtimeName)
    {
        ContainerStatus current = container.Current.Status;
        return new JsonObject
        {
            ["name"] = container.Name,
            ["image"] = current.Image?.Image ?? "",
            ["imageID"] = current.ImageRef,
            ["containerID"] = $"{runtimeName}://{current.Id}",
            ["ready"] = container.IsRunning,
            ["started"] = container.IsRunning,
            ["restartCount"] = current.Metadata.Attempt,
            ["state"] = StateOf(current, runtimeName),
            ["lastState"] = container.Previous is { Status.State: ContainerState.ContainerExited } previous
                ? StateOf(previous.Status, runtimeName)
                : new JsonObject(),
        };
    }

    static JsonObject StateOf(ContainerStatus status, string runtimeName) => status.State switch
    {
        ContainerState.ContainerRunning => new() { ["running"] = new JsonObject { ["startedAt"] = CriTime.Format(status.StartedAt) } },
        ContainerState.ContainerExited => new() { ["terminated"] = EndOf(status, runtimeName) },
        ContainerState.ContainerCreated => new() { ["waiting"] = new JsonObject { ["reason"] = "ContainerCreating" } },
        _ => new() { ["waiting"] = new JsonObject { ["reason"] = "ContainerStatusUnknown" } },
    };

    static JsonObject EndOf(ContainerStatus status, string runtimeName)
    {
        JsonObject end = new()
        {
            ["exitCode"] = status.ExitCode,
            ["reason"] = status.Reason,
            ["startedAt"] = CriTime.Format(status.StartedAt),
            ["finishedAt"] = CriTime.Format(status.FinishedAt),
            ["containerID"] = $"{runtimeName}://{status.Id}",
        };
        if (status.Message.Length > 0) end["message"] = status.Message;
        return end;
    }
}
