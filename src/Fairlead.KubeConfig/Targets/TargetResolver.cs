using System.Globalization;
using Fairlead.KubeConfig.Api;
using Fairlead.Wire;

namespace Fairlead.KubeConfig.Targets;

/// <summary>Finds the pod and the container that a target such as <c>web-0</c>, <c>deploy/web</c> or <c>svc/web</c> means.</summary>
public sealed class TargetResolver : IPodFinder
{
    static readonly TimeSpan _pollInterval = TimeSpan.FromSeconds(1);

    readonly KubernetesEndpoint _endpoint;
    readonly ApiReader _api;
    readonly TimeProvider _time;

    /// <summary>Creates a resolver that asks this endpoint, which stays its owner's.</summary>
    public TargetResolver(KubernetesEndpoint endpoint) : this(endpoint, TimeProvider.System)
    {
    }

    internal TargetResolver(KubernetesEndpoint endpoint, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        _endpoint = endpoint;
        _api = new ApiReader(endpoint);
        _time = time;
    }

    /// <summary>How long an owner may be without any pod. As kubectl's <c>--pod-running-timeout</c>.</summary>
    public TimeSpan PodTimeout { get; init => field = TimeLimit.OrForEver(value, orZero: true); } = TimeSpan.FromSeconds(60);

    /// <summary>The pod that a target names by itself, without asking the server, which then says what is wrong with it.</summary>
    /// <param name="target">A pod's name, or <c>type/name</c>.</param>
    /// <param name="namespace">Its namespace; null for the endpoint's default.</param>
    /// <param name="container">The container; null for the pod's only one.</param>
    /// <returns>Null for an owner of pods: <see cref="ResolveAsync"/> finds one.</returns>
    /// <exception cref="TargetException">No name, or a type that owns no pods.</exception>
    public PodReference? PodNamedBy(string target, string? @namespace = null, string? container = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(target);
        TargetName name = TargetName.Parse(target);
        return name.Owner is null
            ? new PodReference(name.Name, SpaceOf(@namespace), string.IsNullOrEmpty(container) ? null : container)
            : null;
    }

    /// <summary>Finds a pod that runs, and one of its containers.</summary>
    /// <param name="target">A pod's name, or <c>type/name</c>.</param>
    /// <param name="verb">What for.</param>
    /// <param name="namespace">Its namespace; null for the endpoint's default.</param>
    /// <param name="container">The container; null for the pod's default.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <exception cref="TargetException">The target names nothing that runs.</exception>
    /// <exception cref="KubernetesApiException">The server refused to tell.</exception>
    /// <exception cref="ServerUnreachableException">The server was not reached, or did not answer in time.</exception>
    public async Task<ResolvedTarget> ResolveAsync(
        string target, TargetVerb verb, string? @namespace = null, string? container = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(target);
        TargetName name = TargetName.Parse(target);
        string space = SpaceOf(@namespace);
        Pod pod = name.Owner is null
            ? await _api.GetAsync($"{Pods(space)}/{Uri.EscapeDataString(name.Name)}", ApiJson.Default.Pod, cancellationToken)
            : await FindPodOfAsync(await GetOwnerAsync(name.Owner, name.Name, space, cancellationToken), name.Owner, name.Name, space, null,
                cancellationToken);

        if (pod.Status.Phase is "Succeeded" or "Failed")
        {
            string refused = verb == TargetVerb.Exec ? "exec into a container" : "attach a container";
            throw new TargetException($"cannot {refused} in a completed pod; current phase is {pod.Status.Phase}");
        }

        return ContainerChoice.Choose(pod, space, container);
    }

    /// <summary>Finds a pod that runs, and the numbers of its ports, to forward to.</summary>
    /// <param name="target">A pod's name, or <c>type/name</c>.</param>
    /// <param name="ports">
    /// The ports' numbers or names, of the pod; for a service, the service's, which lead to the pod's as the service says.
    /// </param>
    /// <param name="again">
    /// True after a forward was lost. Then a pod that is ready is waited for, and one that is being deleted is not taken: most likely it is
    /// the one that was lost.
    /// </param>
    /// <param name="namespace">Its namespace; null for the endpoint's default.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <exception cref="TargetException">The target names nothing that runs, or has no such port.</exception>
    /// <exception cref="KubernetesApiException">The server refused to tell.</exception>
    /// <exception cref="ServerUnreachableException">The server was not reached, or did not answer in time.</exception>
    public async Task<ResolvedForward> ResolveForwardAsync(
        string target, IReadOnlyList<string> ports, bool again = false, string? @namespace = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(target);
        ArgumentNullException.ThrowIfNull(ports);
        TargetName name = TargetName.Parse(target);
        string space = SpaceOf(@namespace);
        PodOwner? owner = null;
        Pod pod;
        if (name.Owner is null)
        {
            pod = await _api.GetAsync($"{Pods(space)}/{Uri.EscapeDataString(name.Name)}", ApiJson.Default.Pod, cancellationToken);
            if (pod.Status.Phase != "Running")
            {
                throw new TargetException(
                    $"unable to forward port because pod is not running. Current status={pod.Status.Phase}. "
                    + $"Wait until it runs, for instance by: kubectl wait --for=condition=Ready pod/{pod.Metadata.Name} -n {space}");
            }
        }
        else
        {
            owner = await GetOwnerAsync(name.Owner, name.Name, space, cancellationToken);
            pod = await FindPodOfAsync(owner, name.Owner, name.Name, space, again ? PodsToForward.Ready : PodsToForward.Running,
                cancellationToken);
        }

        PodPorts numbers = new(pod, name.Owner?.Singular == "service" ? owner : null);
        return new ResolvedForward(new PodReference(pod.Metadata.Name, space), [.. ports.Select(numbers.Find)]);
    }

    async Task<PodReference> IPodFinder.FindAsync(PodReference pod, CancellationToken cancellationToken) =>
        (await ResolveAsync(NameOf(pod), TargetVerb.Exec, pod.Namespace, pod.Container, cancellationToken)).Pod;

    async Task<(PodReference Pod, IReadOnlyList<int> Ports)> IPodFinder.FindPortsAsync(
        PodReference pod, IReadOnlyList<int> ports, bool again, CancellationToken cancellationToken)
    {
        string[] asked = [.. ports.Select(static port => port.ToString(CultureInfo.InvariantCulture))];
        ResolvedForward found = await ResolveForwardAsync(NameOf(pod), asked, again, pod.Namespace, cancellationToken);
        return (found.Pod, [.. found.Ports.Select(static port => port.Target)]);
    }

    static string NameOf(PodReference pod) => pod.Owner is null ? pod.Name : $"{pod.Owner}/{pod.Name}";

    Task<PodOwner> GetOwnerAsync(OwnerKind kind, string name, string space, CancellationToken cancellationToken) =>
        _api.GetAsync($"{kind.ApiPath}/namespaces/{Uri.EscapeDataString(space)}/{kind.Plural}/{Uri.EscapeDataString(name)}",
            ApiJson.Default.PodOwner, cancellationToken);

    async Task<Pod> FindPodOfAsync(
        PodOwner owner, OwnerKind kind, string name, string space, PodsToForward? wanted, CancellationToken cancellationToken)
    {
        string selector = owner.Spec is { } spec ? LabelSelector.Format(spec.Selector) : "";
        if (selector.Length == 0) throw new TargetException($"{kind.Singular} \"{name}\" has no selector: it says nothing about its pods");

        long started = _time.GetTimestamp();
        while (true)
        {
            PodList list = await _api.GetAsync(
                $"{Pods(space)}?labelSelector={Uri.EscapeDataString(selector)}", ApiJson.Default.PodList, cancellationToken);
            IEnumerable<Pod> best = (list.Items ?? []).Order(PodOrder.BestFirst);
            if (best.FirstOrDefault(pod => wanted?.Takes(pod) ?? true) is { } found) return found;
            if (_time.GetElapsedTime(started) >= PodTimeout)
            {
                string seconds = PodTimeout.TotalSeconds.ToString(CultureInfo.InvariantCulture);
                throw new TargetException(best.FirstOrDefault() is not { } other
                    ? $"{kind.Singular} \"{name}\" has no pods, and none came within {seconds} s"
                    : $"{kind.Singular} \"{name}\" has no pod that {wanted!.What}, and none came within {seconds} s; " +
                        $"{other.Metadata.Name} is {other.Status.Phase}. See why: kubectl describe pod/{other.Metadata.Name} -n {space}");
            }

            await Task.Delay(_pollInterval, _time, cancellationToken);
        }
    }

    string SpaceOf(string? @namespace)
    {
        string space = string.IsNullOrEmpty(@namespace) ? _endpoint.DefaultNamespace : @namespace;
        TargetName.CheckSegment(space);
        return space;
    }

    static string Pods(string space) => $"/api/v1/namespaces/{Uri.EscapeDataString(space)}/pods";
}
