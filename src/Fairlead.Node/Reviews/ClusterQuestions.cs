using System.Net;
using Fairlead.Server.Access;
using Fairlead.Server.Operations;
using Fairlead.Upgrades.Endpoints;
using Fairlead.Upgrades.Reviews;
using Fairlead.Wire;
using Microsoft.Extensions.Logging;

namespace Fairlead.Node.Reviews;

/// <summary>Asks a cluster, by the node's own credentials, whom it knows and what they may do.</summary>
/// <remarks>Of questions at one time so many are on their way as a cluster does not mind; others wait for their turn.</remarks>
sealed class ClusterQuestions : IDisposable
{
    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    readonly SemaphoreSlim _turns = new(64);
    readonly KubernetesEndpoint _cluster;
    readonly SharedCredentials _credentials;
    readonly HttpMessageInvoker _http;
    readonly TimeProvider _time;
    readonly ReviewerAbsence _absence;
    readonly ILogger _logger;

    /// <param name="cluster">The cluster, with credentials that may create reviews; stays the caller's.</param>
    /// <param name="time">The clock.</param>
    /// <param name="absence">Is told whether it could be asked.</param>
    /// <param name="logger">Where it is told that the cluster could not be asked.</param>
    internal ClusterQuestions(KubernetesEndpoint cluster, TimeProvider time, ReviewerAbsence absence, ILogger logger)
    {
        (_cluster, _logger, _time, _absence) = (cluster, logger, time, absence);
        _credentials = new SharedCredentials(cluster);
        _http = new HttpMessageInvoker(cluster.Handler, disposeHandler: false);
    }

    /// <summary>Asks what somebody may do.</summary>
    /// <exception cref="AuthorizerUnavailableException">There is no answer.</exception>
    internal Task<bool> MayAsync(AccessReview review, CancellationToken cancellationToken) =>
        AskAsync(review.User ?? "", review.Path, review.CreateRequest, AccessReview.ReadAnswerAsync, cancellationToken);

    /// <summary>Asks whose a token is.</summary>
    /// <exception cref="AuthorizerUnavailableException">There is no answer.</exception>
    internal Task<TokenAnswer> WhoAsync(string token, CancellationToken cancellationToken) => AskAsync(
        "the holder of a token", TokenReview.Path, uri => TokenReview.CreateRequest(uri, token), TokenReview.ReadAnswerAsync,
        cancellationToken);

    async Task<T> AskAsync<T>(
        PeerText user, string path, Func<Uri, HttpRequestMessage> create, Func<HttpResponseMessage, CancellationToken, Task<T>> read,
        CancellationToken cancellationToken)
    {
        using CancellationTokenSource late = new(Timeout.InfiniteTimeSpan, _time);
        await _turns.WaitAsync(cancellationToken);
        try
        {
            Uri uri = new(_cluster.Server.GetLeftPart(UriPartial.Path).TrimEnd('/') + path);
            T answer = await AskAsync(() => create(uri), read, late, cancellationToken);
            _absence.Note(isAnswered: true);
            return answer;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            string why = late.IsCancellationRequested ? $"the cluster did not answer within {s_patience.TotalSeconds:0} s"
                : e is CredentialsException ? "the node's own credentials cannot be had"
                : AccessReview.WhyNot(e);
            _absence.Note(isAnswered: false);
            Log.ClusterNotAsked(_logger, e, user, why);
            throw new AuthorizerUnavailableException("the cluster could not be asked what its users may do on this node: " + why, e);
        }
        finally
        {
            _turns.Release();
        }
    }

    /// <param name="create">Makes the question.</param>
    /// <param name="read">Reads the answer.</param>
    /// <param name="late">The cluster's deadline: it does not run while credentials are fetched, which may come from what is slow.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    async Task<T> AskAsync<T>(
        Func<HttpRequestMessage> create, Func<HttpResponseMessage, CancellationToken, Task<T>> read, CancellationTokenSource late,
        CancellationToken cancellationToken)
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        for (bool renew = false; ; renew = true)
        {
            using HttpRequestMessage request = create();
            late.CancelAfter(Timeout.InfiniteTimeSpan);
            await _credentials.AuthorizeAsync(request, renew, cancellationToken);
            late.CancelAfter(s_patience);
            using HttpResponseMessage response = await _http.SendAsync(request, either.Token);
            if (response.StatusCode == HttpStatusCode.Unauthorized && !renew && _cluster.Authorize is not null) continue;
            return await read(response, either.Token);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _credentials.Dispose();
        _http.Dispose();
        _turns.Dispose();
    }
}
