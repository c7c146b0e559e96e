using System.Net;
using Fairlead.Server;
using Fairlead.Server.Access;
using Fairlead.Upgrades.Endpoints;
using Fairlead.Upgrades.Reviews;
using Microsoft.Extensions.Logging;

namespace Fairlead.Node;

/// <summary>Asks a cluster by SubjectAccessReview what somebody may do on this node.</summary>
/// <remarks>
/// Only an explicit yes is one, and only an explicit no is another. A yes is kept for a moment, for exactly this user, these groups and
/// this question; nothing else is kept.
/// </remarks>
sealed class ClusterReviews : IDisposable
{
    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    readonly AllowedAnswers _allowed;
    readonly KubernetesEndpoint _cluster;
    readonly SharedCredentials _credentials;
    readonly HttpMessageInvoker _http;
    readonly TimeProvider _time;
    readonly ILogger _logger;

    /// <param name="cluster">The cluster, with credentials that may create SubjectAccessReviews; stays the caller's.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Where it is told that the cluster could not be asked.</param>
    public ClusterReviews(KubernetesEndpoint cluster, TimeProvider time, ILogger logger)
    {
        (_cluster, _logger, _time, _allowed) = (cluster, logger, time, new AllowedAnswers(time));
        _credentials = new SharedCredentials(cluster);
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
        string question = string.Join(
            '\n',
            [user.Name, string.Join('\0', review.Groups), wanted.Verb, wanted.Group, wanted.ResourcePath, wanted.Namespace, wanted.Name]);
        if (_allowed.Contains(question)) return true;
        using CancellationTokenSource late = new(Timeout.InfiniteTimeSpan, _time);
        try
        {
            bool allowed = await AskAsync(review, late, cancellationToken);
            if (allowed) _allowed.Add(question);
            return allowed;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            string why = late.IsCancellationRequested ? $"the cluster did not answer within {s_patience.TotalSeconds:0} s"
                : e is CredentialsException ? "the node's own credentials cannot be had"
                : AccessReview.WhyNot(e);
            Log.ClusterNotAsked(_logger, e, user.Name, why);
            throw new AuthorizerUnavailableException("the cluster could not be asked what its users may do on this node: " + why, e);
        }
    }

    /// <param name="review">The question.</param>
    /// <param name="late">The cluster's deadline: it does not run while credentials are fetched, which may come from what is slow.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    async Task<bool> AskAsync(AccessReview review, CancellationTokenSource late, CancellationToken cancellationToken)
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        for (bool renew = false; ; renew = true)
        {
            using HttpRequestMessage request = review.CreateRequest(
                new Uri(_cluster.Server.GetLeftPart(UriPartial.Path).TrimEnd('/') + review.Path));
            late.CancelAfter(Timeout.InfiniteTimeSpan);
            await _credentials.AuthorizeAsync(request, renew, cancellationToken);
            late.CancelAfter(s_patience);
            using HttpResponseMessage response = await _http.SendAsync(request, either.Token);
            if (response.StatusCode == HttpStatusCode.Unauthorized && !renew && _cluster.Authorize is not null) continue;
            return await AccessReview.ReadAnswerAsync(response, either.Token);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _credentials.Dispose();
        _http.Dispose();
    }
}
