namespace Fairlead.Client.Forwarding;

/// <summary>Finds the pod and dials it: at the start, and for each attempt after a loss.</summary>
/// <param name="resolve">Finds the pod; told whether a carrier was lost before.</param>
/// <param name="open">Opens a carrier to it.</param>
/// <param name="isFetching">True while credentials are fetched for either.</param>
sealed class ForwardDialer(
    Func<bool, CancellationToken, Task<ForwardTarget>> resolve,
    Func<PodReference, IReadOnlyList<int>, CancellationToken, Task<ForwardSession>> open,
    Func<bool> isFetching)
{
    internal Func<bool> IsFetchingCredentials => isFetching;

    bool _again;

    internal async Task<ForwardCarrier> DialAsync(CancellationToken cancellationToken)
    {
        ForwardTarget target = await resolve(_again, cancellationToken);
        ForwardSession session = await open(target.Pod, target.Ports, cancellationToken);
        _again = true;
        return new ForwardCarrier(session, target);
    }
}
