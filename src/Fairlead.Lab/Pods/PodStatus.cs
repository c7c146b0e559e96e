using System.Globalization;
using System.Text.Json.Nodes;
using Fairlead.Lab.Manifests;

namespace Fairlead.Lab.Pods;

/// <summary>A pod's status as the API words it.</summary>
static class PodStatus
{
    const string Address = "127.0.0.1";

    internal static JsonObject Create(
        PodManifest pod, IReadOnlyList<(ContainerManifest Manifest, ContainerState State)> containers, DateTimeOffset started)
    {
        bool ready = containers.All(c => c.State.Phase == ContainerPhase.Running);
        return new JsonObject
        {
            ["phase"] = GetPhase(pod, containers),
            ["conditions"] = new JsonArray(
                Condition("Initialized", true, started),
                Condition("Ready", ready, started),
                Condition("ContainersReady", ready, started),
                Condition("PodScheduled", true, started)),
            ["hostIP"] = Address,
            ["hostIPs"] = new JsonArray(new JsonObject { ["ip"] = Address }),
            ["podIP"] = Address,
            ["podIPs"] = new JsonArray(new JsonObject { ["ip"] = Address }),
            ["startTime"] = Format(started),
            ["containerStatuses"] = new JsonArray([.. containers.Select(c => CreateContainer(c.Manifest, c.State))]),
            ["qosClass"] = "BestEffort",
        };
    }

    /// <summary>The form that Kubernetes gives times.</summary>
    internal static string Format(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    static string GetPhase(PodManifest pod, IReadOnlyList<(ContainerManifest Manifest, ContainerState State)> containers)
    {
        if (pod.Restart == RestartPolicy.Always || containers.Any(c => c.State.Phase != ContainerPhase.Terminated)) return "Running";
        return containers.All(c => c.State.LastEnd is { ExitCode: 0 }) ? "Succeeded" : "Failed";
    }

    static JsonObject Condition(string type, bool value, DateTimeOffset since) =>
        new() { ["type"] = type, ["status"] = value ? "True" : "False", ["lastTransitionTime"] = Format(since) };

    static JsonObject CreateContainer(ContainerManifest container, ContainerState state)
    {
        bool running = state.Phase == ContainerPhase.Running;
        JsonObject status = new()
        {
            ["name"] = container.Name,
            ["image"] = container.Image,
            ["imageID"] = "",
            ["containerID"] = Identify(running ? state.ProcessId : state.LastEnd?.ProcessId ?? 0),
            ["ready"] = running,
            ["started"] = running,
            ["restartCount"] = state.RestartCount,
            ["state"] = state.Phase switch
            {
                ContainerPhase.Running => new JsonObject { ["running"] = new JsonObject { ["startedAt"] = Format(state.StartedAt) } },
                ContainerPhase.Terminated when state.LastEnd is { } end => new JsonObject { ["terminated"] = CreateEnd(end) },
                _ => new JsonObject { ["waiting"] = CreateWaiting(state) },
            },
        };
        if (state.Phase != ContainerPhase.Terminated)
            status["lastState"] = state.LastEnd is { } last ? new JsonObject { ["terminated"] = CreateEnd(last) } : new JsonObject();
        return status;
    }

    static JsonObject CreateWaiting(ContainerState state) => state.LastEnd is null
        ? new JsonObject { ["reason"] = "ContainerCreating" }
        : new JsonObject
        {
            ["reason"] = "CrashLoopBackOff",
            ["message"] = state.LastEnd.Error ?? "the main process has ended and is started again in a while",
        };

    static JsonObject CreateEnd(ContainerEnd end)
    {
        JsonObject terminated = new()
        {
            ["exitCode"] = end.ExitCode,
            ["reason"] = end.Error is not null ? "StartError" : end.ExitCode == 0 ? "Completed" : "Error",
            ["startedAt"] = Format(end.StartedAt),
            ["finishedAt"] = Format(end.FinishedAt),
            ["containerID"] = Identify(end.ProcessId),
        };
        if (end.Error is not null) terminated["message"] = end.Error;
        return terminated;
    }

    static string Identify(int processId) => processId == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"process://{processId}");
}
