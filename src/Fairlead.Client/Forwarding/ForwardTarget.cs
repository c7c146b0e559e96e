namespace Fairlead.Client.Forwarding;

/// <summary>What a forward leads to: found at its start, and again whenever it has to redial.</summary>
/// <param name="Pod">The pod.</param>
/// <param name="Ports">The pod's port for each local listener, in their order.</param>
sealed record ForwardTarget(PodReference Pod, IReadOnlyList<int> Ports);
