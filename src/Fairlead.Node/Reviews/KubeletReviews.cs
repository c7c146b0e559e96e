using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Fairlead.Node.Kubelet;
using Fairlead.Server.Access;
using Fairlead.Server.Operations;
using Fairlead.Upgrades.Reviews;
using Microsoft.Extensions.Logging;

namespace Fairlead.Node.Reviews;

/// <summary>Asks a cluster who somebody is and what they may do at this node's port, and keeps what it said as long as a kubelet.</summary>
/// <remarks>
/// What could not be asked is neither yes nor no, and is not kept. Yes and no are kept apart, so that who guesses tokens drives out no
/// answer about those who have one. Of tokens a keyed hash is kept.
/// </remarks>
sealed class KubeletReviews : IDisposable
{
    const int Most = 4096;

    readonly byte[] _key = RandomNumberGenerator.GetBytes(32);
    readonly ClusterQuestions _questions;
    readonly KeptAnswers<ReviewedUser> _known;
    readonly KeptAnswers<bool> _unknown, _allowed, _denied;
    readonly string _node;
    readonly bool _reviewsTokens;

    /// <param name="options">The node's name, and how long answers are kept.</param>
    /// <param name="cluster">The cluster, with credentials that may create both reviews; stays the caller's.</param>
    /// <param name="time">The clock.</param>
    /// <param name="absence">Is told whether the cluster could be asked.</param>
    /// <param name="logger">Where it is told that the cluster could not be asked.</param>
    internal KubeletReviews(
        KubeletOptions options, KubernetesEndpoint cluster, TimeProvider time, ReviewerAbsence absence, ILogger logger)
    {
        (_node, _reviewsTokens) = (options.NodeName, options.ReviewsTokens);
        _questions = new ClusterQuestions(cluster, time, absence, logger);
        (_known, _unknown) = (new(options.TokenLifetime, Most, time), new(options.TokenLifetime, Most, time));
        (_allowed, _denied) = (new(options.AllowedLifetime, Most, time), new(options.DeniedLifetime, Most, time));
    }

    /// <summary>Whose a token is; null for nobody's.</summary>
    /// <exception cref="AuthorizerUnavailableException">The cluster could not be asked.</exception>
    internal async ValueTask<ReviewedUser?> WhoAsync(string token, CancellationToken cancellationToken)
    {
        if (!_reviewsTokens) return null;
        string question = Convert.ToBase64String(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(token)));
        if (_known.TryGet(question, out ReviewedUser? known)) return known;
        if (_unknown.TryGet(question, out _)) return null;
        TokenAnswer answer = await _questions.WhoAsync(token, cancellationToken);
        if (answer.User is { } user) _known.Add(question, user);
        else if (!answer.HasError) _unknown.Add(question, true);
        return answer.User;
    }

    /// <summary>Whether one of the subresources is allowed.</summary>
    /// <exception cref="AuthorizerUnavailableException">The cluster could not be asked, and nothing that it said is a yes.</exception>
    internal async ValueTask<bool> MayAsync(ReviewedUser user, KubeletAttributes wanted, CancellationToken cancellationToken)
    {
        foreach (string subresource in wanted.Subresources)
        {
            if (await MayAsync(user, wanted.Verb, subresource, cancellationToken)) return true;
        }

        return false;
    }

    async ValueTask<bool> MayAsync(ReviewedUser user, string verb, string subresource, CancellationToken cancellationToken)
    {
        string question = Question(user, verb, subresource);
        if (_allowed.TryGet(question, out _)) return true;
        if (_denied.TryGet(question, out _)) return false;
        AccessReview review = new()
        {
            Verb = verb,
            Resource = "nodes",
            Subresource = subresource,
            Name = _node,
            User = user.Name,
            Uid = user.Uid,
            Groups = user.Groups,
            Extra = user.Extra,
        };
        bool allowed = await _questions.MayAsync(review, cancellationToken);
        (allowed ? _allowed : _denied).Add(question, true);
        return allowed;
    }

    /// <summary>JSON, so that no two questions are one text.</summary>
    static string Question(ReviewedUser user, string verb, string subresource)
    {
        JsonArray question = new(verb, subresource, user.Name, user.Uid, ArrayOf(
            user.Groups));
        foreach ((string key, ImmutableArray<string> values) in user.Extra) question.Add((JsonNode)new JsonArray(key, ArrayOf(values)));
        return question.ToJsonString();
    }

    static JsonArray ArrayOf(ImmutableArray<string> texts) => new([.. texts.Select(static text => (JsonNode)text)]);

    /// <inheritdoc/>
    public void Dispose() => _questions.Dispose();
}
