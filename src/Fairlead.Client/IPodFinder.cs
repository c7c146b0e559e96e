namespace Fairlead;

/// <summary>
/// Looks up what a client cannot know of a pod by itself. A client that was made of a kubeconfig has one. Called from any thread.
/// </summary>
public interface IPodFinder
{
    /// <summary>Finds the pod that is meant, and its container.</summary>
    /// <param name="pod">The pod, or what stands for it, with its namespace; the container may be open.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <returns>A pod, with a container.</returns>
    /// <exception cref="FairleadException">There is none, or the server could not be asked.</exception>
    Task<PodReference> FindAsync(PodReference pod, CancellationToken cancellationToken);

    /// <summary>Finds the pod that is meant, and which of its ports.</summary>
    /// <param name="pod">The pod, or what stands for it, with its namespace.</param>
    /// <param name="ports">The ports; for a service, the service's.</param>
    /// <param name="again">True after a loss: a pod that goes is not taken.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <returns>The pod, and its port for each of those that were asked for, in their order.</returns>
    /// <exception cref="FairleadException">There is none, or the server could not be asked.</exception>
    Task<(PodReference Pod, IReadOnlyList<int> Ports)> FindPortsAsync(
        PodReference pod, IReadOnlyList<int> ports, bool again, CancellationToken cancellationToken);
}
