using Fairlead.Server.Answers;
using Fairlead.Server.PodsApi.Objects;

namespace Fairlead.Server.Sessions;

/// <summary>
/// Finds the pod and the container that a request is about, or refuses in the API server's words. Called while a refusal is still an HTTP
/// answer.
/// </summary>
sealed class PodLookup(IContainerRuntime runtime, IPodCatalog catalog)
{
    static readonly string[] s_lists = ["containers", "initContainers", "ephemeralContainers"];

    public IContainerRuntime Runtime => runtime;

    /// <summary>Null when there is no such pod.</summary>
    public ValueTask<FoundPod?> FindAsync(string @namespace, string name, CancellationToken cancellationToken) =>
        catalog.FindAsync(@namespace, name, cancellationToken);

    /// <summary>The container that was named, or the only one of the pod where none was.</summary>
    /// <exception cref="ApiRefusal">The pod has no such container, or several where none was named.</exception>
    public static string NameOf(FoundPod pod, string? container)
    {
        if (string.IsNullOrEmpty(container)) return OnlyContainerOf(pod);
        return s_lists.Any(list => NamesIn(pod, list).Contains(container))
            ? container
            : throw new ApiRefusal(Refusals.BadRequest($"container {container} is not valid for pod {pod.Name}"));
    }

    /// <exception cref="ApiRefusal">The runtime does not have it.</exception>
    public async ValueTask<IContainer> FindContainerAsync(FoundPod pod, string container, CancellationToken cancellationToken) =>
        await runtime.FindAsync(pod, container, cancellationToken) ?? throw Gone(container);

    /// <exception cref="ApiRefusal">The container has been removed meanwhile.</exception>
    public static async ValueTask<IMainProcess> FindMainAsync(IContainer found, string container, CancellationToken cancellationToken) =>
        await found.FindMainProcessAsync(cancellationToken) ?? throw Gone(container);

    static ApiRefusal Gone(string container) => new(Refusals.InternalError($"container not found (\"{container}\")"));

    static string OnlyContainerOf(FoundPod pod)
    {
        string[] names = [.. NamesIn(pod, s_lists[0])];
        if (names.Length == 1) return names[0];
        string choice = names.Length == 0 ? "" : $", choose one of: [{string.Join(' ', names)}]";
        throw new ApiRefusal(Refusals.BadRequest($"a container name must be specified for pod {pod.Name}{choice}"));
    }

    static IEnumerable<string> NamesIn(FoundPod pod, string list) =>
        pod.Item.Objects("spec", list).Select(static container => container.Text("name")).OfType<string>();
}
