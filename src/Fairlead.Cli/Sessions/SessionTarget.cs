using System.Net;
using Fairlead.KubeConfig.Targets;

namespace Fairlead.Cli.Sessions;

/// <summary>
/// What an exec or attach names, asked for in as few round trips as that takes: a pod by its name alone, and looked up only where the
/// server cannot choose its container, or where a session failed and the pod may say why.
/// </summary>
sealed class SessionTarget(TargetResolver resolver, string target, TargetVerb verb, string? @namespace, string? container)
{
    bool _isLookedUp;

    /// <summary>Takes what the choice of a container leaves to be said.</summary>
    public required Action<string> Say { private get; init; }

    /// <summary>Opens the session.</summary>
    /// <param name="isLookedUp">True where more than the pod's name must be known before.</param>
    /// <param name="open">Asks for it, told whether the container has a terminal: false where it was not looked up.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<RemoteProcess> OpenAsync(
        bool isLookedUp, Func<PodReference, bool, Task<RemoteProcess>> open, CancellationToken cancellationToken)
    {
        if (!isLookedUp && resolver.PodNamedBy(target, @namespace, container) is { } named)
        {
            try
            {
                return await open(named, false);
            }
            catch (UpgradeException refused) when (refused.NeedsContainer)
            {
                return await OpenFoundAsync(refused); // nothing was started: by the name of the container that kubectl would choose
            }
            catch (UpgradeException refused) when (refused.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.InternalServerError)
            {
                await ThrowIfPodSaysWhyAsync(cancellationToken);
                throw;
            }
        }

        return await OpenFoundAsync(null);

        async Task<RemoteProcess> OpenFoundAsync(UpgradeException? refused)
        {
            ResolvedTarget found;
            try
            {
                found = await LookUpAsync(cancellationToken);
            }
            catch (KubernetesApiException) when (refused is not null)
            {
                throw refused; // who may not look is told the containers' names, to choose one
            }

            foreach (string notice in found.Notices) Say(notice);
            return await open(found.Pod, found.HasTerminal);
        }
    }

    /// <summary>Waits for the session's end. Some servers accept one first, and then say that there is nothing to run it in.</summary>
    public async Task<ExitStatus?> ExplainingAsync(Task<ExitStatus?> session, CancellationToken cancellationToken)
    {
        try
        {
            return await session;
        }
        catch (RemoteCommandException failure) when (!_isLookedUp && failure.Status.Reason == "InternalError")
        {
            await ThrowIfPodSaysWhyAsync(cancellationToken);
            throw;
        }
    }

    /// <exception cref="TargetException">The pod has ended, or has no such container: the better explanation of a failure.</exception>
    async Task ThrowIfPodSaysWhyAsync(CancellationToken cancellationToken)
    {
        try
        {
            await LookUpAsync(cancellationToken);
        }
        catch (Exception e) when (e is KubernetesApiException or ServerUnreachableException)
        {
            // who may not look, or cannot, is told the failure as it was
        }
    }

    Task<ResolvedTarget> LookUpAsync(CancellationToken cancellationToken)
    {
        _isLookedUp = true;
        return resolver.ResolveAsync(target, verb, @namespace, container, cancellationToken);
    }
}
