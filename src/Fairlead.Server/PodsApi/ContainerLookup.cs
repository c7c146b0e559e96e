using System.Text.Json.Nodes;

namespace Fairlead.Server.PodsApi;

/// <summary>A container that a request named, in its pod as the catalog has it.</summary>
sealed record FoundContainer(FoundPod Pod, ContainerReference Reference, IContainer Container)
{
    /// <summary>The container's entry in the pod's status; null where there is none.</summary>
    public JsonObject? Status =>
        Pod.Item.Objects("status", "containerStatuses").FirstOrDefault(status => status.Text("name") == Reference.Container);
}

/// <summary>Finds the container that a request is about, or refuses in the API server's words.</summary>
sealed class ContainerLookup(IContainerRuntime runtime, IPodCatalog catalog)
{
    static readonly string[] s_lists = ["containers", "initContainers", "ephemeralContainers"];

    /// <param name="request">Which pod.</param>
    /// <param name="container">Which container; null or empty for the only one of the pod.</param>
    /// <param name="cancellationToken">Ends the wait for the runtime.</param>
    /// <exception cref="ApiRefusal">There is no such pod or container, or none was named where there are several.</exception>
    public async ValueTask<FoundContainer> FindAsync(ApiRequest request, string? container, CancellationToken cancellationToken)
    {
        FoundPod pod = await FindPodAsync(catalog, request, cancellationToken);
        if (string.IsNullOrEmpty(container)) container = OnlyContainerOf(pod.Item);
        ContainerReference reference = new(pod.Namespace, pod.Name, container);
        if (!s_lists.Any(list => NamesIn(pod.Item, list).Contains(reference.Container)))
            throw new ApiRefusal(Refusals.BadRequest($"container {reference.Container} is not valid for pod {reference.Pod}"));

        IContainer found = await runtime.FindAsync(pod, reference.Container, cancellationToken) ?? throw Gone(reference);
        return new FoundContainer(pod, reference, found);
    }

    /// <exception cref="ApiRefusal">The container has been removed meanwhile.</exception>
    public static async ValueTask<IMainProcess> FindMainProcessAsync(FoundContainer found, CancellationToken cancellationToken) =>
        await found.Container.FindMainProcessAsync(cancellationToken) ?? throw Gone(found.Reference);

    /// <exception cref="ApiRefusal">There is no such pod.</exception>
    public static async ValueTask<FoundPod> FindPodAsync(IPodCatalog catalog, ApiRequest request, CancellationToken cancellationToken) =>
        await catalog.FindAsync(request.Namespace!, request.Name!, cancellationToken)
        ?? throw new ApiRefusal(Refusals.NotFound(ApiResources.Pods, request.Name!));

    static ApiRefusal Gone(ContainerReference container) => new(Refusals.InternalError($"container not found (\"{container.Container}\")"));

    static string OnlyContainerOf(JsonObject pod)
    {
        string[] names = [.. NamesIn(pod, "containers")];
        if (names.Length == 1) return names[0];
        throw new ApiRefusal(Refusals.BadRequest(names.Length == 0
            ? $"a container name must be specified for pod {pod.Name}"
            : $"a container name must be specified for pod {pod.Name}, choose one of: [{string.Join(' ', names)}]"));
    }

    static IEnumerable<string> NamesIn(JsonObject pod, string list) => pod.Objects("spec", list).Select(container => container.Text("name")).OfType<string>();
}
