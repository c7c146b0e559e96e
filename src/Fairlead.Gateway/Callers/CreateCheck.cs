using System.Net;
using Fairlead.Gateway.Forwarding;
using Fairlead.Gateway.Operations;
using Fairlead.Upgrades.Reviews;
using Fairlead.Wire;
using Microsoft.Extensions.Logging;

namespace Fairlead.Gateway.Callers;

/// <summary>
/// Asks the server behind whether the caller may <c>create</c> what a session is: a WebSocket is opened by GET, and servers before
/// Kubernetes 1.35 ask no more than <c>get</c> for one.
/// </summary>
/// <remarks>
/// Only an explicit yes is one, and only an explicit no is a 403. A yes is kept for a moment, for exactly this caller and this pod; nothing
/// else is kept.
/// </remarks>
sealed class CreateCheck(UpstreamServer upstream, TimeProvider time, ReviewerAbsences absences, ILogger logger)
{
    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    readonly AllowedAnswers _allowed = new(time);

    /// <summary>How many answers are kept now.</summary>
    internal int Kept => _allowed.Count;

    /// <summary>Asks, unless a kept yes answers it.</summary>
    internal async Task<CreateAnswer> AskAsync(Caller caller, StreamTarget target, bool useKept, CancellationToken cancellationToken)
    {
        string key = string.Join('/', caller.Fingerprint, target.Namespace, target.Pod, target.Subresource, "create");
        if (useKept && _allowed.Contains(key)) return CreateAnswer.Allowed.Instance;
        CreateAnswer answer = await AskOrSayWhyNotAsync(caller, target, cancellationToken);
        absences.Of(caller.IsImpersonated).Note(answer is not CreateAnswer.CouldNotBeAsked);
        if (answer is CreateAnswer.Allowed) _allowed.Add(key);
        return answer;
    }

    async Task<CreateAnswer> AskOrSayWhyNotAsync(Caller caller, StreamTarget target, CancellationToken cancellationToken)
    {
        HttpMessageInvoker http = upstream.HttpFor(caller);
        using CancellationTokenSource late = new(Timeout.InfiniteTimeSpan, time);
        try
        {
            return await AskServerAsync(http, caller, target, late, cancellationToken);
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return NotAsked(caller, target, 504,
                $"the server behind the gateway did not answer the access review within {s_patience.TotalSeconds:0} s");
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            string why = e is CredentialsException
                ? UpstreamRefusals.OwnMissing
                : "the server behind the gateway could not be asked: " + AccessReview.WhyNot(e);
            return NotAsked(caller, target, 503, why, e);
        }
    }

    /// <param name="http">Sends.</param>
    /// <param name="caller">About whom.</param>
    /// <param name="target">About what.</param>
    /// <param name="late">The server's deadline: it does not run while credentials are fetched, which may come from what is slow.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    async Task<CreateAnswer> AskServerAsync(
        HttpMessageInvoker http, Caller caller, StreamTarget target, CancellationTokenSource late, CancellationToken cancellationToken)
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        AccessReview review = new()
        {
            Verb = "create",
            Resource = "pods",
            Subresource = target.Subresource,
            Namespace = target.Namespace,
            Name = target.Pod
        };
        for (bool renew = false; ; renew = true)
        {
            using HttpRequestMessage request = review.CreateRequest(upstream.Locate(review.Path));
            late.CancelAfter(Timeout.InfiniteTimeSpan);
            await upstream.AuthorizeAsync(request, caller, renew, cancellationToken);
            late.CancelAfter(s_patience);
            using HttpResponseMessage response = await http.SendAsync(request, either.Token);
            switch (response.StatusCode)
            {
                case HttpStatusCode.Created or HttpStatusCode.OK:
                    return await AccessReview.ReadAnswerAsync(response, either.Token)
                        ? CreateAnswer.Allowed.Instance
                        : Refuse(target, "its user may not create it");
                case HttpStatusCode.Unauthorized when !caller.IsImpersonated:
                    return new CreateAnswer.Refused(Status.Refusal(401, "Unauthorized", "Unauthorized"));
                case HttpStatusCode.Unauthorized when !renew:
                    continue; // the gateway's own credentials, which may have been replaced
                case HttpStatusCode.Unauthorized:
                    return NotAsked(caller, target, 503, UpstreamRefusals.OwnRefused);
                // nothing was said about the caller: the gateway may not speak for it, or not ask
                case HttpStatusCode.Forbidden when caller.IsImpersonated:
                    return NotAsked(caller, target, 503,
                        "the server behind the gateway does not let the gateway ask for those for whom it speaks (403)");
                case HttpStatusCode.Forbidden: // it may not even ask
                    return Refuse(target, "the server behind the gateway answered the access review with 403");
                case HttpStatusCode.NotFound:
                    return NotAsked(caller, target, 503, "the server behind the gateway knows no access reviews (404)");
                default:
                    return NotAsked(caller, target, 503,
                        $"the server behind the gateway answered the access review with {(int)response.StatusCode}");
            }
        }
    }

    static CreateAnswer.Refused Refuse(StreamTarget target, string why) => new(Status.Refusal(
        403, "Forbidden",
        $"pods \"{target.Pod}\" is forbidden: cannot create resource \"pods/{target.Subresource}\" in the namespace " +
        $"\"{target.Namespace}\": {why}", DetailsOf(target)));

    CreateAnswer.CouldNotBeAsked NotAsked(Caller caller, StreamTarget target, int code, string why, Exception? failure = null)
    {
        Log.ReviewFailed(logger, failure, caller.Name, why);
        return new CreateAnswer.CouldNotBeAsked(Status.Refusal(
            code, code == 504 ? "Timeout" : "ServiceUnavailable",
            $"nobody could say whether resource \"pods/{target.Subresource}\" may be created for pods \"{target.Pod}\" in the " +
            $"namespace \"{target.Namespace}\": {why}",
            DetailsOf(target)));
    }

    static StatusDetails DetailsOf(StreamTarget target) => new() { Name = target.Pod, Kind = "pods" };
}
