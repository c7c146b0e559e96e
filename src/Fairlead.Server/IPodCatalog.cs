using Fairlead.Server.PodsApi;
using Fairlead.Server.PodsApi.Objects;

namespace Fairlead.Server;

/// <summary>The objects that the pods API shows: pods as the runtime has them now, and their owners where there are any.</summary>
public interface IPodCatalog
{
    /// <summary>
    /// Everything of one resource, in API form with metadata, spec and status, and a resourceVersion each.
    /// The nodes are the caller's to keep: the catalog never changes one that it handed out.
    /// </summary>
    /// <param name="resource">The resource in the plural: <c>pods</c>, <c>services</c>, <c>deployments</c>…</param>
    /// <param name="cancellationToken">Ends the wait for a runtime that has to be asked.</param>
    ValueTask<CatalogSnapshot> ListAsync(string resource, CancellationToken cancellationToken);

    /// <summary>One pod as it is now, for a request that goes on with it: no more is asked about any other.</summary>
    /// <returns>Null when there is none with these names.</returns>
    async ValueTask<FoundPod?> FindAsync(string @namespace, string name, CancellationToken cancellationToken)
    {
        CatalogSnapshot pods = await ListAsync(ApiResources.Pods.Name, cancellationToken);
        return pods.Items.FirstOrDefault(pod => pod.Key == (@namespace, name)) is { } found ? new FoundPod(found) : null;
    }

    /// <summary>Changes after <paramref name="resourceVersion"/>, in order, until cancelled.</summary>
    IAsyncEnumerable<CatalogChange> WatchAsync(string resource, long resourceVersion, CancellationToken cancellationToken);
}
