using System.Text.Json;
using Fairlead.Client;
using Fairlead.Server;
using Microsoft.Extensions.Logging;

namespace Fairlead.Containerd.Node;

/// <summary>Asks a cluster by SubjectAccessReview what somebody may do on this node.</summary>
/// <remarks>Only an explicit yes is one. It is kept for a moment, for exactly this user, these groups and this question; nothing else is kept.</remarks>
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
        try
        {
            bool allowed = await AskAsync(review, cancellationToken);
            if (allowed) _allowed.Add(question);
            return allowed;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or JsonException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            Log.ClusterNotAsked(_logger, user.Name, e.Message);
            return false;
        }
    }

    async Task<bool> AskAsync(AccessReview review, CancellationToken cancellationToken)
    {
        using CancellationTokenSource deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(s_patience);
        using HttpRequestMessage request = review.CreateRequest(new Uri(_cluster.Server.GetLeftPart(UriPartial.Path).TrimEnd('/') + review.Path));
        if (_cluster.Authorize is { } authorize) await authorize(request, false, deadline.Token);
        using HttpResponseMessage response = await _http.SendAsync(request, deadline.Token);
        return await AccessReview.ReadAnswerAsync(response, deadline.Token);
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();
}
