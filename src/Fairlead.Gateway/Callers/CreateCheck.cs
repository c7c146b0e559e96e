using System.Net;
using System.Text.Json;
using Fairlead.Client;
using Fairlead.Gateway.Forwarding;
using Fairlead.Wire;

namespace Fairlead.Gateway.Callers;

/// <summary>
/// Asks the server behind whether the caller may <c>create</c> what a session is: a WebSocket is opened by GET, and servers before
/// Kubernetes 1.35 ask no more than <c>get</c> for one.
/// </summary>
/// <remarks>Only an explicit yes is one. It is kept for a moment, for exactly this caller and this pod; nothing else is kept.</remarks>
sealed class CreateCheck(UpstreamServer upstream, TimeProvider time)
{
    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    readonly AllowedAnswers _allowed = new(time);

    /// <summary>How many answers are kept now.</summary>
    internal int Kept => _allowed.Count;

    /// <returns>Null where it is allowed; otherwise the refusal.</returns>
    internal async Task<Status?> RefusalAsync(Caller caller, StreamTarget target, bool useKept, CancellationToken cancellationToken)
    {
        string key = string.Join('/', caller.Fingerprint, target.Namespace, target.Pod, target.Subresource, "create");
        if (useKept && _allowed.Contains(key)) return null;
        try
        {
            Status? refusal = await AskAsync(caller, target, cancellationToken);
            if (refusal is null) _allowed.Add(key);
            return refusal;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or JsonException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return Refuse(target, "the server behind the gateway could not be asked");
        }
    }

    async Task<Status?> AskAsync(Caller caller, StreamTarget target, CancellationToken cancellationToken)
    {
        using CancellationTokenSource deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(s_patience);
        AccessReview review = new() { Verb = "create", Resource = "pods", Subresource = target.Subresource, Namespace = target.Namespace, Name = target.Pod };
        using HttpRequestMessage request = review.CreateRequest(upstream.Locate(review.Path));
        await upstream.AuthorizeAsync(request, caller, deadline.Token);
        using HttpResponseMessage response = await upstream.HttpFor(caller).SendAsync(request, deadline.Token);
        if (response.StatusCode == HttpStatusCode.Unauthorized) return Status.Refusal(401, "Unauthorized", "Unauthorized");
        if (response.StatusCode is not (HttpStatusCode.Created or HttpStatusCode.OK))
            return Refuse(target, $"the server behind the gateway answered the access review with {(int)response.StatusCode}");
        return await AccessReview.ReadAnswerAsync(response, deadline.Token) ? null : Refuse(target, "its user may not create it");
    }

    static Status Refuse(StreamTarget target, string why) => Status.Refusal(
        403, "Forbidden", $"pods \"{target.Pod}\" is forbidden: cannot create resource \"pods/{target.Subresource}\" in the namespace \"{target.Namespace}\": {why}",
        new StatusDetails { Name = target.Pod, Kind = "pods" });
}
