using System.Globalization;
using System.Text.Json.Nodes;

namespace Fairlead.Server.PodsApi.Objects;

/// <summary>What <c>kubectl get pods</c> shows of a pod.</summary>
static class PodColumns
{
    const string Nothing = "<none>";

    public static TableColumn[] BeforeAge { get; } =
    [
        new("Ready", 0, (pod, _) => ReadyOf(pod)),
        new("Status", 0, (pod, _) => StatusOf(pod)),
        new("Restarts", 0, RestartsOf),
    ];

    public static TableColumn[] AfterAge { get; } =
    [
        new("IP", 1, (pod, _) => pod.Text("status", "podIP") ?? Nothing),
        new("Node", 1, (pod, _) => pod.Text("spec", "nodeName") ?? Nothing),
        new("Nominated Node", 1, (pod, _) => pod.Text("status", "nominatedNodeName") ?? Nothing),
        new("Readiness Gates", 1, (pod, _) => ReadinessGatesOf(pod)),
    ];

    static string ReadyOf(JsonObject pod)
    {
        int ready = Statuses(pod).Count(status => IsReady(status) && status.Member("state", "running") is not null);
        return string.Create(CultureInfo.InvariantCulture, $"{ready}/{pod.Objects("spec", "containers").Count()}");
    }

    static string RestartsOf(JsonObject pod, DateTimeOffset now)
    {
        long restarts = Statuses(pod).Sum(status => status.Number("restartCount"));
        DateTimeOffset? last = Statuses(pod).Max(status => status.Time("lastState", "terminated", "finishedAt"));
        string count = restarts.ToString(CultureInfo.InvariantCulture);
        return restarts > 0 && last is { } time ? $"{count} ({Age.Of(time, now)} ago)" : count;
    }

    /// <summary>The phase, unless a container's state says more.</summary>
    static string StatusOf(JsonObject pod)
    {
        string reason = pod.Text("status", "reason") ?? pod.Text("status", "phase") ?? "Unknown";
        bool running = false;
        foreach (JsonObject status in Statuses(pod).Reverse())
        {
            if (status.Text("state", "waiting", "reason") is { Length: > 0 } waiting) reason = waiting;
            else if (status.Member("state", "terminated") is JsonObject ended) reason = EndOf(ended);
            else if (IsReady(status) && status.Member("state", "running") is not null) running = true;
        }

        if (reason == "Completed" && running) reason = "Running";
        return pod.Text("metadata", "deletionTimestamp") is not null ? "Terminating" : reason;
    }

    static string EndOf(JsonObject ended)
    {
        if (ended.Text("reason") is { Length: > 0 } reason) return reason;
        long signal = ended.Number("signal");
        return signal != 0 ? string.Create(CultureInfo.InvariantCulture, $"Signal:{signal}") : string.Create(
            CultureInfo.InvariantCulture, $"ExitCode:{ended.Number("exitCode")}");
    }

    static string ReadinessGatesOf(JsonObject pod)
    {
        List<string> gates = [.. pod.Objects("spec", "readinessGates").Select(gate => gate.Text("conditionType") ?? "")];
        if (gates.Count == 0) return Nothing;
        int met = pod.Objects("status", "conditions")
            .Count(condition => condition.Text("status") == "True" && gates.Contains(condition.Text("type") ?? ""));
        return string.Create(CultureInfo.InvariantCulture, $"{met}/{gates.Count}");
    }

    static IEnumerable<JsonObject> Statuses(JsonObject pod) => pod.Objects("status", "containerStatuses");

    static bool IsReady(JsonObject status) => status.Member("ready") is JsonValue value && value.TryGetValue(out bool ready) && ready;
}
