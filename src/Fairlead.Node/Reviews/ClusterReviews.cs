using Fairlead.Server.Operations;
using Fairlead.Server;
using Fairlead.Server.Access;
using Fairlead.Upgrades.Reviews;
using Microsoft.Extensions.Logging;

namespace Fairlead.Node.Reviews;

/// <summary>Asks a cluster by SubjectAccessReview what somebody may do on this node.</summary>
/// <remarks>
/// Only an explicit yes is one, and only an explicit no is another. A yes is kept for a moment, for exactly this user, these groups and
/// this question; nothing else is kept.
/// </remarks>
sealed class ClusterReviews : IDisposable
{
    readonly AllowedAnswers _allowed;
    readonly ClusterQuestions _questions;

    /// <param name="cluster">The cluster, with credentials that may create SubjectAccessReviews; stays the caller's.</param>
    /// <param name="time">The clock.</param>
    /// <param name="absence">Is told whether the cluster could be asked.</param>
    /// <param name="logger">Where it is told that the cluster could not be asked.</param>
    public ClusterReviews(KubernetesEndpoint cluster, TimeProvider time, ReviewerAbsence absence, ILogger logger) =>
        (_questions, _allowed) = (new ClusterQuestions(cluster, time, absence, logger), new AllowedAnswers(time));

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
        bool allowed = await _questions.MayAsync(review, cancellationToken);
        if (allowed) _allowed.Add(question);
        return allowed;
    }

    /// <inheritdoc/>
    public void Dispose() => _questions.Dispose();
}
