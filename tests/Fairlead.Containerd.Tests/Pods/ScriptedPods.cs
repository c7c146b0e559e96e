using System.Collections.Concurrent;
using Fairlead.Containerd.Cri;
using Fairlead.Testing.Containerd;
using Google.Protobuf;
using Google.Protobuf.Collections;

namespace Fairlead.Containerd.Tests.Pods;

/// <summary>
/// The pods of a <see cref="ScriptedCri"/>, which filters its lists as containerd does and notes what it is asked. A test can hold each
/// answer.
/// </summary>
sealed class ScriptedPods
{
    readonly List<PodSandbox> _sandboxes = [];
    readonly List<Container> _containers = [];

    /// <summary>The calls of the CRI that have come, in their order.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    /// <summary>The most pods, or containers, that one answer told of.</summary>
    public int MostListed { get; private set; }

    /// <summary>Awaited before each answer, with the name of the call.</summary>
    public Func<string, Task> Hold { get; set; } = static _ => Task.CompletedTask;

    /// <summary>What is told of a container in detail, beyond its state.</summary>
    public Dictionary<string, Action<ContainerStatusResponse>> Details { get; } = [];

    public void Teach(ScriptedCri cri)
    {
        Answer(cri, "ListPodSandbox", ListPodSandboxRequest.Parser, ListSandboxes);
        Answer(cri, "ListContainers", ListContainersRequest.Parser, ListContainers);
        Answer(cri, "PodSandboxStatus", PodSandboxStatusRequest.Parser, StatusOf);
        Answer(cri, "ContainerStatus", ContainerStatusRequest.Parser, StatusOf);
    }

    /// <summary>Adds a sandbox, with the labels that a kubelet gives.</summary>
    public PodSandbox Add(string name, string uid, string id, bool isReady = true, long created = 1, bool isLabelled = true)
    {
        PodSandbox pod = new()
        {
            Id = id,
            Metadata = new() { Name = name, Namespace = ScriptedPod.Namespace, Uid = uid },
            State = isReady ? PodSandboxState.SandboxReady : PodSandboxState.SandboxNotready,
            CreatedAt = created,
        };
        if (isLabelled) Label(pod.Labels, name, uid);
        _sandboxes.Add(pod);
        return pod;
    }

    public Container Add(PodSandbox pod, string name, string id, ContainerState state = ContainerState.ContainerRunning, uint attempt = 0)
    {
        Container container = new()
        {
            Id = id,
            PodSandboxId = pod.Id,
            Metadata = new() { Name = name, Attempt = attempt },
            State = state,
            CreatedAt = pod.CreatedAt,
        };
        if (pod.Labels.Count > 0) Label(container.Labels, pod.Metadata.Name, pod.Metadata.Uid);
        _containers.Add(container);
        return container;
    }

    static void Label(MapField<string, string> labels, string name, string uid)
    {
        labels["io.kubernetes.pod.name"] = name;
        labels["io.kubernetes.pod.namespace"] = ScriptedPod.Namespace;
        labels["io.kubernetes.pod.uid"] = uid;
    }

    static bool Matches(MapField<string, string>? selector, MapField<string, string> labels) =>
        selector is null || selector.All(pair => labels.TryGetValue(pair.Key, out string? value) && value == pair.Value);

    ListPodSandboxResponse ListSandboxes(ListPodSandboxRequest asked)
    {
        ListPodSandboxResponse answer = new() { Items = { _sandboxes.Where(pod => Matches(asked.Filter?.LabelSelector, pod.Labels)) } };
        MostListed = Math.Max(MostListed, answer.Items.Count);
        return answer;
    }

    ListContainersResponse ListContainers(ListContainersRequest asked)
    {
        string? pod = asked.Filter?.PodSandboxId;
        IEnumerable<Container> containers = _containers
            .Where(container => string.IsNullOrEmpty(pod) || container.PodSandboxId == pod)
            .Where(container => Matches(asked.Filter?.LabelSelector, container.Labels));
        ListContainersResponse answer = new() { Containers = { containers } };
        MostListed = Math.Max(MostListed, answer.Containers.Select(static container => container.PodSandboxId).Distinct().Count());
        return answer;
    }

    PodSandboxStatusResponse StatusOf(PodSandboxStatusRequest asked)
    {
        PodSandbox pod = _sandboxes.Single(pod => pod.Id == asked.PodSandboxId);
        LinuxPodSandboxStatus host = new() { Namespaces = new() { Options = new() { Network = NamespaceMode.Node } } };
        return new() { Status = new() { Id = pod.Id, Metadata = pod.Metadata, State = pod.State, Linux = host } };
    }

    ContainerStatusResponse StatusOf(ContainerStatusRequest asked)
    {
        Container container = _containers.Single(container => container.Id == asked.ContainerId);
        ContainerStatus status = new() { Id = container.Id, Metadata = container.Metadata, State = container.State };
        ContainerStatusResponse response = new() { Status = status };
        Details.GetValueOrDefault(container.Id)?.Invoke(response);
        return response;
    }

    void Answer<T>(ScriptedCri cri, string call, MessageParser<T> parser, Func<T, IMessage> answer)
        where T : IMessage<T>
    {
        cri.Calls[ScriptedPod.Cri + call] = async context =>
        {
            Asked.Enqueue(call);
            T asked = parser.ParseFrom((await ScriptedCri.ReceiveAsync(context))!);
            await Hold(call);
            byte[] message;
            lock (_sandboxes) message = answer(asked).ToByteArray();
            await ScriptedCri.AnswerAsync(context, message);
        };
    }
}
