using System.Net;
using Fairlead.Client;
using Fairlead.Server;
using Microsoft.Extensions.Logging;

namespace Fairlead.Containerd.Node;

/// <summary>Asks a cluster by SubjectAccessReview what somebody may do on this node.</summary>
/// <remarks>
/// Only an explicit yes is one, and only an explicit no is another. A yes is kept for a moment, for exactly this user, these groups and this
/// question; nothing else is kept.
/// </remarks>
sealed class ClusterReviews : IDisposable
{
    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    readonly AllowedAnswers _allowed;
    readonly KubernetesEndpoint _cluster;
    readonly HttpMessageInvoker _http;
    readonly ILogger _logger;

    /// <param name="cluster">The cluster, with credentials that may create SubjectAccessReviews; stays the caller's.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Where it is told that the cluster could not be asked.</param>
    public ClusterReviews(KubernetesEndpoint cluster, TimeProvider time, ILogger logger)
    {
        (_cluster, _logger, _allowed) = (cluster, logger, new AllowedAnswers(time));
        _http = new HttpMessageInvoker(cluster.Handler, disposeHandler: false);
    }

    /// <summary>See <see cref="PodsApiOptions.Authorize"/>.</summary>
    public async ValueTask<bool> MayAsync(ApiUser user, AccessAttributes wanted, CancellationToken cancellationToken)
    {
        AccessReview review = new()
        {
            Verb = wanted.Verb,
            Group = wanted.Group,
            Resource = wanted.Resource,
            Subresource = wanted.Subresource,
            Namespace = wanted.Namespace,
            Name = wanted.Name,
            User = user.Name,
            Groups = [.. user.Groups.Append(ApiUser.Authenticated).Distinct(StringComparer.Ordinal)],
        };
        string question = string.Join('\n', [user.Name, string.Join('\0', review.Groups), wanted.Verb, wanted.Group, wanted.ResourcePath, wanted.Namespace, wanted.Name]);
        if (_allowed.Contains(question)) return true;
        using CancellationTokenSource deadline = new(s_patience);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            bool allowed = await AskAsync(review, either.Token);
            if (allowed) _allowed.Add(question);
            return allowed;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested) // also where the node's own credentials cannot be had
        {
            Log.ClusterNotAsked(_logger, e, user.Name);
            throw new AuthorizerUnavailableException("the cluster could not be asked what its users may do on this node", e);
        }
    }

    async Task<bool> AskAsync(AccessReview review, CancellationToken cancellationToken)
    {
        for (bool renew = false; ; renew = true)
        {
            using HttpRequestMessage request = review.CreateRequest(new Uri(_cluster.Server.GetLeftPart(UriPartial.Path).TrimEnd('/') + review.Path));
            if (_cluster.Authorize is { } authorize) await authorize(request, renew, cancellationToken);
            using HttpResponseMessage response = await _http.SendAsync(request, cancellationToken);
            if (response.StatusCode == HttpStatusCode.Unauthorized && !renew && _cluster.Authorize is not null) continue;
            return await AccessReview.ReadAnswerAsync(response, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();
}
