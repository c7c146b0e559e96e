using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
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
    internal static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(10);
    internal const int MostKept = 4096;
    const int LongestAnswer = 64 * 1024;
    const string Target = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    readonly Lock _lock = new();
    readonly Dictionary<string, long> _allowed = [];

    /// <summary>How many answers are kept now.</summary>
    internal int Kept
    {
        get
        {
            lock (_lock) return _allowed.Count;
        }
    }

    /// <returns>Null where it is allowed; otherwise the refusal.</returns>
    internal async Task<Status?> RefusalAsync(Caller caller, StreamTarget target, bool useKept, CancellationToken cancellationToken)
    {
        string key = string.Join('/', caller.Fingerprint, target.Namespace, target.Pod, target.Subresource, "create");
        if (useKept && IsKept(key)) return null;
        try
        {
            Status? refusal = await AskAsync(caller, target, cancellationToken);
            if (refusal is null) Keep(key);
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
        JsonObject review = new()
        {
            ["kind"] = "SelfSubjectAccessReview",
            ["apiVersion"] = "authorization.k8s.io/v1",
            ["spec"] = new JsonObject
            {
                ["resourceAttributes"] = new JsonObject
                {
                    ["namespace"] = target.Namespace,
                    ["verb"] = "create",
                    ["resource"] = "pods",
                    ["subresource"] = target.Subresource,
                    ["name"] = target.Pod,
                },
            },
        };
        using HttpRequestMessage request = new(HttpMethod.Post, upstream.Locate(Target))
        {
            Content = new StringContent(review.ToJsonString(), null, "application/json"),
        };
        request.Headers.TryAddWithoutValidation("Accept", "application/json");
        await upstream.AuthorizeAsync(request, caller, deadline.Token);
        using HttpResponseMessage response = await upstream.HttpFor(caller).SendAsync(request, deadline.Token);
        if (response.StatusCode == HttpStatusCode.Unauthorized) return Status.Refusal(401, "Unauthorized", "Unauthorized");
        if (response.StatusCode is not (HttpStatusCode.Created or HttpStatusCode.OK))
            return Refuse(target, $"the server behind the gateway answered the access review with {(int)response.StatusCode}");

        await using Stream body = await response.Content.ReadAsStreamAsync(deadline.Token);
        byte[] answer = new byte[LongestAnswer];
        int length = await body.ReadAtLeastAsync(answer, answer.Length, throwOnEndOfStream: false, deadline.Token);
        JsonNode? status = (JsonNode.Parse(answer.AsSpan(0, length)) as JsonObject)?["status"];
        bool allowed = (status as JsonObject)?["allowed"] is JsonValue yes && yes.TryGetValue(out bool value) && value;
        return allowed ? null : Refuse(target, "its user may not create it");
    }

    bool IsKept(string key)
    {
        lock (_lock)
        {
            if (!_allowed.TryGetValue(key, out long since)) return false;
            if (time.GetElapsedTime(since) < Lifetime) return true;
            _allowed.Remove(key);
            return false;
        }
    }

    void Keep(string key)
    {
        lock (_lock)
        {
            if (_allowed.Count >= MostKept)
            {
                foreach (string old in _allowed.Where(entry => time.GetElapsedTime(entry.Value) >= Lifetime).Select(static entry => entry.Key).ToArray()) _allowed.Remove(old);
                if (_allowed.Count >= MostKept) return; // full of fresh ones: this one is asked about again
            }

            _allowed[key] = time.GetTimestamp();
        }
    }

    static Status Refuse(StreamTarget target, string why) => Status.Refusal(
        403, "Forbidden", $"pods \"{target.Pod}\" is forbidden: cannot create resource \"pods/{target.Subresource}\" in the namespace \"{target.Namespace}\": {why}",
        new StatusDetails { Name = target.Pod, Kind = "pods" });
}
